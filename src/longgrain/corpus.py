"""Paths, folders, globs and tables > Documents, and the reasons for what could not be read.

``sources`` lists the files with their sizes and hashes and reads no document, so that a build can
share them out; ``documents`` reads one of them; ``distinct`` drops the second of two equal texts;
``read`` is the three in a row. A document's source is its path below the folder or pattern that
was asked for, so a run's bytes do not depend on where that folder lies.
"""

from __future__ import annotations

import glob
import gzip
import hashlib
import os
import unicodedata
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any, TypeAlias

import numpy as np

from longgrain import shelf
from longgrain.errors import PlanError, SourceError
from longgrain.types import Document, Dropped

Settings: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Reader (a name on the shelf or ``module:Name``) > its settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file, or one source of another scheme, before it is read."""

    name: str
    """Its path below what was asked for, with "/": the ``source`` of its documents begins so."""
    place: str
    """Where it lies; written into no document."""
    reader: str = ""
    """Who reads it: a name on the shelf or ``module:Name``; empty when nobody can."""
    bytes: int = 0
    sha256: str = ""
    """Of the file as it lies, compressed or not; empty when nobody can read it."""
    problem: Dropped | None = None
    """Why nobody can read it."""


def read(*places: str | Path, readers: Settings | None = None) -> Iterator[Document | Dropped]:
    """Every document of files, folders (recursive, sorted), globs and ``scheme:name`` sources.

    ``readers`` gives settings (``{"jsonl": {"text": "story"}}``) and readers of one's own, which
    go before those on the shelf. Memory is bounded by the largest file. Raises SourceError for a
    place that does not exist, PlanError for a reader or a setting that does not.
    """
    found = sources(*places, readers=readers)
    return distinct(item for source in found for item in documents(source, readers=readers))


def sources(*places: str | Path, readers: Settings | None = None) -> list[Source]:
    """The files at ``places`` in a fixed order: as asked, each folder and glob sorted by name.

    Hidden files in folders are left out; a file reached twice is listed once. Where a second file
    gets the name of a first one, the number of its place stands before it (``2:notes.md``).
    """
    able = _readers(readers or {})
    listed: dict[str, Source] = {}
    reached: set[str] = set()
    for number, place in enumerate(map(str, places), start=1):
        for name, path in _files(place, able):
            if (real := os.path.realpath(path)) in reached:
                continue
            reached.add(real)
            name = f"{number}:{name}" if name in listed else name
            listed[name] = _source(name, path, able)
    return list(listed.values())


def documents(source: Source, *, readers: Settings | None = None) -> Iterator[Document | Dropped]:
    """The documents of one source, in its order, with language and sha256 in their meta."""
    if source.problem:
        yield source.problem
        return
    reader = _reader(source.reader, (readers or {}).get(source.reader, {}))
    raw = _raw(source, reader)
    if isinstance(raw, Dropped):
        yield raw
        return
    for item in reader.read(raw, source.name):
        yield item if isinstance(item, Dropped) else _finished(item, source)


def distinct(items: Iterable[Document | Dropped]) -> Iterator[Document | Dropped]:
    """The same items, each text after its first turned into a Dropped that names the first."""
    first: dict[str, str] = {}
    for item in items:
        if isinstance(item, Document) and item.id in first:
            detail = f"the same text as {first[item.id]}"
            yield Dropped(step="read", id=item.source, reason="exact duplicate", detail=detail)
            continue
        if isinstance(item, Document):
            first[item.id] = item.source
        yield item


# --- languages ---

_SCRIPTS: dict[str, tuple[tuple[int, int], ...]] = {
    "Hani": ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)),
    "Latn": ((0x41, 0x5A), (0x61, 0x7A), (0xC0, 0x24F)),
    "Kana": ((0x3041, 0x3096), (0x30A1, 0x30FA)),
    "Hang": ((0xAC00, 0xD7A3),),
    "Cyrl": ((0x400, 0x52F),),
    "Arab": ((0x600, 0x6FF),),
    "Grek": ((0x370, 0x3FF),),
    "Hebr": ((0x590, 0x5FF),),
    "Deva": ((0x900, 0x97F),),
    "Thai": ((0xE00, 0xE7F),),
}
_RANGES = sorted((low, high, script) for script in _SCRIPTS for low, high in _SCRIPTS[script])
_EDGES = np.array([edge for low, high, _ in _RANGES for edge in (low, high + 1)], dtype=np.uint32)
# One such character carries about as much as four letters; code and formulas are Latin letters.
_LETTERS_EACH = {"Hani": 4, "Kana": 4, "Hang": 4}
_ENGLISH = frozenset(
    ("the", "of", "and", "to", "is", "that", "for", "with", "by", "this", "are", "from", "which")
)
_PIECES, _PIECE = 16, 1024  # code points of a text that are looked at, evenly spread


def language(text: str) -> str:
    """``en``, ``zh``, ``ja``, ``ko``, or a script as in ``und-Cyrl``; ``und`` without letters.

    By the share of each script among the letters of up to 16 Ki evenly spread code points. Text in
    Latin letters is English when 3% of its words are function words such as "the", and also when
    it has fewer than 20 words; else ``und-Latn``.
    """
    sample = _sample(text)
    counts = _letters(sample)
    if not any(counts.values()):
        return "und"
    if counts["Kana"] > 0.2 * counts["Hani"]:  # Japanese has more kana than that, Chinese none
        counts["Kana"] += counts.pop("Hani")
    script = max(counts, key=lambda script: counts[script] * _LETTERS_EACH.get(script, 1))
    if script == "Latn":
        return "en" if _is_english(sample) else "und-Latn"
    return {"Hani": "zh", "Kana": "ja", "Hang": "ko"}.get(script, f"und-{script}")


def _sample(text: str) -> str:
    if len(text) <= _PIECES * _PIECE:
        return text
    step = (len(text) - _PIECE) // (_PIECES - 1)
    return "".join(text[at * step : at * step + _PIECE] for at in range(_PIECES))


def _letters(text: str) -> dict[str, int]:
    """The number of letters of each script."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    # What lies in the n-th range is past 2n + 1 edges.
    found = np.bincount(np.searchsorted(_EDGES, codes, side="right"), minlength=len(_EDGES) + 1)
    counts = dict.fromkeys(_SCRIPTS, 0)
    for (_, _, script), letters in zip(_RANGES, found[1::2].tolist(), strict=True):
        counts[script] += letters
    return counts


