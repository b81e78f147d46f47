"""A zip is read like a folder, in memory; what is hostile in one is dropped with its reason."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import struct
import tracemalloc
import warnings
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from longgrain import corpus
from longgrain.errors import PlanError
from longgrain.types import Document, Dropped

ONE, TWO = "Bees make honey in the hive.", "引航员在外浮标处登船。"


def packed(*members: tuple[str | zipfile.ZipInfo, bytes | str], method: int = 8) -> bytes:
    held = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(held, "w", method) as archive:
        warnings.simplefilter("ignore")  # two members of one name are meant
        for name, raw in members:
            archive.writestr(name, raw, method)
    return held.getvalue()


def put(folder: Path, raw: bytes, name: str = "box.zip") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(raw)
    return folder


def read(place: Path, **unpacking: int) -> tuple[dict[str, str], dict[str, str]]:
    """Source > text of the documents, and id > reason of the dropped; nothing is there twice."""
    items = list(corpus.read(place, readers={"zip": unpacking}))
    made = {item.source: item.text for item in items if isinstance(item, Document)}
    dropped = {item.id: item.reason for item in items if isinstance(item, Dropped)}
    assert len(items) == len(corpus.sources(place, readers={"zip": unpacking}))
    assert all(item.step == "read" for item in items if isinstance(item, Dropped))
    return made, dropped


def test_a_zip_is_read_like_the_folder_that_was_packed(tmp_path: Path) -> None:
    files = {"chapter/two.md": TWO, "chapter/one.md": ONE, "a.txt": "Cats sleep.", "b.webp": "RIFF"}
    put(tmp_path / "packed", packed(*files.items()))
    loose = tmp_path / "loose" / "box.zip"
    for name, text in files.items():
        (loose / name).parent.mkdir(parents=True, exist_ok=True)
        (loose / name).write_text(text, "utf-8")
    here, there = tmp_path / "packed", tmp_path / "loose"
    assert list(corpus.read(here)) == list(corpus.read(there))
    listed = [(one.name, one.reader, one.bytes, one.sha256) for one in corpus.sources(here)]
    assert listed[:2] == [
        ("box.zip/a.txt", "text", 11, hashlib.sha256(b"Cats sleep.").hexdigest()),
        ("box.zip/b.webp", "", 0, ""),
    ]


def test_hidden_members_folders_and_those_of_a_mac_are_left_out(tmp_path: Path) -> None:
    names = ("__MACOSX/one.txt", ".git/two.txt", "a/._three.txt", "folder/", "./four.txt")
    put(tmp_path, packed(*((name, ONE) for name in names)))
    assert read(tmp_path) == ({"box.zip/four.txt": ONE}, {})


def test_the_second_of_two_equal_texts_is_dropped_across_archives_and_files(tmp_path: Path) -> None:
    put(tmp_path, packed(("one.txt", ONE)))
    (tmp_path / "a.txt").write_text(ONE)
    assert read(tmp_path) == ({"a.txt": ONE}, {"box.zip/one.txt": "exact duplicate"})


def test_of_two_members_of_one_name_the_last_is_taken(tmp_path: Path) -> None:
    put(tmp_path, packed(("one.txt", "old words"), ("two.txt", TWO), ("one.txt", ONE)))
    items = list(corpus.read(tmp_path))
    assert [type(item).__name__ for item in items] == ["Dropped", "Document", "Document"]
    assert items[0].reason == "named twice"  # type: ignore[union-attr]
    assert items[1].text == ONE  # type: ignore[union-attr]


def test_archives_in_archives_are_opened_to_a_bounded_depth(tmp_path: Path) -> None:
    inner = packed(("deep.txt", TWO), ("more.zip", packed(("deeper.txt", ONE))))
    put(tmp_path, packed(("inner.zip", inner), ("z.txt", ONE)))
    made, dropped = read(tmp_path)
    assert made == {"box.zip/inner.zip/deep.txt": TWO, "box.zip/z.txt": ONE}
    assert dropped == {"box.zip/inner.zip/more.zip": "archive too deep"}
    assert read(tmp_path, depth=1)[1] == {"box.zip/inner.zip": "archive too deep"}
    assert "box.zip/inner.zip/more.zip/deeper.txt" in read(tmp_path, depth=3)[0]


@pytest.mark.parametrize(
    "name", ["../up.txt", "/etc/up.txt", "C:\\up.txt", "a\\..\\..\\up.txt", "a/../../up.txt"]
)
def test_a_name_that_leads_out_of_the_archive_is_dropped(tmp_path: Path, name: str) -> None:
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    before = sorted(tmp_path.parent.rglob("*"))
    put(tmp_path / "in", packed((info, "stolen"), ("one.txt", ONE)))
    made, dropped = read(tmp_path / "in")
    assert made == {"box.zip/one.txt": ONE}
    assert list(dropped.values()) == ["unsafe name"]
    after = set(tmp_path.parent.rglob("*")) - set(before)
    assert {path.name for path in after} == {"in", "box.zip"}  # nothing was unpacked to disk


def test_links_and_devices_are_dropped(tmp_path: Path) -> None:
    members: list[tuple[zipfile.ZipInfo, bytes]] = []
    for name, kind in (("link.txt", stat.S_IFLNK), ("pipe.txt", stat.S_IFIFO)):
        info = zipfile.ZipInfo(name)
        info.external_attr = (kind | 0o777) << 16
        members.append((info, b"/etc/passwd"))
    put(tmp_path, packed(*members))
    assert set(read(tmp_path)[1].values()) == {"not a file"}


def patched(raw: bytes, offset: int, value: int, only: bytes) -> bytes:
    """The two bytes at ``offset`` of a member's entry in the archive's list, and in its own head."""
    held = bytearray(raw)
    for mark, shift in ((b"PK\x01\x02", 0), (b"PK\x03\x04", -2)):
        at = held.find(mark)
        while at >= 0:
            size = struct.unpack_from("<H", held, at + 28 + (0 if not shift else -2))[0]
            name = at + (46 if not shift else 30)
            if bytes(held[name : name + size]) == only:
                struct.pack_into("<H", held, at + offset + shift, value)
            at = held.find(mark, at + 4)
    return bytes(held)


def test_encrypted_members_and_unknown_compressions_are_dropped_and_the_rest_is_read(
    tmp_path: Path,
) -> None:
    raw = packed(("locked.txt", ONE), ("odd.txt", ONE), ("plain.txt", TWO))
    raw = patched(patched(raw, 8, 1, b"locked.txt"), 10, 97, b"odd.txt")
    put(tmp_path, raw)
    assert read(tmp_path) == (
        {"box.zip/plain.txt": TWO},
        {"box.zip/locked.txt": "encrypted", "box.zip/odd.txt": "unknown compression"},
    )


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_read(tmp_path: Path, method: int) -> None:
    put(tmp_path, packed(("one.txt", ONE * 99), method=method))
    assert read(tmp_path) == ({"box.zip/one.txt": ONE * 99}, {})


def test_a_damaged_member_is_dropped_and_the_others_are_read(tmp_path: Path) -> None:
    raw = bytearray(packed(("one.txt", ONE), ("two.txt", TWO), method=zipfile.ZIP_STORED))
    raw[raw.index(b"honey")] ^= 0xFF
    put(tmp_path, bytes(raw))
    assert read(tmp_path) == ({"box.zip/two.txt": TWO}, {"box.zip/one.txt": "broken archive"})


@pytest.mark.parametrize("cut", [0, 1, 30, 60, -1, -30])
def test_a_cut_archive_is_one_drop(tmp_path: Path, cut: int) -> None:
    raw = packed(("one.txt", ONE), ("two.txt", TWO))
    put(tmp_path, raw[:cut])
    (tmp_path / "a.txt").write_text(ONE)
    assert read(tmp_path) == ({"a.txt": ONE}, {"box.zip": "broken archive"})


def test_an_archive_without_files_is_dropped_as_empty(tmp_path: Path) -> None:
    put(tmp_path, packed(("folder/", "")))
    assert read(tmp_path) == ({}, {"box.zip": "empty"})


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-8"])
def test_chinese_names_without_the_mark_of_utf_8_are_read(tmp_path: Path, encoding: str) -> None:
    names = ["航海指南/第一章 總則.txt", "航海指南/第二章 引航的規定.txt", "這是說明.txt"]
    if encoding == "gb18030":
        names = ["航海指南/第一章 总则.txt", "航海指南/第二章 引航的规定.txt", "这是说明.txt"]
    raw = packed(*((f"{n}" * len(name.encode(encoding)), n) for n, name in zip("123", names)))  # noqa: B905
    for number, name in zip("123", names, strict=True):
        old = name.encode(encoding)
        raw = raw.replace(number.encode() * len(old), old)
    put(tmp_path, raw)
    assert sorted(read(tmp_path)[0]) == sorted(f"box.zip/{name}" for name in names)


# --- bombs ---


def test_a_member_that_unpacks_to_far_too_much_is_dropped_unread(tmp_path: Path) -> None:
    put(tmp_path, packed(("bomb.txt", b"0" * 60_000_000), ("one.txt", ONE)))
    tracemalloc.start()
    made, dropped = read(tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert made == {"box.zip/one.txt": ONE}
    assert dropped == {"box.zip/bomb.txt": "unpacks to too much"}
    assert peak < 20_000_000


def test_the_sum_over_all_members_and_inner_archives_is_bounded(tmp_path: Path) -> None:
    words = [os.urandom(30_000).hex() for _ in range(9)]
    inner = packed(("deep.txt", words[8]))
    outer = [(f"{n}.txt", words[n]) for n in range(8)]
    put(tmp_path, packed(*outer, ("z.zip", inner)))
    made, dropped = read(tmp_path, total=200_000)
    assert (len(made), Counter(dropped.values())) == (3, {"unpacks to too much": 6})
    assert len(read(tmp_path)[0]) == 9


def test_members_that_share_their_bytes_cannot_add_up_to_a_bomb(tmp_path: Path) -> None:
    """As in David Fifield's bombs, a thousand entries of the list point at one packed member."""
    raw = packed(("a.txt", os.urandom(100_000).hex()))
    start = raw.index(b"PK\x01\x02")
    end = raw.index(b"PK\x05\x06")
    entry, tail = raw[start:end], bytearray(raw[end:])
    struct.pack_into("<HHI", tail, 8, 1000, 1000, 1000 * len(entry))
    put(tmp_path, raw[:start] + entry * 1000 + bytes(tail))
    listed = corpus.sources(tmp_path)
    assert len(listed) == 1000
    assert sum(one.bytes for one in listed) <= 200_000


