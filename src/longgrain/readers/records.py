"""A record of named fields (a line of JSONL, a row of a table) > one Document, or why not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal

from longgrain.readers.decoding import Decoded, clean, decode
from longgrain.readers.text import Markup, markup_of, stem, title_of
from longgrain.types import Document, Dropped

TEXT = ("text", "content", "body", "document", "article", "正文", "内容", "內容", "文本")
TITLE = ("title", "headline", "name", "标题", "標題", "题目", "題目")
DATE = ("date", "published", "created", "timestamp", "日期", "时间", "時間")
_DEPTH = 64  # orjson writes at most 254 levels; nobody's record has 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Which fields of a record are what; a name left out is looked for, in any case."""

    text: str | None = None
    """The field that holds the text; else the first of text, content, body, 正文, ..."""
    title: str | None = None
    """The field that holds the title; else title, headline, name, 标题, ..."""
    date: str | None = None
    """The field that holds the date; else date, published, created, 日期, ..."""
    markup: Markup | Literal["auto"] = "auto"
    """Whether ``#`` in the text marks headings; ``auto`` looks at the first line."""

    def __post_init__(self) -> None:
        if self.markup not in ("auto", "plain", "markdown"):
            raise ValueError(f"markup is {self.markup!r}: write auto, plain or markdown")

    def document(
        self, record: Mapping[str, Any], place: str, encoding: str = "utf-8"
    ) -> Document | Dropped:
        """The document of a record; fields that are no text, title or date go to meta["fields"]."""
        keys = {key.casefold(): key for key in reversed(list(record))}
        text_key = _key(keys, self.text, TEXT, record)
        if text_key is None:
            return self._without_text(record, place)
        decoded = _text(record[text_key], place, encoding)
        if isinstance(decoded, Dropped):
            return decoded
        title_key = _key(keys, self.title, TITLE, record)
        date_key = _key(keys, self.date, DATE, record)
        markup = markup_of(decoded.text) if self.markup == "auto" else self.markup
        title = " ".join(clean(str(record[title_key])).text.split()) if title_key else ""
        title = title or title_of(decoded.text, markup) or _numbered(place)
        meta: dict[str, Any] = {"title": title, "markup": markup, **decoded.meta}
        try:
            if date_key:
                meta["date"] = str(_plain(record[date_key]))
            used = {text_key, title_key, date_key}
            fields = {key: value for key, value in record.items() if key not in used}
            if fields:
                meta["fields"] = _plain(fields)
        except ValueError as problem:
            return Dropped(step="read", id=place, reason="fields not storable", detail=str(problem))
        return Document.of(decoded.text, source=place, meta=meta)

    def _without_text(self, record: Mapping[str, Any], place: str) -> Dropped:
        wanted = self.text or ", ".join(TEXT)
        held = clean(", ".join(list(record)[:20])).text or "none"
        detail = f"fields: {held}; looked for {wanted} with words in it: name the field as `text`"
        return Dropped(step="read", id=place, reason="no text", detail=detail)


def _key(
    keys: Mapping[str, str], given: str | None, known: tuple[str, ...], record: Mapping[str, Any]
) -> str | None:
    """The first wished field that holds something; where one is given, no other will do."""
    wished = (given,) if given else known
    found = (keys.get(name.casefold()) for name in wished)
    return next((key for key in found if key is not None and _holds(record[key])), None)


def _holds(value: Any) -> bool:
    if isinstance(value, (str, bytes)):
        return bool(value.strip())
    return isinstance(value, (int, float, date)) and not isinstance(value, bool)


def _text(value: Any, place: str, encoding: str) -> Decoded | Dropped:
    """Strings as they are, bytes decoded; a number is no text."""
    if isinstance(value, str):
        return clean(value, encoding)
    if isinstance(value, bytes):
        return decode(value, place)
    detail = f"the text field holds {type(value).__name__}"
    return Dropped(step="read", id=place, reason="no text", detail=detail)


def _numbered(place: str) -> str:
    source, _, number = place.rpartition("#")
    return f"{stem(source)} #{number}" if source else stem(place)


def _plain(value: Any, depth: int = 0) -> Any:
    """``value`` as JSON can hold it: times and decimals as text, no NaN, no lone surrogate."""
    if depth > _DEPTH:
        raise ValueError(f"fields are nested deeper than {_DEPTH} levels")
    if isinstance(value, Mapping):
        return {clean(str(key)).text: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth + 1) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 1 << 63 else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return clean(str(value)).text