def _is_english(sample: str) -> bool:
    words = sample.lower().split()
    return len(words) < 20 or sum(map(_ENGLISH.__contains__, words)) >= 0.03 * len(words)


# --- readers ---


def _readers(settings: Settings) -> dict[str, Any]:
    """Name > reader, those that the settings name first; every setting is checked here."""
    wanted = [*settings, *(name for name in shelf.names("readers") if name not in settings)]
    return {name: _reader(name, settings.get(name, {})) for name in wanted}


def _reader(name: str, settings: Mapping[str, Any]) -> Any:
    cls = shelf.load("readers", name)
    try:
        return cls(**settings)
    except (TypeError, ValueError) as problem:
        fields = ", ".join(getattr(cls, "__dataclass_fields__", {})) or "none"
        raise PlanError(
            f"the reader {name!r} cannot work with {dict(settings)!r}: {problem}; "
            f"its settings are: {fields}"
        ) from problem


def _reader_of(place: str, name: str, able: Mapping[str, Any]) -> str | None:
    """The reader of a scheme, or else that of the longest fitting suffix, the first of equals."""
    if scheme := _scheme(place, able):
        return scheme
    bare = name.lower().removesuffix(".gz")
    fits = {
        reader: max((len(end) for end in able[reader].suffixes if bare.endswith(end)), default=0)
        for reader in able
    }
    best = max(fits, key=lambda reader: fits[reader])
    return best if fits[best] else None


def _scheme(place: str, able: Mapping[str, Any]) -> str | None:
    scheme, colon, _ = place.partition(":")
    fits = (name for name in able if colon and scheme in getattr(able[name], "schemes", ()))
    return next(fits, None)


# --- files ---