def test_a_member_that_says_it_is_small_gives_no_more_than_it_says(tmp_path: Path) -> None:
    raw = bytearray(packed(("bomb.txt", b"0" * 50_000_000)))
    at = raw.index(b"PK\x01\x02")
    struct.pack_into("<I", raw, at + 24, 1000)
    put(tmp_path, bytes(raw))
    assert read(tmp_path) == ({}, {"box.zip/bomb.txt": "broken archive"})


def test_a_gzip_bomb_is_dropped(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "bomb.txt.gz").write_bytes(gzip.compress(b"0" * 50_000_000))
    (tmp_path / "log.txt.gz").write_bytes(gzip.compress(b"the pilot boards\n" * 9_000))
    made, dropped = read(tmp_path)
    assert list(made) == ["log.txt.gz"]
    assert dropped == {"bomb.txt.gz": "unpacks to too much"}


@pytest.mark.parametrize("setting", [{"depth": 0}, {"size": 3}])
def test_a_wrong_bound_is_a_plan_error(tmp_path: Path, setting: dict[str, Any]) -> None:
    put(tmp_path, packed(("one.txt", ONE)))
    with pytest.raises(PlanError, match="zip"):
        read(tmp_path, **setting)


# --- between listing and reading ---


def test_what_changed_since_it_was_listed_is_dropped(tmp_path: Path) -> None:
    put(tmp_path, packed(("one.txt", ONE), ("two.txt", TWO)))
    (tmp_path / "a.txt").write_text("Cats sleep.")
    listed = corpus.sources(tmp_path)
    put(tmp_path, packed(("one.txt", ONE + "!"), ("two.txt", TWO)))
    (tmp_path / "a.txt").write_text("Dogs bark.")
    found = [item for source in listed for item in corpus.documents(source)]
    reasons = [item.reason if isinstance(item, Dropped) else item.text for item in found]
    assert reasons == ["changed while it was read", "changed while it was read", TWO]


def test_many_members_are_read_in_linear_time(tmp_path: Path) -> None:
    put(tmp_path, packed(*((f"{n:05}.txt", f"{n} bees") for n in range(3000))))
    assert len(read(tmp_path)[0]) == 3000
