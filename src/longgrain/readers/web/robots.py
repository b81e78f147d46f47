"""The text of a robots.txt > which paths of its host we may fetch, and how long to wait (RFC 9309)."""

from __future__ import annotations

import re
from dataclasses import dataclass

AGENT = "longgrain"

_LINE = re.compile(r"\s*(user-agent|allow|disallow|crawl-delay)\s*:\s*([^#\r\n]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Robots:
    """Rules are (path pattern, allowed); of those that fit the longest counts."""

    rules: tuple[tuple[str, bool], ...] = ()
    delay: float = 0.0
    """Seconds between two fetches."""

    def allows(self, path: str) -> bool:
        """Whether a path, with its query, may be fetched."""
        fits = [(len(rule), allowed) for rule, allowed in self.rules if _fits(rule, path)]
        return max(fits, default=(0, True))[1]


NOTHING = Robots(rules=(("/", False),))
"""For a host whose robots.txt cannot be had."""


def robots(text: str) -> Robots:
    """The group that names us, else the one for everybody; without either all is allowed."""
    groups: dict[str, list[tuple[str, str]]] = {}
    named: list[str] = []
    opening = False
    for found in filter(None, map(_LINE.match, text.split("\n"))):
        key, value = found[1].lower(), found[2].strip()
        if key == "user-agent":
            named = [*named, value.lower()] if opening else [value.lower()]
            groups.setdefault(value.lower(), [])
        for name in named if key != "user-agent" else ():
            groups[name].append((key, value))
        opening = key == "user-agent"
    ours = groups.get(AGENT, groups.get("*", []))
    rules = [(value, key == "allow") for key, value in ours if key != "crawl-delay" and value]
    return Robots(rules=tuple(rules), delay=max([0.0, *map(_seconds, ours)]))


def _seconds(line: tuple[str, str]) -> float:
    key, value = line
    number = re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?", value)
    return float(value) if key == "crawl-delay" and number else 0.0


def _fits(rule: str, path: str) -> bool:
    """Whether the path begins as the rule says; ``*`` is anything, ``$`` at its end the end."""
    ends = rule.endswith("$")
    first, *others = rule.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    for number, part in enumerate(others, start=1):
        last = ends and number == len(others)
        found = path.rfind(part, at) if last else path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return at == len(path) if ends else True
