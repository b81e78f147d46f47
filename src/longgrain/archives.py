"""A zip archive or a gzip file > what is packed in it, in memory and within bounds, or why not.

Nothing is written to disk. A member is known by its place in the archive's list, so two of one name
stay apart; one inside an archive in the archive has a place for each of them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import os
import re
import stat
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import PurePosixPath
from typing import ClassVar, TypeAlias

from longgrain.readers.decoding import Decoded, decode
from longgrain.readers.packed import BROKEN, check_bounds

Inside: TypeAlias = tuple[int, ...]
"""The place of a member in its archive's list, for each archive that is around it."""

_BROKEN = (*BROKEN, lzma.LZMAError, MemoryError)
_UTF_8, _ENCRYPTED = 0x800, 0x1  # flags of a member
_SMALL = 1 << 20  # bytes up to which no ratio is suspicious: a page of blanks has a large one
_CHUNK = 1 << 20
_ASIAN = ("utf-8", "gb18030", "big5hkscs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacking:
    """How far archives are unpacked. What goes beyond is dropped and named."""

    suffix: ClassVar[str] = ".zip"

    depth: int = 2
    """Archives in archives: 1 opens none of them."""
    member: int = 512 << 20
    """Bytes that one member, or one gzip file, may unpack to."""
    total: int = 4 << 30
    """Bytes that all members of one file may unpack to, those of archives inside it included."""
    ratio: int = 200
    """How many times its packed size something may unpack to, once it is over 1 MiB; text has 3
    to 20."""

    def __post_init__(self) -> None:
        check_bounds(self, *self.__slots__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One file in an archive; ``name`` has the names of the archives inside before it."""

    name: str
    inside: Inside
    bytes: int = 0
    sha256: str = ""
    problem: tuple[str, str] | None = None
    """Why it is not taken: reason and detail."""


@dataclass(slots=True, kw_only=True)
class _Listing:
    """One file being listed: what is wished for, and how many bytes may still be unpacked."""

    path: str
    unpacking: Unpacking
    wanted: Callable[[str], bool]
    left: int


def members(path: str, unpacking: Unpacking, wanted: Callable[[str], bool]) -> Iterator[Member]:
    """The members of a zip, sorted by name; hidden ones, ``__MACOSX`` and folders are left out.

    ``wanted`` says for a name whether somebody can read it: only then is it unpacked, for its size
    and hash.
    """
    size = os.path.getsize(path)
    left = min(unpacking.total, max(unpacking.ratio * size, 16 * _SMALL))
    yield from _members(_Listing(path=path, unpacking=unpacking, wanted=wanted, left=left), (), "")


def unpacked(path: str, inside: Inside, unpacking: Unpacking) -> bytes | tuple[str, str]:
    """The bytes of a member, or reason and detail."""
    try:
        archive = _opened(path, inside[:-1], _stamp(path), unpacking)
        return b"".join(_chunks(archive, archive.infolist()[inside[-1]], unpacking.member))
    except _BROKEN as problem:
        return _reason(problem)


def gunzip(raw: bytes, unpacking: Unpacking) -> bytes | tuple[str, str]:
    """The bytes of a gzip file, or reason and detail."""
    allowed = min(unpacking.member, max(unpacking.ratio * len(raw), _SMALL))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as file:
            found = file.read(allowed + 1)
    except (OSError, EOFError, zlib.error) as problem:
        return "broken gzip", str(problem)
    return found if len(found) <= allowed else _too_large(allowed, len(raw))


def _members(listing: _Listing, around: Inside, prefix: str) -> Iterator[Member]:
    try:
        archive = _opened(listing.path, around, _stamp(listing.path), listing.unpacking)
    except _BROKEN as error:
        yield Member(name=prefix.rstrip("/"), inside=around, problem=_reason(error))
        return
    found = sorted(_named(archive))
    if not found:
        empty = ("empty", "an archive without files")
        yield Member(name=prefix.rstrip("/"), inside=around, problem=empty)
    often = Counter(name for name, _ in found)
    for name, place in found:
        often[name] -= 1
        info = archive.infolist()[place]
        problem = _problem(info, listing.unpacking)
        if often[name] and not problem:
            problem = ("named twice", "the last member of this name is taken, as unzip does")
        member = Member(name=f"{prefix}{name}", inside=(*around, place), problem=problem)
        yield from [member] if problem else _taken(listing, member, info)


def _taken(listing: _Listing, member: Member, info: zipfile.ZipInfo) -> Iterator[Member]:
    """The member with size and hash, or those inside it where it is an archive itself."""
    if not member.name.lower().endswith(Unpacking.suffix):
        yield _measured(listing, member, info) if listing.wanted(member.name) else member
    elif len(member.inside) >= listing.unpacking.depth:
        detail = f"archives are opened {listing.unpacking.depth} deep: set `depth`"
        yield replace(member, problem=("archive too deep", detail))
    elif info.file_size > listing.left:
        problem = _too_large(listing.left, info.compress_size, info.file_size)
        yield replace(member, problem=problem)
    else:
        listing.left -= info.file_size
        yield from _members(listing, member.inside, f"{member.name}/")


def _measured(listing: _Listing, member: Member, info: zipfile.ZipInfo) -> Member:
    digest, size, stamp = hashlib.sha256(), 0, _stamp(listing.path)
    try:
        archive = _opened(listing.path, member.inside[:-1], stamp, listing.unpacking)
        for chunk in _chunks(archive, info, min(listing.left, listing.unpacking.member)):
            size += len(chunk)
            digest.update(chunk)
    except _BROKEN as problem:
        return replace(member, problem=_reason(problem))
    finally:
        listing.left -= size
    return replace(member, bytes=size, sha256=digest.hexdigest())


def _stamp(path: str) -> tuple[int, int]:
    about = os.stat(path)
    return about.st_mtime_ns, about.st_size


@lru_cache(maxsize=2)  # opening reads the list of all members; two, for an archive in an archive
def _opened(
    path: str, around: Inside, stamp: tuple[int, int], unpacking: Unpacking
) -> zipfile.ZipFile:
    if not around:
        return zipfile.ZipFile(path)
    outer = _opened(path, around[:-1], stamp, unpacking)
    held = b"".join(_chunks(outer, outer.infolist()[around[-1]], unpacking.member))
    return zipfile.ZipFile(io.BytesIO(held))


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo, allowed: int) -> Iterator[bytes]:
    """The member's bytes, at most ``allowed`` of them; zipfile gives no more than it says it has."""
    if info.file_size > allowed:
        raise _TooLargeError(*_too_large(allowed, info.compress_size, info.file_size))
    with archive.open(info) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


class _TooLargeError(ValueError):
    """Reason and detail of what would unpack to too much."""


def _reason(problem: Exception) -> tuple[str, str]:
    if isinstance(problem, _TooLargeError):
        return problem.args[0], problem.args[1]
    if isinstance(problem, NotImplementedError):
        return "unknown compression", str(problem)
    if isinstance(problem, OSError) and problem.strerror:
        return "not readable", problem.strerror
    return "broken archive", str(problem)[:200] or type(problem).__name__


def _problem(info: zipfile.ZipInfo, unpacking: Unpacking) -> tuple[str, str] | None:
    """What speaks against a member before it is touched."""
    name, mode = info.filename.replace("\\", "/"), info.external_attr >> 16
    if name.startswith("/") or re.match(r"[A-Za-z]:", name) or ".." in name.split("/"):
        return "unsafe name", f"{name[:200]!r} leads out of the archive"
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "not a file", "a link or a device"
    if info.flag_bits & _ENCRYPTED:
        return "encrypted", "a password is needed: unpack the archive yourself"
    if info.file_size > max(_SMALL, unpacking.ratio * info.compress_size):
        allowed = max(_SMALL, unpacking.ratio * info.compress_size)
        return _too_large(allowed, info.compress_size, info.file_size)
    return None


def _too_large(allowed: int, packed: int, whole: int | None = None) -> tuple[str, str]:
    size = f"{whole:,}" if whole else f"more than {allowed:,}"
    return "unpacks to too much", (
        f"{packed:,} bytes unpack to {size}, and {allowed:,} are allowed here: if they are wanted, "
        "raise `ratio`, `member` or `total`"
    )


def _named(archive: zipfile.ZipFile) -> Iterator[tuple[str, int]]:
    """Name and place of each member that is no folder and not hidden."""
    infos = archive.infolist()
    old = _encoding([info for info in infos if not info.flag_bits & _UTF_8])
    for place, info in enumerate(infos):
        name = info.filename
        if old and not info.flag_bits & _UTF_8:
            name = _raw_name(info).decode(old, "replace")
        if name.endswith(("/", "\\")):
            continue
        name = name.replace("\\", "/").encode("utf-8", "replace").decode("utf-8")
        parts = PurePosixPath(name.lstrip("/")).parts
        if parts and not any(map(_is_hidden, parts)):
            yield unicodedata.normalize("NFC", "/".join(parts)), place


def _is_hidden(part: str) -> bool:
    return part == "__MACOSX" or (part[0] == "." and part != "..")


def _encoding(infos: list[zipfile.ZipInfo]) -> str | None:
    """The encoding of names without the mark of UTF-8; None where they are as zip has it, cp437."""
    raw = b"\n".join(_raw_name(info) for info in infos)
    found = None if raw.isascii() else decode(raw, "names")
    return found.encoding if isinstance(found, Decoded) and found.encoding in _ASIAN else None


def _raw_name(info: zipfile.ZipInfo) -> bytes:
    return info.filename.encode("cp437", "replace")
