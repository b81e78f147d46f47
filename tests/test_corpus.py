"""Folders, globs and files become documents in a fixed order; whatever is left out has a reason."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import time
import tracemalloc
from pathlib import Path

import pytest

from longgrain import corpus
from longgrain.errors import PlanError, SourceError
from longgrain.languages import language
from longgrain.types import Document, Dropped

CORPORA = Path(__file__).parents[1].parent / "shared" / "data" / "corpora"
with_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason=f"no corpora at {CORPORA}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "docs"
    for name, text in {
        "b.txt": "Bees make honey in the hive.",
        "a/z.md": "# 港口\n\n引航员登船。",
        "a/deep/c.txt": "Cats sleep in the sun.",
        ".hidden.txt": "nobody sees this",
        ".git/config.txt": "nor this",
        "photo.webp": "RIFF",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def kept(items: list[Document | Dropped]) -> list[str]:
    return [item.source for item in items if isinstance(item, Document)]


def drops(items: list[Document | Dropped]) -> list[Dropped]:
    return [item for item in items if isinstance(item, Dropped)]


def test_a_folder_is_read_in_the_order_of_its_names_without_hidden_files(folder: Path) -> None:
    assert kept(list(corpus.read(folder))) == ["a/deep/c.txt", "a/z.md", "b.txt"]


def test_a_file_that_no_reader_knows_is_dropped_with_what_is_known(folder: Path) -> None:
    (drop,) = drops(list(corpus.read(folder)))
    assert (drop.id, drop.reason) == ("photo.webp", "unknown suffix '.webp'")
    assert ".jsonl" in drop.detail


def test_a_glob_is_read_below_its_fixed_folders(folder: Path) -> None:
    assert kept(list(corpus.read(f"{folder}/**/*.txt"))) == ["a/deep/c.txt", "b.txt"]
    assert kept(list(corpus.read(f"{folder}/a/*.md"))) == ["z.md"]


def test_a_file_whose_name_looks_like_a_glob_is_read(folder: Path) -> None:
    (folder / "c[1].txt").write_text("Dogs bark at the moon.")
    assert kept(list(corpus.read(folder / "c[1].txt"))) == ["c[1].txt"]


def test_the_bytes_do_not_depend_on_where_the_folder_lies(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "elsewhere" / "copy"
    shutil.copytree(folder, other)
    here = list(corpus.read(folder))
    assert list(corpus.read(other)) == here
    monkeypatch.chdir(other)
    assert list(corpus.read(".")) == here


def test_two_folders_with_the_same_names_stay_apart(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.txt").write_text("Beavers build dams.")
    assert kept(list(corpus.read(folder, other)))[-2:] == ["b.txt", "2:b.txt"]


def test_a_file_reached_twice_is_read_once(folder: Path) -> None:
    assert kept(list(corpus.read(folder / "b.txt", folder))) == ["b.txt", "a/deep/c.txt", "a/z.md"]


def test_the_second_of_two_equal_texts_is_dropped_and_names_the_first(folder: Path) -> None:
    (folder / "copy.txt").write_text("Bees make honey in the hive.")
    drop = drops(list(corpus.read(folder)))[-2]
    assert (drop.id, drop.reason, drop.detail) == (
        "copy.txt",
        "exact duplicate",
        "the same text as b.txt",
    )


def test_nothing_disappears(folder: Path) -> None:
    shutil.copy(folder / "b.txt", folder / "again.txt")
    (folder / "empty.txt").write_text("")
    files = [path for path in folder.rglob("*") if path.is_file() and "/." not in str(path)]
    assert len(list(corpus.read(folder))) == len(files)


def test_sources_are_listed_with_size_and_hash_and_read_one_by_one(folder: Path) -> None:
    listed = corpus.sources(folder, "pydoc:topics")
    assert [one.name for one in listed] == [
        "a/deep/c.txt",
        "a/z.md",
        "b.txt",
        "photo.webp",
        "pydoc:topics",
    ]
    honey = listed[2]
    raw = (folder / "b.txt").read_bytes()
    assert (honey.reader, honey.bytes) == ("text", len(raw))
    assert honey.sha256 == hashlib.sha256(raw).hexdigest()
    (document,) = corpus.documents(honey)
    assert isinstance(document, Document)
    assert document.meta["sha256"] == honey.sha256
    apart = [item for one in listed for item in corpus.documents(one)]
    assert list(corpus.distinct(apart)) == list(corpus.read(folder, "pydoc:topics"))


def test_a_missing_path_is_named_with_what_lies_there_instead(folder: Path) -> None:
    with pytest.raises(SourceError) as caught:
        list(corpus.read(folder / "bb.txt"))
    assert str(folder / "bb.txt") in str(caught.value)
    assert "b.txt" in str(caught.value).replace("bb.txt", "")


@pytest.mark.parametrize("place", ["*.rst", "hollow", "ftp://example.org/a.html"])
def test_a_place_that_holds_nothing_is_an_error(
    folder: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    Path("hollow").mkdir()
    with pytest.raises(SourceError, match="nothing is read"):
        corpus.sources(place)


def test_a_missing_place_is_an_error_before_anything_is_read() -> None:
    with pytest.raises(SourceError):
        corpus.read("there/is/no/such.txt")


def test_unreadable_files_are_dropped_with_a_reason(folder: Path) -> None:
    (folder / "gone.txt").symlink_to(folder / "nowhere.txt")
    (folder / "cut.txt.gz").write_bytes(gzip.compress(b"words " * 999)[:-12])
    (folder / "no.txt.gz").write_bytes(b"not gzip at all")
    os.mkfifo(folder / "pipe.txt")
    reasons = {drop.id: drop.reason for drop in drops(list(corpus.read(folder)))}
    assert reasons == {
        "cut.txt.gz": "broken gzip",
        "gone.txt": "not readable",
        "no.txt.gz": "broken gzip",
        "photo.webp": "unknown suffix '.webp'",
        "pipe.txt": "not readable",
    }


def test_a_link_that_leads_back_up_is_no_endless_road(folder: Path) -> None:
    (folder / "a" / "up").symlink_to(folder)
    assert kept(list(corpus.read(folder))) == ["a/deep/c.txt", "a/z.md", "b.txt"]


def test_a_name_that_is_not_utf_8_can_still_be_written_down(folder: Path) -> None:
    try:
        (folder / os.fsdecode(b"odd\xff.txt")).write_text("Owls hunt at night.")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    names = kept(list(corpus.read(folder)))
    assert "odd?.txt" in names


def test_settings_reach_the_reader_and_a_reader_of_ones_own_goes_first(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shouting.py").write_text(
        "from longgrain.types import Document\n"
        "class Loud:\n"
        "    suffixes = ('.txt',)\n"
        "    def read(self, raw, source):\n"
        "        meta = {'title': source, 'markup': 'plain'}\n"
        "        yield Document.of(raw.decode().upper(), source=source, meta=meta)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    (loud,) = corpus.read(folder / "b.txt", readers={"shouting:Loud": {}})
    assert isinstance(loud, Document)
    assert loud.text == "BEES MAKE HONEY IN THE HIVE."
    (plain,) = corpus.read(folder / "b.txt", readers={"text": {"markup": "markdown"}})
    assert isinstance(plain, Document)
    assert plain.meta["markup"] == "markdown"


def test_an_unknown_reader_is_a_plan_error(folder: Path) -> None:
    with pytest.raises(PlanError, match="jsonl"):
        corpus.sources(folder, readers={"jsonlines": {}})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The pilot boards at the buoy.", "en"),
        ("引航员在外浮标处登船。", "zh"),
        ("引航員在外浮標處登船。", "zh"),
        ("使用 `numpy.asarray` 把列表转换成数组，再调用 reshape 方法。", "zh"),
        ("The word 港口 means harbour in the language of the country.", "en"),
        ("これは日本語の文章です。", "ja"),
        ("이것은 한국어 문장입니다.", "ko"),
        ("Привет, это русский текст.", "und-Cyrl"),
        ("Le pilote monte à bord. " * 9, "und-Latn"),
        ("1234 + 5678 = 6912", "und"),
        ("", "und"),
        ("\ud800", "und"),
    ],
)
def test_the_language_is_told_by_script(text: str, code: str) -> None:
    assert language(text) == code


def test_a_long_document_is_judged_over_its_whole_length() -> None:
    assert language("The notes of the editor. " * 100 + "这是正文。" * 90_000) == "zh"


@with_corpora
def test_every_document_of_the_corpora_has_the_language_of_its_folder() -> None:
    for code in ("en", "zh"):
        items = [one for one in corpus.read(CORPORA / code) if isinstance(one, Document)]
        assert len(items) > 10
        assert {one.meta["language"] for one in items} == {code}


@with_corpora
def test_twenty_megabytes_are_read_in_half_a_second() -> None:
    places = [str(CORPORA / "en"), str(CORPORA / "zh")]
    started = time.process_time()
    total = sum(len(one.text) for one in corpus.read(*places) if isinstance(one, Document))
    assert total > 11_000_000
    # 0.25 s was measured; the rest is for machines of half the speed.
    assert time.process_time() - started < 0.6


def test_memory_is_bounded_by_the_largest_file(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"{number:02}.txt").write_text(f"{number} " + "plain words " * 80_000)
    tracemalloc.start()
    for _ in corpus.read(tmp_path):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * 960_000  # twelve files of 0.96 MB
