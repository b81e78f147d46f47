"""The topics of the Python documentation that every interpreter carries > one Document a topic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import orjson

from longgrain.errors import SourceError
from longgrain.readers.decoding import clean
from longgrain.types import Document, Dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Pydoc:
    """Reads the source ``pydoc:topics``; the texts differ between versions of Python."""

    name: ClassVar[str] = "pydoc"
    suffixes: ClassVar[tuple[str, ...]] = ()
    schemes: ClassVar[tuple[str, ...]] = ("pydoc",)

    def fetch(self, source: str) -> bytes:
        """A JSON object, topic > text, in the order of the topics' names."""
        from pydoc_data.topics import topics

        if source != "pydoc:topics":
            raise SourceError(f"{source!r} is no source, so nothing is read: use 'pydoc:topics'")
        return orjson.dumps(topics, option=orjson.OPT_SORT_KEYS)

    def read(self, raw: bytes, source: str) -> Iterator[Document | Dropped]:
        """A document for each topic of what ``fetch`` gave, its title the topic's name."""
        try:
            topics = orjson.loads(raw)
        except ValueError as problem:
            reason = "not JSON" if raw.strip() else "empty"
            yield Dropped(step="read", id=source, reason=reason, detail=str(problem)[:200])
            return
        if not isinstance(topics, dict):
            yield Dropped(step="read", id=source, reason="not a record", detail="no topics")
            return
        for topic, text in topics.items():
            place = f"{source}#{topic}"
            if isinstance(text, str) and text.strip():
                meta = {"title": topic, "markup": "plain"}
                yield Document.of(clean(text).text, source=place, meta=meta)
            else:
                yield Dropped(step="read", id=place, reason="no text", detail="a topic in blank")
