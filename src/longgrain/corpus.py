"""Paths, folders, globs, archives, URLs > Documents, and the reasons for what could not be read.

``sources`` lists the files with their sizes and hashes and reads no document, so that a build can
share them out; ``documents`` reads one of them; ``distinct`` drops the second of two equal texts;
``read`` is the three in a row. A document's source is its path below the folder or pattern that
was asked for, so a run's bytes do not depend on where that folder lies. The members of a zip are
listed like the files of a folder.
"""

from __future__ import annotations

import glob
import hashlib
import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any, TypeAlias

from longgrain import archives, shelf
from longgrain.errors import PlanError, SourceError
from longgrain.languages import language
from longgrain.types import Document, Dropped

_ZIP = "zip"

Settings: TypeAlias = Mapping[str, Mapping[str, Any]]
"""Reader (a name on the shelf or ``module:Name``) > its settings; "zip" > those of Unpacking."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file or member of an archive, or one source of another scheme, before it is read."""

    name: str
    """Its path below what was asked for, with "/": the ``source`` of its documents begins so."""
    place: str
    """Where it lies; written into no document."""
    inside: archives.Inside = ()
    """Which member of the archive at ``place`` it is."""
    reader: str = ""
    """Who reads it: a name on the shelf or ``module:Name``; empty when nobody can."""
    bytes: int = 0
    sha256: str = ""
    """Of the file as it lies, compressed or not (of a member of an archive unpacked); empty when
    nobody can read it."""
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
    able, unpacking = _readers(readers or {}), _unpacking(readers or {})
    listed: list[Source] = []
    named: set[str] = set()
    reached: set[str] = set()
    for number, place in enumerate(map(str, places), start=1):
        for name, path in _files(place, able):
            if (real := os.path.realpath(path)) in reached:
                continue
            reached.add(real)
            name = f"{number}:{name}" if name in named else name
            found = list(_sources(name, path, able, unpacking))
            named.update([name, *(one.name for one in found)])
            listed += found
    return listed


def documents(source: Source, *, readers: Settings | None = None) -> Iterator[Document | Dropped]:
    """The documents of one source, in its order, with language and sha256 in their meta.

    One drop where the source has not the bytes any more that it was listed with.
    """
    if source.problem:
        yield source.problem
        return
    settings = readers or {}
    reader = _reader(source.reader, settings.get(source.reader, {}))
    raw = _raw(source, reader, _unpacking(settings))
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


# --- readers ---


def _readers(settings: Settings) -> dict[str, Any]:
    """Name > reader, those that the settings name first; every setting is checked here."""
    own = [name for name in settings if name != _ZIP]
    wanted = [*own, *(name for name in shelf.names("readers") if name not in settings)]
    return {name: _reader(name, settings.get(name, {})) for name in wanted}


def _unpacking(settings: Settings) -> archives.Unpacking:
    found: archives.Unpacking = _made(archives.Unpacking, _ZIP, settings.get(_ZIP, {}))
    return found


def _reader(name: str, settings: Mapping[str, Any]) -> Any:
    return _made(shelf.load("readers", name), name, settings)


def _made(cls: type[Any], name: str, settings: Mapping[str, Any]) -> Any:
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


def _sources(
    name: str, path: str, able: Mapping[str, Any], unpacking: archives.Unpacking
) -> Iterator[Source]:
    """The source at a path, or one for each member where it is an archive."""
    packed = path.lower().endswith(unpacking.suffix) and os.path.isfile(path)
    if not packed or _reader_of(path, name, able):
        yield _source(name, path, able)
        return
    try:
        yield from _members(name, path, able, unpacking)
    except OSError as error:
        yield Source(name=name, place=path, problem=_unreadable(name, error))


def _members(
    name: str, path: str, able: Mapping[str, Any], unpacking: archives.Unpacking
) -> Iterator[Source]:
    for member in archives.members(path, unpacking, lambda name: bool(_reader_of("", name, able))):
        full = f"{name}/{member.name}" if member.name else name
        reader = _reader_of("", member.name, able)
        problem = None if reader else _unknown(full, able)
        problem = _drop(full, *member.problem) if member.problem else problem
        yield Source(
            name=full,
            place=path,
            inside=member.inside,
            reader="" if problem else str(reader),
            bytes=member.bytes,
            sha256=member.sha256,
            problem=problem,
        )


def _source(name: str, path: str, able: Mapping[str, Any]) -> Source:
    reader = _reader_of(path, name, able)
    if reader is None:
        return Source(name=name, place=path, problem=_unknown(name, able))
    if _scheme(path, able):
        raw = able[reader].fetch(path)
        if isinstance(raw, Dropped):
            return Source(name=name, place=path, problem=raw)
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
        return Source(name=name, place=path, problem=_unreadable(name, error))


def _raw(source: Source, reader: Any, unpacking: archives.Unpacking) -> bytes | Dropped:
    """The bytes for the reader as they were listed, unpacked where the name ends in .gz."""
    raw = _stored(source, reader, unpacking)
    if isinstance(raw, Dropped):
        return raw
    if hashlib.sha256(raw).hexdigest() != source.sha256:
        detail = "its bytes are not those that it was listed with: build again"
        return _drop(source.name, "changed while it was read", detail)
    if not source.name.lower().endswith(".gz") or _scheme(source.place, {source.reader: reader}):
        return raw
    found = archives.gunzip(raw, unpacking)
    return found if isinstance(found, bytes) else _drop(source.name, *found)


def _stored(source: Source, reader: Any, unpacking: archives.Unpacking) -> bytes | Dropped:
    """The bytes as they lie in a file or in an archive, or as they were fetched."""
    if _scheme(source.place, {source.reader: reader}):
        fetched: bytes | Dropped = reader.fetch(source.place)
        return fetched
    if source.inside:
        found = archives.unpacked(source.place, source.inside, unpacking)
        return found if isinstance(found, bytes) else _drop(source.name, *found)
    try:
        return Path(source.place).read_bytes()
    except OSError as problem:
        return _unreadable(source.name, problem)


def _unknown(name: str, able: Mapping[str, Any]) -> Dropped:
    known = sorted({end for one in able.values() for end in one.suffixes} | {".zip"})
    reason = f"unknown suffix {PurePath(name).suffix!r}"
    detail = f"known are {', '.join(known)}; a reader of your own is 'module:Name'"
    return _drop(name, reason, detail)


def _unreadable(name: str, problem: OSError) -> Dropped:
    return _drop(name, "not readable", problem.strerror or "")


def _drop(name: str, reason: str, detail: str) -> Dropped:
    return Dropped(step="read", id=name, reason=reason, detail=detail)


def _finished(document: Document, source: Source) -> Document:
    known = {"language": language(document.text), "sha256": source.sha256}
    return replace(document, meta={**document.meta, **known})
