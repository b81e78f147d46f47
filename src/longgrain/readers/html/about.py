"""The head of a web page > its title, date, author, language and site, as far as it says them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import orjson

_TITLES = ("og:title", "twitter:title", "dc.title", "citation_title")
_DATES = [
    "article:published_time",
    "og:published_time",
    "og:release_date",
    "publishdate",
    "pubdate",
    "datepublished",
    "date",
    "dc.date",
    "dc.date.issued",
    "dcterms.created",
    "citation_publication_date",
    "weibo:article:create_at",
    "apub:time",
]
_AUTHORS = ("author", "article:author", "dc.creator", "citation_author", "byl")
_PARTED = re.compile(r"\s+[-–—|·»:]+\s+|\s*[_|]\s*")
_LONGEST = 300  # code points kept of a title or a name
_LONGEST_DATA = 200_000  # characters of linked data that are looked through
_DATE = re.compile(r"\d{4}[-/.年]\s?\d{1,2}[-/.月]\s?\d{1,2}日?[^<>]{0,20}|\d{4}")


def about(parser: Any) -> dict[str, str]:
    """``title``, ``site``, ``date``, ``author``; a key is absent where the page has no such word."""
    named = dict(reversed(list(_metas(parser))))
    data = dict(_linked(parser))
    found = {
        "title": _first(named, _TITLES) or data.get("headline", "") or _title(parser),
        "site": named.get("og:site_name", ""),
        "date": _first(named, _DATES) or data.get("datePublished", "") or _time(parser),
        "author": _first(named, _AUTHORS) or data.get("author", "") or _byline(parser),
    }
    if not _DATE.match(found["date"]):
        found["date"] = ""
    if found["author"].startswith(("http:", "https:", "//")):
        found["author"] = ""
    return {key: value for key, value in found.items() if value}


def bare_title(title: str, site: str) -> str:
    """A title without the name of the site before or behind it."""
    if site and title != site:
        for mark in (" - ", " | ", " – ", " — ", "_", "-", "|", " · ", " :: "):
            title = title.removesuffix(f"{mark}{site}").removeprefix(f"{site}{mark}")
        return title.strip()
    parts = [part for part in _PARTED.split(title) if part.strip()]
    return parts[0].strip() if parts else title


def _metas(parser: Any) -> Iterator[tuple[str, str]]:
    for node in parser.css("meta"):
        held = node.attributes
        name = held.get("property") or held.get("name") or held.get("itemprop") or ""
        value = " ".join((held.get("content") or "").split())[:_LONGEST]
        if name and value:
            yield name.lower(), value


def _first(named: dict[str, str], keys: Any) -> str:
    return next((named[key] for key in keys if key in named), "")


def _title(parser: Any) -> str:
    node = parser.css_first("head > title")
    return " ".join(node.text().split())[:_LONGEST] if node is not None else ""


def _time(parser: Any) -> str:
    node = parser.css_first("time[datetime]")
    return (node.attributes.get("datetime") or "").strip()[:40] if node is not None else ""


def _byline(parser: Any) -> str:
    node = parser.css_first('a[rel="author"], [itemprop="author"]')
    return " ".join(node.text().split())[:100] if node is not None else ""


def _linked(parser: Any) -> Iterator[tuple[str, str]]:
    """Words of the page's linked data (schema.org), those of the first thing that has them last."""
    things: list[dict[str, Any]] = []
    for node in parser.css('script[type="application/ld+json"]'):
        raw = node.text()
        try:
            value = orjson.loads(raw) if len(raw) <= _LONGEST_DATA else None
        except ValueError:
            continue
        graph = value.get("@graph", [value]) if isinstance(value, dict) else value
        things += [one for one in graph if isinstance(one, dict)] if isinstance(graph, list) else []
    for thing in reversed(things):
        author = thing.get("author")
        author = author[0] if isinstance(author, list) and author else author
        author = author.get("name") if isinstance(author, dict) else author
        wanted = {"headline": thing.get("headline"), "datePublished": thing.get("datePublished")}
        for key, word in {**wanted, "author": author}.items():
            if isinstance(word, str) and word.strip():
                yield key, " ".join(word.split())[:_LONGEST]