def _files(place: str, able: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and path of each file at ``place``."""
    if _scheme(place, able):
        yield place, place
        return
    path = os.path.expanduser(place)
    if os.path.isdir(path):
        found = _named(_walk(path), path)
    elif os.path.exists(path):
        found = _named([path], os.path.dirname(path))
    else:
        matches = sorted(glob.glob(path, recursive=True)) if glob.has_magic(path) else []
        found = _named((match for match in matches if not os.path.isdir(match)), _fixed(path))
    if not found:
        raise SourceError(_nothing(place, path))
    yield from found


def _named(paths: Iterable[str], root: str) -> list[tuple[str, str]]:
    """Sorted by name; names are composed (NFC) and free of bytes that are not UTF-8."""
    pairs = []
    for path in paths:
        name = PurePath(os.path.relpath(path, root or ".")).as_posix()
        name = name.encode("utf-8", "replace").decode("utf-8")
        pairs.append((unicodedata.normalize("NFC", name), path))
    return sorted(pairs)


def _walk(root: str) -> Iterator[str]:
    """The files below ``root`` that are not hidden; links are followed, no folder entered twice."""
    entered: set[str] = set()
    for folder, folders, names in os.walk(root, onerror=_refuse, followlinks=True):
        real = os.path.realpath(folder)
        folders[:] = sorted(name for name in folders if name[0] != "." and real not in entered)
        if real not in entered:
            yield from (os.path.join(folder, name) for name in names if name[0] != ".")
        entered.add(real)


def _refuse(problem: OSError) -> None:
    raise SourceError(
        f"the folder {problem.filename!r} cannot be listed, so its files would be missing: "
        f"{problem.strerror}; change its permissions or leave it out"
    ) from problem


def _fixed(pattern: str) -> str:
    """The folders of a glob before its first wildcard."""
    head = pattern
    while glob.has_magic(head):
        head = os.path.dirname(head)
    return head


def _nothing(place: str, path: str) -> str:
    if os.path.isdir(path):
        return f"the folder {place!r} holds no file, so nothing is read: put documents there"
    if glob.has_magic(path):
        return (
            f"no file matches {place!r} (from {os.getcwd()}), so nothing is read: correct the "
            "pattern; ** goes into folders"
        )
    near = Path(path).absolute().parent
    while not near.is_dir():
        near = near.parent
    held = sorted(name for name in os.listdir(near) if not name.startswith("."))[:8]
    return (
        f"{place!r} does not exist, so nothing is read: {near} holds {', '.join(held) or 'nothing'}"
    )


def _source(name: str, path: str, able: Mapping[str, Any]) -> Source:
    reader = _reader_of(path, name, able)
    if reader is None:
        known = sorted({end for one in able.values() for end in one.suffixes})
        reason = f"unknown suffix {PurePath(name).suffix!r}"
        detail = f"known are {', '.join(known)}; a reader of your own is 'module:Name'"
        return Source(name=name, place=path, problem=_drop(name, reason, detail))
    if _scheme(path, able):
        raw = able[reader].fetch(path)
        digest = hashlib.sha256(raw).hexdigest()
        return Source(name=name, place=path, reader=reader, bytes=len(raw), sha256=digest)
    if not os.path.isfile(path):
        problem = _drop(name, "not readable", "a broken link, or a device and no file")
        return Source(name=name, place=path, problem=problem)
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return Source(name=name, place=path, reader=reader, bytes=file.tell(), sha256=digest)
    except OSError as error:
        problem = _drop(name, "not readable", error.strerror or "")
        return Source(name=name, place=path, problem=problem)


def _raw(source: Source, reader: Any) -> bytes | Dropped:
    """The bytes for the reader, unpacked where the name ends in .gz."""
    if _scheme(source.place, {source.reader: reader}):
        fetched: bytes = reader.fetch(source.place)
        return fetched
    try:
        raw = Path(source.place).read_bytes()
    except OSError as problem:
        return _drop(source.name, "not readable", problem.strerror or "")
    try:
        return gzip.decompress(raw) if source.name.lower().endswith(".gz") else raw
    except (OSError, EOFError, zlib.error) as problem:
        return _drop(source.name, "broken gzip", str(problem))


def _drop(name: str, reason: str, detail: str) -> Dropped:
    return Dropped(step="read", id=name, reason=reason, detail=detail)


def _finished(document: Document, source: Source) -> Document:
    known = {"language": language(document.text), "sha256": source.sha256}
    return replace(document, meta={**document.meta, **known})
