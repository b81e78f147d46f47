"""The bytes of a sound file > damaged ones: cut off, bits turned, pieces moved; parts of zips too."""

from __future__ import annotations

import io
import os
import time
import zipfile
from collections.abc import Iterator
from typing import Any

from numpy.random import PCG64, Generator

from longgrain.types import Document, Dropped, content_id

COUNT = int(os.environ.get("FUZZ", "200"))
"""How many damaged files each reader is tried on; ``FUZZ=10000 pytest -k damaged`` for more."""
SLOWEST = 20.0  # seconds of processor time that one file may take


def damaged(raw: bytes, count: int = COUNT, seed: int = 17) -> Iterator[bytes]:
    """``count`` damaged copies; of a zip every second one is sound outside and broken in a part."""
    random = Generator(PCG64(seed))
    parts = _parts(raw) if raw.startswith(b"PK") else []
    for number in range(count):
        if parts and number % 2:
            at = int(random.integers(len(parts)))
            name, inner = parts[at]
            yield _packed([*parts[:at], (name, _broken(inner, random)), *parts[at + 1 :]])
        else:
            yield _broken(raw, random)


def survives(reader: Any, raw: bytes, name: str) -> list[Document | Dropped]:
    """What the reader makes of ``raw``, after a look at whether it is sound and came in time."""
    begun = time.process_time()
    items = list(reader.read(raw, name))
    assert time.process_time() - begun < SLOWEST
    assert items
    for item in items:
        if isinstance(item, Dropped):
            assert (item.step, item.id) == ("read", name)
            assert item.reason
            item.detail.encode("utf-8")
            continue
        assert item.id == content_id("document", item.text)
        assert item.text.strip()
        assert not {"\r", "\0"} & set(item.text)
        item.text.encode("utf-8")
        assert str(item.meta["title"]).strip()
        end = 0
        for start, stop, level in item.meta.get("headings", []):
            assert end <= start < stop <= len(item.text)
            assert item.text[start:stop].strip()
            assert level >= 1
            end = stop
    return items


def _broken(raw: bytes, random: Generator) -> bytes:
    kind = int(random.integers(5))
    if kind == 0:
        return raw[: int(random.integers(len(raw) + 1))]
    at = sorted(int(place) for place in random.integers(0, len(raw) + 1, 4))
    if kind == 1:  # a piece is missing
        return raw[: at[0]] + raw[at[1] :]
    if kind == 2:  # two pieces have changed places
        return (
            raw[: at[0]]
            + raw[at[2] : at[3]]
            + raw[at[1] : at[2]]
            + raw[at[0] : at[1]]
            + raw[at[3] :]
        )
    wrong = bytearray(raw)
    for place in random.integers(0, max(1, len(raw)), int(random.integers(1, 40))).tolist():
        if place < len(wrong):
            wrong[place] = (
                int(random.integers(256))
                if kind == 3
                else wrong[place] ^ (1 << int(random.integers(8)))
            )
    return bytes(wrong)


def _parts(raw: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        names = [
            name
            for name in archive.namelist()
            if name.endswith((".xml", ".rels", "html", ".opf", ".ncx"))
        ]
        return [(name, archive.read(name)) for name in names]


def _packed(parts: list[tuple[str, bytes]]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, inner in parts:
            archive.writestr(name, inner)
    return held.getvalue()
