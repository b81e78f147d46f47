"""http(s) URLs > the documents of the page or file that lies there, fetched once and politely."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import SplitResult

from longgrain.errors import SourceError
from longgrain.readers.text import stem
from longgrain.types import Document, Dropped

if TYPE_CHECKING:
    from longgrain.readers.web.polite import Manners

_SUFFIX_OF = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/markdown": ".md",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/jsonl": ".jsonl",
    "application/x-ndjson": ".jsonl",
    "application/epub+zip": ".epub",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/x-tex": ".tex",
    "text/x-tex": ".tex",
    "text/plain": ".txt",
}
# What servers say of files that they know nothing about; the name in the URL says more.
_VAGUE = ("text/plain", "application/octet-stream", "binary/octet-stream", "")
_HEAD = re.compile(rb"Content-Type: ([^\r\n]*)\r\nContent-Location: ([^\r\n]*)\r\n\r\n")
_CHARSET = re.compile(r"charset=[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_NO_CHARSETS = ("punycode", "idna", "unicode_escape", "raw_unicode_escape")  # slow, or no charset


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """Reads ``http:`` and ``https:`` URLs; no links are followed but redirects.

    What was fetched is kept in ``cache``: a build that goes on, and one after a preview, reads the
    same bytes and does not ask the server again.
    """

    name: ClassVar[str] = "web"
    suffixes: ClassVar[tuple[str, ...]] = ()
    schemes: ClassVar[tuple[str, ...]] = ("http", "https")

    allow_private: bool = False
    """Whether this machine and local networks may be asked, too."""
    most_bytes: int = 64 << 20
    """The largest answer."""
    seconds: float = 30.0
    """The longest that one answer may take."""
    delay: float = 1.0
    """Seconds between two fetches of one host; its robots.txt may ask for more."""
    longest_delay: float = 30.0
    """More than this is not waited for, whatever robots.txt asks for."""
    redirects: int = 5
    keep_days: float = 7.0
    """How old a kept answer may be before the server is asked again."""
    cache: str = ""
    """The folder of kept answers; else ``longgrain/web`` in the user's cache folder."""
    extractor: Literal["html", "trafilatura"] = "html"
    """Who takes the content out of a page; trafilatura comes with the extra ``web``."""

    def __post_init__(self) -> None:
        if self.extractor not in ("html", "trafilatura"):
            raise ValueError(f"extractor is {self.extractor!r}: write html or trafilatura")
        if self.extractor == "trafilatura" and find_spec("trafilatura") is None:
            raise SourceError(
                "pages are to be read by trafilatura, which is not installed, so nothing is read: "
                "pip install 'longgrain[web]', or leave out `extractor`"
            )
        if self.keep_days <= 0 or self.seconds <= 0 or self.most_bytes < 1:
            raise ValueError("keep_days, seconds and most_bytes must be more than 0")

    def fetch(self, source: str) -> bytes | Dropped:
        """The answer's body behind two headers, its type and its address; or why there is none.

        Raises SourceError for what is no URL: the network may fail, a plan should not.
        """
        from longgrain.readers.web.fetching import NotFetchedError, parsed
        from longgrain.readers.web.polite import followed

        url = parsed(source)
        kept = self._kept(url)
        if kept.is_file() and time.time() - kept.stat().st_mtime < 86_400 * self.keep_days:
            return kept.read_bytes()
        try:
            url, answer = followed(url, self._manners())
        except NotFetchedError as problem:
            return Dropped(step="read", id=source, reason=problem.reason, detail=problem.detail)
        kind = " ".join(answer.kind.encode("ascii", "replace").decode().split())
        head = f"Content-Type: {kind}\r\nContent-Location: {url.geturl()}\r\n\r\n"
        message = head.encode("ascii") + answer.body
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_name(f"{kept.name}.{os.getpid()}")
        part.write_bytes(message)
        part.replace(kept)
        return message

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """The documents of what ``fetch`` gave; its type says which reader they come from."""
        head = _HEAD.match(raw)
        if head is None:
            reason = "not a fetched page" if raw.strip() else "empty"
            yield Dropped(step="read", id=source, reason=reason, detail="no headers")
            return
        kind, place = (one.decode("ascii", "replace") for one in head.groups())
        reader = self._reader(kind, place)
        if reader is None:
            detail = f"the server says that it is {kind[:80]!r}, which no reader knows"
            yield Dropped(step="read", id=source, reason="unknown content type", detail=detail)
            return
        for item in reader.read(_marked(raw[head.end() :], kind), source):
            if isinstance(item, Document) and place != source:
                item = replace(item, meta={**item.meta, "url": place})
            yield item

    def _manners(self) -> Manners:
        from longgrain.readers.web.fetching import Bounds
        from longgrain.readers.web.polite import Manners

        agent = f"longgrain/{version('longgrain')} (reads single pages for their owner's use)"
        bounds = Bounds(
            seconds=self.seconds,
            bytes=self.most_bytes,
            allow_private=self.allow_private,
            agent=agent,
        )
        return Manners(
            bounds=bounds,
            delay=self.delay,
            longest_delay=self.longest_delay,
            redirects=self.redirects,
        )

    def _kept(self, url: SplitResult) -> Path:
        user = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        folder = Path(self.cache or f"{user}/longgrain/web").expanduser()
        return folder / hashlib.sha256(url.geturl().encode()).hexdigest()[:32]

    def _reader(self, kind: str, place: str) -> Any:
        """By the type; where the server is vague, by the suffix in the URL."""
        said = kind.partition(";")[0].strip().lower()
        path = re.split(r"[?#]", place)[0].lower()
        by_type = _SUFFIX_OF.get(said)
        if by_type == ".html" and self.extractor == "trafilatura":
            return _Trafilatura()
        named = _reader_of(path) if said in _VAGUE else None
        return named or (_reader_of(by_type) if by_type else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trafilatura:
    """Pages by trafilatura: Markdown, with headings as far as it keeps them."""

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        import trafilatura

        found = trafilatura.bare_extraction(raw, with_metadata=True, include_comments=False)
        text = trafilatura.extract(raw, output_format="markdown", include_comments=False)
        if not text or not text.strip():
            yield Dropped(step="read", id=source, reason="no text", detail="a page without words")
            return
        known = {key: str(getattr(found, key, None) or "") for key in ("title", "date", "author")}
        title = known.pop("title") or stem(source)
        meta = {"title": title, "markup": "markdown", **{k: v for k, v in known.items() if v}}
        yield Document.of(text, source=source, meta=meta)


def _reader_of(name: str) -> Any:
    """The reader of this shelf with the longest suffix of the name, or None."""
    from longgrain.readers import SHELF

    able = []
    for place in SHELF.values():
        module, _, attribute = place.partition(":")
        cls = getattr(import_module(module), attribute)
        able += [(len(end), cls) for end in cls.suffixes if name.endswith(end)]
    return max(able, key=lambda one: one[0])[1]() if able else None


def _marked(body: bytes, kind: str) -> bytes:
    """Text in the encoding that the server names, where that is true, as UTF-8 with its mark."""
    found = _CHARSET.search(kind)
    if (
        found is None
        or found[1].lower() in _NO_CHARSETS
        or not kind.lstrip().lower().startswith(("text/", "application/xhtml"))
    ):
        return body
    try:
        text = body.decode(found[1])
        return b"\xef\xbb\xbf" + text.removeprefix("\ufeff").encode("utf-8") if text else body
    except (LookupError, ValueError, TypeError):
        return body
