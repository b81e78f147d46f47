"""Files that real folders hold: each is read or dropped with its reason, and the rest goes on."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import struct
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from longgrain import corpus
from longgrain.build import build
from longgrain.grains import cut
from longgrain.types import Document, Dropped
from small import shelve, small_plan

WORDS = "The pilot boards at the outer buoy. "
ZH = "引航员在外浮标处登船，这是港口的规定，我们都知道。"


def lines(*records: object) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def parquet(column: pa.Array) -> bytes:
    held = io.BytesIO()
    pq.write_table(pa.table({"text": [WORDS] * len(column), "date": column}), held)
    return held.getvalue()


def packed(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members.items():
            archive.writestr(name, raw)
    return held.getvalue()


def traversing() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("../../escaped.txt", b"out")
        archive.writestr("kept.txt", f"{WORDS}kept".encode())
    return held.getvalue()


def rc4(key: bytes, words: bytes) -> bytes:
    box, j, out = list(range(256)), 0, bytearray()
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    i = j = 0
    for byte in words:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


def locked_pdf() -> bytes:
    """A PDF of one page that opens only with a password (standard handler, 40 bits)."""
    pad = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
    secret = (b"secret" + pad)[:32]
    owner = rc4(hashlib.md5(secret).digest()[:5], secret)
    key = hashlib.md5(secret + owner + struct.pack("<i", -4) + b"id").digest()[:5]
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        b"<</Filter/Standard/V 1/R 2/O<%b>/U<%b>/P -4>>"
        % (owner.hex().encode(), rc4(key, pad).hex().encode()),
    ]
    held, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(b"%010d 00000 n \n" % len(held))
        held += b"%d 0 obj%b\nendobj\n" % (number, part)
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(places)
    trailer = b"trailer<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[<6964><6964>]>>\nstartxref\n"
    return held + table + trailer + b"%d\n%%%%EOF" % len(held)


def bomb_of_aliases() -> bytes:
    block = "title: Bomb\na: &a [x, x, x, x, x, x, x, x, x]\n"
    for one, other in zip("abcdefgh", "bcdefghi", strict=True):
        block += f"{other}: &{other} [{', '.join([f'*{one}'] * 9)}]\n"
    return f"---\n{block}---\n# Bomb\n\n{WORDS}".encode()


def unlike(number: int) -> str:
    """Words that no other file has, so that nothing is a duplicate."""
    return " ".join(f"w{number}x{n}" for n in range(40))


READ: tuple[str, ...] = ()
# File > its bytes, and the reasons of what is dropped of it; nothing dropped means it is read.
HOSTILE: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "empty.txt": (b"", ("empty",)),
    "blank.md": (b" \n\t\n", ("empty",)),
    "png.txt": (b"\x89PNG\r\n\x1a\n" + os.urandom(900), ("not text",)),
    "elf.txt": (b"\x7fELF\x02\x01\x01" + b"\0" * 900, ("not text",)),
    "zip.txt": (packed({"a": b"x"}), ("not text",)),
    "gzip.md": (gzip.compress(b"words"), ("not text",)),
    "random.csv": (bytes(range(256)) * 9, ("not text",)),
    "pdf.py": (b"%PDF-1.7\n%\xe2\xe3\n", ("not text",)),
    "elf.tex": (b"\x7fELF\x02\x01\x01" + b"\0" * 900, ("not text",)),
    "cut.jsonl": (lines({"text": unlike(1)}) + b'{"text": "x\n', ("not JSON",)),
    "deep.jsonl": (b'{"text": "a", "x": ' + b"[" * 99_999 + b"]" * 99_999 + b"}\n", ("not JSON",)),
    "wide.jsonl": (b'{"text": "a", "x": ' + b"[" * 99 + b"]" * 99 + b"}\n", ("fields not storable",)),
    "cut.parquet": (parquet(pa.array(["2024"]))[:-40], ("not Parquet",)),
    "ragged.csv": (f"n,text\n1,{unlike(2)}\n2\n3,a,b\n".encode(), ("ragged row", "ragged row")),
    "unclosed.csv": (b'n,text\n1,"' + b"never closed " * 9_000, ("not CSV",)),
    "nul.csv": (f"n,text\n1,a\0b {unlike(3)}\n".encode(), READ),
    "nul.txt": (f"{unlike(4)}\0{unlike(5)}".encode(), READ),
    "surrogate.jsonl": (b'{"text": "\\ud800 ' + unlike(6).encode() + b'"}\n', READ),
    "utf16.txt": ((ZH * 9 + "甲").encode("utf-16-le"), READ),
    "garbage.txt": ((ZH * 30 + "乙").encode("gb18030") + b"\xff\xfe\x80 " + ZH.encode("gb18030"), READ),
    "aliases.md": (bomb_of_aliases(), READ),
    "dates.jsonl": (lines({"text": unlike(7), "date": "2024-99-99"}, {"text": unlike(8), "date": 1e300}), READ),
    "unpunctuated.txt": ((unlike(9) + " and so on").encode() * 400, READ),
    "unpunctuated-zh.txt": (("引航员在外浮标处登船" * 4_000).encode(), READ),
    "blanks.txt": (b"a" + b" " * 500_000 + b"b " + unlike(10).encode(), READ),
    "lines.txt": (unlike(11).encode() + b"\n" * 500_000, READ),
    "braces.tex": (b"\\emph{" * 30_000 + unlike(12).encode(), READ),
    "macros.tex": (b"\\def\\a{\\b\\b}\\def\\b{\\a\\a}\\a " + unlike(13).encode(), READ),
    "brackets.py": (b"(" * 100_000 + unlike(14).encode(), READ),
    "broken.pdf": (b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n", ("broken PDF",)),
    "locked.pdf": (locked_pdf(), ("encrypted",)),
    "broken.docx": (packed({"word/other.xml": b"<w:document>"}), ("not a DOCX",)),
    "text.docx": (WORDS.encode(), ("broken zip",)),
    "bomb.docx": (packed({"word/document.xml": b"0" * 90_000_000}), ("too large when unpacked",)),
    "broken.epub": (packed({"mimetype": b"application/epub+zip"}), ("not an EPUB",)),
    "bomb.epub": (packed({"META-INF/container.xml": b"0" * 90_000_000}), ("too large when unpacked",)),
    "deep.html": (b"<div>" * 50_000 + unlike(15).encode(), READ),
    "cut.zip": (packed({"a": b"x" * 99})[:-30], ("broken archive",)),
    "bomb.zip": (packed({"bomb.txt": b"0" * 90_000_000}), ("unpacks to too much",)),
    "out.zip": (traversing(), ("unsafe name",)),
    "cut.txt.gz": (gzip.compress(b"words " * 999)[:-9], ("broken gzip",)),
    "bomb.txt.gz": (gzip.compress(b"0" * 20_000_000), ("unpacks to too much",)),
    "photo.webp": (b"RIFF", ("unknown suffix '.webp'",)),
}  # fmt: skip


def outcome(place: Path) -> tuple[list[Document], list[Dropped]]:
    items = list(corpus.read(place))
    made = [item for item in items if isinstance(item, Document)]
    return made, [item for item in items if isinstance(item, Dropped)]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_read_or_dropped_with_its_reason(tmp_path: Path, name: str) -> None:
    raw, reasons = HOSTILE[name]
    (tmp_path / name).write_bytes(raw)
    began = time.process_time()
    made, dropped = outcome(tmp_path)
    assert time.process_time() - began < 5
    found = [item.reason for item in dropped]
    assert tuple(found) == reasons, [one.text[:80] for one in made]
    assert made or reasons
    assert all(item.id.startswith(name) and item.detail for item in dropped)
    for document in made:
        document.text.encode("utf-8")
        assert "\0" not in document.text


def test_times_that_no_calendar_has_are_kept_or_dropped(tmp_path: Path) -> None:
    times = pa.array([0, 2**62, -(2**62)], pa.timestamp("us"))
    (tmp_path / "times.parquet").write_bytes(parquet(times))
    made, dropped = outcome(tmp_path)
    assert len(made) + sum(int(one.detail.split()[0]) for one in dropped if "rows" in one.detail) == 3  # fmt: skip


def test_a_paragraph_of_five_million_characters_is_read_and_cut(tmp_path: Path) -> None:
    for text in ("word " * 1_000_000, "引航员" * 1_700_000):
        (tmp_path / "a.txt").write_text(text, "utf-8")
        began = time.process_time()
        ((document,), dropped) = outcome(tmp_path)
        grains = cut(document, size=128, kinds=("cut",))
        assert not dropped
        assert len(grains) > 7_000
        assert time.process_time() - began < 20


def test_a_build_goes_on_with_the_rest_of_the_folder_and_counts_everything(tmp_path: Path) -> None:
    shelve(tmp_path / "documents")
    sound = len(list((tmp_path / "documents").iterdir()))
    for name, (raw, _) in HOSTILE.items():
        (tmp_path / "documents" / name).write_bytes(raw)
    (tmp_path / "documents" / "long.txt").write_text("long " * 60_000)
    plan = small_plan(tmp_path)
    run = build(plan, tmp_path / "run")
    step = next(one for one in run.manifest["steps"] if one["step"] == "read")
    made, dropped = outcome(tmp_path / "documents")
    assert step["asked"] == step["made"] + sum(step["dropped"].values())
    assert step["made"] == len(made) > sound
    assert step["dropped"] == Counter(item.reason for item in dropped)
    assert {one["source"] for one in run.manifest["inputs"]} >= set(HOSTILE) - {
        "bomb.zip",
        "out.zip",
    }
    written = pq.read_table(tmp_path / "run" / "dropped.parquet").to_pylist()
    listed = sorted((one["id"], one["reason"]) for one in written if one["step"] == "read")
    assert listed == sorted((item.id, item.reason) for item in dropped)


def test_the_table_would_see_a_reason_that_is_wrong(tmp_path: Path) -> None:
    check: Callable[..., None] = test_a_hostile_file_is_read_or_dropped_with_its_reason
    HOSTILE["wrong.txt"] = (b"", READ)
    try:
        with pytest.raises(AssertionError):
            check(tmp_path, "wrong.txt")
    finally:
        del HOSTILE["wrong.txt"]
