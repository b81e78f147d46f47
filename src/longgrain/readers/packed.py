"""The bytes of a zip > its parts by name, within a bound on what they unpack to."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from typing import Any

# What zipfile raises for bytes that are no sound zip.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # NotImplementedError is one: a compression that zipfile does not know
    ValueError,
    IndexError,
    OverflowError,
)
_ENCRYPTED = 0x1
_KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # what EPUB and Office allow
_FREE = 8 << 20  # bytes up to which no ratio is suspicious
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"


class UnreadableError(Exception):
    """Why nothing can be made of a file: ``reason`` and ``detail`` of its Dropped."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


def check_bounds(reader: Any, *names: str) -> None:
    """ValueError for a bound below 1."""
    for name in names:
        if getattr(reader, name) < 1:
            raise ValueError(f"{name} is {getattr(reader, name)!r}: write 1 or more")


class Packed:
    """Parts of a zip; each reading takes from what may be unpacked in all."""

    def __init__(self, raw: bytes, *, unpacked: int, ratio: int) -> None:
        """Raises UnreadableError for bytes that are no zip."""
        if not raw.strip(b"\0 \t\r\n"):
            raise UnreadableError("empty", "no byte but blanks")
        if raw.startswith(_OLD_OFFICE):
            hidden = "EncryptedPackage".encode("utf-16-le") in raw
            detail = (
                "needs a password" if hidden else "an old Office file: save it in the new format"
            )
            raise UnreadableError("encrypted" if hidden else "not a zip", detail)
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(raw))
        except BROKEN as problem:
            raise UnreadableError("broken zip", str(problem)[:200]) from problem
        self._parts = {_key(info.filename): info for info in self._archive.infolist()}
        self._left = min(unpacked, max(ratio * len(raw), _FREE))
        self._bound = self._left

    @property
    def names(self) -> list[str]:
        """The names of all parts, in the order of the zip."""
        return [info.filename for info in self._parts.values()]

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._parts

    def read(self, name: str) -> bytes:
        """The bytes of a part. Raises UnreadableError when it is missing, broken or too large."""
        info = self._parts.get(_key(name))
        if info is None:
            raise UnreadableError("missing part", name[:200])
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableError("encrypted", f"{name} needs a password")
        if info.compress_type not in _KNOWN:
            raise UnreadableError("broken zip", f"{name} has compression {info.compress_type}")
        if info.file_size > self._left:
            detail = f"more than {self._bound:,} bytes; raise `unpacked` or `ratio` if it is sound"
            raise UnreadableError("too large when unpacked", detail)
        self._left -= info.file_size  # zipfile gives no byte beyond this size
        try:
            return self._archive.read(info)
        except BROKEN as problem:
            raise UnreadableError("broken zip", f"{name}: {problem}"[:200]) from problem

    def read_if_any(self, name: str) -> bytes | None:
        """The bytes of a part that may be missing or broken. Raises UnreadableError if too large."""
        try:
            return self.read(name)
        except UnreadableError as problem:
            if problem.reason == "too large when unpacked":
                raise
            return None


def xml_root(raw: bytes | None, *, strict: bool = False) -> Any:
    """The root element; None for what is no XML. Entities of its own are left alone.

    ``strict`` raises UnreadableError instead, and repairs nothing.
    """
    from lxml import etree  # type: ignore[import-untyped,unused-ignore]

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, recover=not strict
    )
    try:
        return etree.fromstring(raw or b"", parser)
    except (etree.XMLSyntaxError, ValueError) as problem:
        if strict:
            raise UnreadableError("broken XML", str(problem)[:200]) from problem
        return None


def local(element: Any) -> str:
    """An element's name without its namespace; empty for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def held(element: Any, name: str) -> str | None:
    """An attribute's value, whatever its namespace."""
    for key, value in element.attrib.items():
        if key == name or key.endswith(f"}}{name}"):
            return str(value)
    return None


def _key(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").casefold()
