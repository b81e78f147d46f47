"""A URL > the answer at the end of its redirects, as robots.txt allows and not too often."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, urljoin

from longgrain.errors import SourceError
from longgrain.readers.web.fetching import Answer, Bounds, NotFetchedError, fetched, parsed
from longgrain.readers.web.robots import AGENT, NOTHING, Robots, robots

_MOVED = (301, 302, 303, 307, 308)
_ROBOTS_BYTES = 500_000  # the least that RFC 9309 wants read

# By host: its robots.txt, and when it was last asked for something. One process, one politeness.
_rules: dict[tuple[str, str], Robots | NotFetchedError] = {}
_asked: dict[str, float] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """Bounds of one answer, seconds between two fetches of one host, and how often to follow."""

    bounds: Bounds
    delay: float
    longest_delay: float
    redirects: int


def followed(url: SplitResult, manners: Manners) -> tuple[SplitResult, Answer]:
    """The last address and its answer, every hop checked like the first. Raises NotFetchedError."""
    for _ in range(manners.redirects + 1):
        rules = _robots(url, manners)
        if not rules.allows(f"{url.path}?{url.query}" if url.query else url.path):
            raise NotFetchedError("refused by robots.txt", f"{url.netloc} wants no {AGENT} there")
        _wait(url, max(manners.delay, rules.delay), manners.longest_delay)
        answer = fetched(url, manners.bounds)
        if answer.status == 200:
            return url, answer
        if not _is_moved(answer):
            raise NotFetchedError(f"HTTP {answer.status}", "the server has no page for us")
        url = _next(url, answer)
    raise NotFetchedError("too many redirects", f"more than {manners.redirects}")


def _is_moved(answer: Answer) -> bool:
    return answer.status in _MOVED and bool(answer.location)


def _next(url: SplitResult, answer: Answer) -> SplitResult:
    try:
        return parsed(urljoin(url.geturl(), answer.location))
    except (SourceError, ValueError) as problem:
        raise NotFetchedError("broken redirect", answer.location[:200]) from problem


def _robots(url: SplitResult, manners: Manners) -> Robots:
    """The rules of a host, asked for once; a host that does not answer is not asked again."""
    origin = (url.scheme, url.netloc)
    if origin not in _rules:
        try:
            _rules[origin] = _fetched_robots(url._replace(path="/robots.txt", query=""), manners)
        except NotFetchedError as problem:
            _rules[origin] = problem
    known = _rules[origin]
    if isinstance(known, NotFetchedError):
        raise NotFetchedError(known.reason, known.detail)
    return known


def _fetched_robots(place: SplitResult, manners: Manners) -> Robots:
    """All is allowed where there is no robots.txt, nothing where the server fails."""
    bounds = replace(manners.bounds, bytes=_ROBOTS_BYTES)
    for _ in range(manners.redirects + 1):
        answer = fetched(place, bounds)
        if not _is_moved(answer):
            break
        place = _next(place, answer)
    if answer.status == 200:
        return robots(answer.body.decode("utf-8", "replace"))
    return NOTHING if answer.status >= 500 else Robots()


def _wait(url: SplitResult, asked: float, longest: float) -> None:
    pause = _asked.get(url.netloc, -1e9) + min(asked, longest) - time.monotonic()
    if pause > 0:
        time.sleep(pause)
    _asked[url.netloc] = time.monotonic()
