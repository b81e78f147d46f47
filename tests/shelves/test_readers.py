"""What every reader must do with sound, empty, broken and hostile bytes; then each one alone."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from longgrain import corpus, shelf
from longgrain.errors import PlanError
from longgrain.readers.csv import Csv
from longgrain.readers.decoding import Decoded, clean, decode
from longgrain.readers.jsonl import Jsonl
from longgrain.readers.markdown import Markdown
from longgrain.readers.parquet import Parquet
from longgrain.readers.pydoc import Pydoc
from longgrain.readers.text import Text, title_of
from longgrain.types import Document, Dropped, content_id

CORPORA = Path(__file__).parents[2].parent / "shared" / "data" / "corpora"
with_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason=f"no corpora at {CORPORA}")

RECORDS: list[dict[str, Any]] = [
    {"title": "Harbour", "text": "The pilot boards at the outer buoy.", "n": 1},
    {"title": "港口", "text": "引航员在外浮标处登船。", "n": 2},
]


def parquet(table: list[dict[str, Any]], **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(table), sink, **options)
    return sink.getvalue()


def jsonl(table: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table).encode()


# A sound file for each suffix; a reader of another format finds one among the corpora.
SOUND = {
    ".txt": "CHAPTER I\n\nIt was a dark night.\r\n第二章\n\n天亮了。\n".encode(),
    ".md": "---\ntitle: Pilots\n---\n# Boarding\n\nAt the buoy.\n\n## 登船\n\n在浮标。\n".encode(),
    ".jsonl": jsonl(RECORDS),
    ".csv": "title,text\nHarbour,The pilot boards.\n港口,引航员登船。\n".encode(),
    ".parquet": parquet(RECORDS),
    ".py": b"def board(ship):\n    'At the buoy.'\n    return ship\n\n\nclass Pilot:\n    pass\n",
}
# What sources that are no files give, by the name of the reader; nothing is fetched for a test.
FETCHED = {
    "web": b"Content-Type: text/plain\r\nContent-Location: http://a.example/\r\n\r\n"
    + SOUND[".txt"]
}


def sound(reader: Any) -> tuple[str, bytes]:
    if reader.name in FETCHED:
        return f"{reader.schemes[0]}://a.example/", FETCHED[reader.name]
    if not reader.suffixes:
        source = "pydoc:topics"
        return source, reader.fetch(source)
    suffix = next((one for one in reader.suffixes if one in SOUND), None)
    if suffix:
        return f"sound{suffix}", SOUND[suffix]
    found = [path for one in reader.suffixes for path in sorted(CORPORA.rglob(f"*{one}"))]
    if not found:
        pytest.fail(f"no file to try {reader.name!r} on: give SOUND one for {reader.suffixes}")
    return found[0].name, found[0].read_bytes()


@pytest.fixture(params=shelf.names("readers"))
def reader(request: pytest.FixtureRequest) -> Any:
    if request.param == "docling":
        pytest.importorskip("docling", reason="docling and its model weights are not installed")
    return shelf.load("readers", request.param)()


def holds(items: Iterator[Document | Dropped]) -> list[Document | Dropped]:
    """The items, after a look at what every one of them promises."""
    kept = list(items)
    for item in kept:
        if isinstance(item, Dropped):
            assert item.step == "read"
            assert item.id
            assert item.reason
            continue
        assert item.id == content_id("document", item.text)
        assert item.text.strip()
        assert "\r" not in item.text
        assert "\0" not in item.text
        item.text.encode("utf-8")
        assert item.meta["title"].strip()
        assert item.meta["markup"] in ("plain", "markdown")
        orjson.dumps(dict(item.meta))
    return kept


def only(items: Iterator[Document | Dropped]) -> Document:
    (item,) = holds(items)
    assert isinstance(item, Document), item
    return item


def dropped(items: Iterator[Document | Dropped]) -> Dropped:
    (item,) = holds(items)
    assert isinstance(item, Dropped), item
    return item


# --- every reader ---


def test_a_reader_is_a_frozen_dataclass_known_by_its_name(reader: Any) -> None:
    assert is_dataclass(reader)
    assert shelf.load("readers", reader.name) is type(reader)
    assert all(suffix.startswith(".") and suffix.islower() for suffix in reader.suffixes)
    assert reader.suffixes or reader.schemes
    with pytest.raises((AttributeError, TypeError)):
        reader.name = "other"


def test_a_sound_source_gives_documents_with_title_language_and_origin(
    reader: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, raw = sound(reader)
    place = name
    if reader.name in FETCHED:
        monkeypatch.setattr(type(reader), "fetch", lambda self, source: raw)
    if reader.suffixes:
        (tmp_path / name).write_bytes(raw)
        place = str(tmp_path / name)
    kept = [item for item in holds(corpus.read(place)) if isinstance(item, Document)]
    assert kept
    assert len({item.source for item in kept}) == len(kept)
    for item in kept:
        assert item.source.split("#")[0] == name
        assert item.meta["language"] in ("en", "zh", "und-Latn")
        assert len(item.meta["sha256"]) == 64


def test_an_empty_source_is_dropped_once_as_empty(reader: Any) -> None:
    assert dropped(reader.read(b"", "nothing")).reason == "empty"


def test_a_truncated_source_is_never_a_crash(reader: Any) -> None:
    name, raw = sound(reader)
    for cut in sorted({len(raw) * step // 23 for step in range(23)} | {1, len(raw) - 1}):
        assert holds(reader.read(raw[:cut], name))


@pytest.mark.parametrize("suffix", ["", "\n", "\0", "\r\n\r\n", " " * 9])
def test_a_file_of_nothing_but_blanks_gives_no_document(reader: Any, suffix: str) -> None:
    items = holds(reader.read(suffix.encode() * 3, "blank"))
    assert [type(item) for item in items] == [Dropped]


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(raw=st.binary(max_size=400))
def test_garbage_is_never_a_crash(reader: Any, raw: bytes) -> None:
    assert holds(reader.read(raw, "garbage"))


@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(data=st.data())
def test_a_sound_source_with_a_few_wrong_bytes_is_never_a_crash(reader: Any, data: Any) -> None:
    name, raw = sound(reader)
    wrong = bytearray(raw[:4000])
    for _ in range(data.draw(st.integers(1, 4))):
        wrong[data.draw(st.integers(0, len(wrong) - 1))] = data.draw(st.integers(0, 255))
    assert holds(reader.read(bytes(wrong), name))


def test_the_same_bytes_give_the_same_documents(reader: Any) -> None:
    name, raw = sound(reader)
    assert list(reader.read(raw, name)) == list(reader.read(raw, name))


# --- encodings ---

ZH = "第一章 总则\n这是一段中文，说的是港口的规定。\n"
HANT = "第一章 總則\n這是一段中文，說的是港口的規定。\n"
EN = "It was a dark night — and “nobody” came to the café.\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        *((text, name) for text in (ZH, HANT, EN) for name in ("utf-8", "utf-8-sig", "utf-16")),
        *((text, name) for text in (ZH, HANT, EN) for name in ("utf-16-le", "utf-16-be")),
        *((text, name) for text in (ZH, HANT) for name in ("gb18030", "utf-32")),
        (HANT, "big5"),
        (EN, "cp1252"),
        ("Привет, это обычный русский текст.\n", "cp1251"),
        ("これは日本語の文章です。東京は日本の首都です。\n", "shift_jis"),
    ],
)
def test_the_encoding_is_found(text: str, encoding: str) -> None:
    decoded = decode(text.encode(encoding), "a.txt")
    assert isinstance(decoded, Decoded)
    assert decoded.text == text
    assert decoded.replaced == 0


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf_16_with_a_mark_is_read_by_its_mark(mark: bytes) -> None:
    body = ZH.encode("utf-16-le" if mark == b"\xff\xfe" else "utf-16-be")
    decoded = decode(mark + body, "a.txt")
    assert isinstance(decoded, Decoded)
    assert decoded.text == ZH


@with_corpora
@pytest.mark.parametrize(
    ("path", "encoding"),
    [
        ("zh/books/luxun-panghuang.md", "gb18030"),
        ("zh/books/luxun-panghuang.md", "utf-16-le"),
        ("zh/books/rulinwaishi-hant.md", "big5hkscs"),
        ("zh/books/rulinwaishi-hant.md", "gb18030"),
        ("zh/tech/rust-book-zh.md", "gb18030"),
        ("en/books/dracula.txt", "cp1252"),
    ],
)
def test_a_real_book_in_another_encoding_is_read_whole(path: str, encoding: str) -> None:
    raw = (CORPORA / path).read_text(encoding="utf-8").encode(encoding, "replace")
    decoded = decode(raw, path)
    assert isinstance(decoded, Decoded)
    assert decoded.text == clean(raw.decode(encoding)).text


@with_corpora
def test_the_gb18030_file_says_the_same_as_its_utf_8_twin() -> None:
    old = only(Text().read((CORPORA / "readers/zh-nahan-gb18030.txt").read_bytes(), "nahan.txt"))
    new = only(Markdown().read((CORPORA / "zh/books/luxun-nahan.md").read_bytes(), "nahan.md"))
    assert old.text == new.text
    assert old.meta["encoding"] == "gb18030"
    assert (old.meta["title"], old.meta["markup"]) == ("呐喊", "markdown")


def test_a_western_byte_far_into_a_file_is_still_found() -> None:
    decoded = decode(b"plain words here\n" * 9000 + "un café noir\n".encode("cp1252"), "a.txt")
    assert isinstance(decoded, Decoded)
    assert decoded.text.endswith("café noir\n")


def test_damaged_utf_8_stays_utf_8_and_its_losses_are_counted() -> None:
    raw = ZH.encode() + b"\xe4\xb8 " + ZH.encode() + b"\xff"
    decoded = decode(raw, "a.txt")
    assert isinstance(decoded, Decoded)
    assert (decoded.encoding, decoded.replaced) == ("utf-8", 2)
    assert decoded.text.startswith(ZH)


def test_newlines_become_one_kind_and_are_counted() -> None:
    document = only(Text().read("一\r\n二\r三\n".encode(), "a.txt"))
    assert document.text == "一\n二\n三\n"
    assert document.meta["newlines"] == 2


def test_nul_and_lone_surrogates_are_replaced_and_counted_and_pairs_are_joined() -> None:
    decoded = clean("a\0b\ud83d\ude00c\ud800d")
    assert decoded.text == "a\ufffdb😀c\ufffdd"
    assert decoded.replaced == 2


@pytest.mark.parametrize(
    "raw",
    [b"%PDF-1.7\nwords", b"PK\x03\x04words", bytes(range(256)) * 20, b"\x7fELF" + b"\0" * 500],
)
def test_binary_in_disguise_is_dropped(raw: bytes) -> None:
    assert dropped(Text().read(raw, "book.txt")).reason == "not text"


# --- text and Markdown ---


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# Part 1: Water\n\n## 1.1 Wells\n\n# Part 2: Land\n", None),
        ("# 第一章 总则\n\n## 第一节 目的\n\n# 第二章 附则\n", None),
        ("# 1. Wells\n\n# 2. Rivers\n", None),
        ("# Chapter 3: Water\n\n## Section 1\n\n## Section 2\n", "Chapter 3: Water"),
        ("# A Book\n\n# Chapter 1\n\n# Chapter 2\n", "A Book"),
        ("# 3D printing\n\n# 2D printing\n", "3D printing"),
    ],
)
def test_the_first_of_several_numbered_parts_is_no_title(text: str, title: str | None) -> None:
    assert title_of(text, "markdown") == title


def test_the_title_of_plain_text_is_a_short_first_line_or_the_name_of_the_file() -> None:
    assert title_of("《红楼梦》曹雪芹\n\n第一回\n", "plain") == "《红楼梦》曹雪芹"
    assert only(Text().read(b"One line.\nAnother one.\n", "notes/harbour log.txt")).meta[
        "title"
    ] == ("harbour log")


def test_hash_marks_make_plain_text_markdown_only_where_they_are_headings() -> None:
    assert only(Text().read(b"# A\n\nwords\n", "a.txt")).meta["markup"] == "markdown"
    assert only(Text().read(b"#!/bin/sh\necho 1\n# B\n", "a.txt")).meta["markup"] == "plain"
    assert only(Text(markup="plain").read(b"# A\n\nwords\n", "a.txt")).meta["markup"] == "plain"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("```sh\n# no title\n```\n\n# 标题 ##\n", "标题"),
        ("Title\n=====\n\nwords\n", "Title"),
        ('# <a name="x"></a> NIST\n', "NIST"),
        ("# Learn C#\n", "Learn C#"),
        ("no heading\n", "a"),
    ],
)
def test_the_title_of_markdown_is_its_first_heading(text: str, title: str) -> None:
    assert only(Markdown().read(text.encode(), "x/a.md")).meta["title"] == title


def test_front_matter_goes_to_meta_and_out_of_the_text() -> None:
    text = "---\ntitle: '港口 手册'\ndate: 2024-05-06\ntags:\n  - sea\n---\n# One\n\nwords\n"
    document = only(Markdown().read(text.encode(), "a.md"))
    assert document.text == "# One\n\nwords\n"
    assert (document.meta["title"], document.meta["date"]) == ("港口 手册", "2024-05-06")
    assert document.meta["front_matter"] == "title: '港口 手册'\ndate: 2024-05-06\ntags:\n  - sea\n"


def test_a_rule_across_the_page_is_not_front_matter() -> None:
    text = "---\nJust words after a rule.\n---\nmore\n"
    assert only(Markdown().read(text.encode(), "a.md")).text == text


# --- records ---


def test_a_record_keeps_its_other_fields() -> None:
    row = {"Title": "T", "content": "words", "date": "2024", "lang": "en", "meta": {"n": [1, None]}}
    document = only(Jsonl().read(jsonl([row]), "s.jsonl"))
    assert document.source == "s.jsonl#1"
    assert (document.text, document.meta["title"], document.meta["date"]) == ("words", "T", "2024")
    assert document.meta["fields"] == {"lang": "en", "meta": {"n": [1, None]}}


@pytest.mark.parametrize("reader", [Jsonl(), Csv()])
def test_records_remember_the_encoding_of_their_file(reader: Any) -> None:
    body = jsonl([{"text": ZH}]).decode() if reader.name == "jsonl" else f'n,text\n1,"{ZH}"\n'
    document = only(reader.read(body.encode("gb18030"), "a"))
    assert (document.text, document.meta["encoding"]) == (ZH, "gb18030")


def test_the_text_field_can_be_named_and_is_then_not_guessed_around() -> None:
    rows = jsonl([{"text": "short", "story": "long"}, {"text": "short", "story": " "}])
    first, second = holds(Jsonl(text="story").read(rows, "s.jsonl"))
    assert isinstance(first, Document)
    assert first.text == "long"
    assert isinstance(second, Dropped)
    assert (second.id, second.reason) == ("s.jsonl#2", "no text")


def test_lines_that_are_no_records_are_dropped_with_their_number() -> None:
    raw = b'{"text": "a"}\n\n{"text": \n[1]\n{"n": 1}\n{"text": 5}\n{"text": "b"}\n'
    items = holds(Jsonl().read(raw, "s.jsonl"))
    drops = [(item.id, item.reason) for item in items if isinstance(item, Dropped)]
    assert drops == [
        ("s.jsonl#3", "not JSON"),
        ("s.jsonl#4", "not a record"),
        ("s.jsonl#5", "no text"),
        ("s.jsonl#6", "no text"),
    ]
    assert [item.text for item in items if isinstance(item, Document)] == ["a", "b"]


def test_json_that_others_write_is_read_too() -> None:
    raw = b'{"text": "a\\ud800b\\u0000", "score": NaN, "big": 123456789012345678901234567890}\n'
    document = only(Jsonl().read(raw, "s.jsonl"))
    assert document.text == "a\ufffdb\ufffd"
    assert document.meta["replaced"] == 2
    assert document.meta["fields"] == {"score": None, "big": "123456789012345678901234567890"}


@pytest.mark.parametrize("depth", [100, 5000, 200_000])
def test_fields_nested_without_end_are_dropped(depth: int) -> None:
    raw = b'{"text": "a", "x": ' + b"[" * depth + b"]" * depth + b"}\n"
    assert dropped(Jsonl().read(raw, "s.jsonl")).id == "s.jsonl#1"


def test_a_cell_may_hold_a_whole_book_with_newlines_and_quotes() -> None:
    book = 'He said ""yes"",\nand went.\n' * 20_000
    raw = f'id,正文\n1,"{book}"\n2,短\n'.encode()
    first, second = holds(Csv().read(raw, "b.csv"))
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert first.text == book.replace('""', '"')
    assert (first.source, second.source) == ("b.csv#2", "b.csv#40003")


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    raw = delimiter.join(["n", "text"]) + "\n" + delimiter.join(["1", "words"]) + "\n"
    document = only(Csv().read(raw.encode(), "b.tsv"))
    assert (document.text, document.meta["fields"]) == ("words", {"n": "1"})


def test_rows_that_do_not_fit_are_dropped_and_the_others_stay() -> None:
    raw = b'n,text\n1,a\n2\n3,c,d\n4,"x"y\n5,e\n6,"open\n7,f\n'
    items = holds(Csv().read(raw, "b.csv"))
    assert [item.text for item in items if isinstance(item, Document)] == ["a", "e"]
    drops = [(item.id, item.reason) for item in items if isinstance(item, Dropped)]
    assert drops == [
        ("b.csv#3", "ragged row"),
        ("b.csv#4", "ragged row"),
        ("b.csv#5", "not CSV"),
        ("b.csv#7", "not CSV"),
    ]


@pytest.mark.parametrize("header", ["text,text\na,b\n", 'n,"text\n1,a\n', "n,text\n"])
def test_a_table_without_a_usable_header_or_row_is_dropped_whole(header: str) -> None:
    assert dropped(Csv().read(header.encode(), "b.csv")).id == "b.csv"


def test_a_parquet_file_is_read_by_row_group_and_keeps_nested_columns() -> None:
    rows = [
        {"text": f"words {n}", "meta": {"n": n, "at": datetime(2024, 5, 6), "d": Decimal("1.5")}}
        for n in range(5)
    ]
    items = holds(Parquet().read(parquet(rows, row_group_size=2), "t.parquet"))
    assert [item.source for item in items if isinstance(item, Document)] == [
        f"t.parquet#{n}" for n in range(1, 6)
    ]
    last = items[-1]
    assert isinstance(last, Document)
    assert last.meta["fields"]["meta"] == {"n": 4, "at": "2024-05-06T00:00:00", "d": "1.5"}


def test_rows_lost_in_a_damaged_parquet_file_are_counted() -> None:
    rows = [{"text": f"words {n}"} for n in range(60)]
    raw = bytearray(parquet(rows, row_group_size=20, compression="zstd", use_dictionary=False))
    column = pq.ParquetFile(io.BytesIO(bytes(raw))).metadata.row_group(1).column(0)
    middle = column.data_page_offset + column.total_compressed_size // 2
    raw[middle : middle + 8] = b"\xff" * 8
    items = holds(Parquet().read(bytes(raw), "t.parquet"))
    (lost,) = [item for item in items if isinstance(item, Dropped)]
    assert lost.id == "t.parquet#21"
    assert lost.detail.startswith("20 rows from here on")
    assert len(items) == 40 + 1


def test_text_stored_as_bytes_is_decoded() -> None:
    document = only(Parquet().read(parquet([{"text": ZH.encode("gb18030")}]), "t.parquet"))
    assert (document.text, document.meta["encoding"]) == (ZH, "gb18030")


@with_corpora
def test_jsonl_csv_and_parquet_give_the_same_documents() -> None:
    raw = (CORPORA / "readers/mixed-stories.jsonl").read_bytes()
    lines = holds(Jsonl().read(raw, "a"))
    rows = holds(Parquet().read((CORPORA / "readers/mixed-stories.parquet").read_bytes(), "a"))
    assert len(lines) == 21
    assert [one.id for one in lines] == [one.id for one in rows]
    first = rows[0]
    assert isinstance(first, Document)
    assert first.meta["title"] == "A Scandal in Bohemia"
    assert first.meta["fields"]["meta"]["n"] == 0


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("csv", {"delimiter": "::"}), ("jsonl", {"markup": "html"}), ("jsonl", {"txt": "story"})],
)
def test_a_wrong_setting_is_a_plan_error_that_lists_the_settings(
    name: str, wrong: dict[str, Any]
) -> None:
    with pytest.raises(PlanError) as caught:
        corpus.sources("pydoc:topics", readers={name: wrong})
    assert all(field.name in str(caught.value) for field in fields(shelf.load("readers", name)))


# --- pydoc ---


def test_the_topics_of_the_interpreter_are_documents_named_after_their_topic() -> None:
    source = "pydoc:topics"
    items = list(Pydoc().read(Pydoc().fetch(source), source))
    assert len(items) > 60
    (lambdas,) = [
        one for one in items if isinstance(one, Document) and one.meta["title"] == "lambda"
    ]
    assert lambdas.source == "pydoc:topics#lambda"
    assert "anonymous function" in " ".join(lambdas.text.split())


def test_a_gzip_file_is_read_by_the_reader_of_its_inner_suffix(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl.gz").write_bytes(gzip.compress(jsonl(RECORDS)))
    items = holds(corpus.read(tmp_path))
    assert [item.source for item in items if isinstance(item, Document)] == [
        "s.jsonl.gz#1",
        "s.jsonl.gz#2",
    ]
