"""Replies > marks of their style; figures of style and facts, earlier and later > whether only the style came nearer."""

from __future__ import annotations

import re
from collections.abc import Mapping

Figures = Mapping[str, float | None]

_LIST = re.compile(
    r"^\s*(?:[-*•]|\d+[.)、]|[（(]?[一二三四五六七八九十]+[）)、])\s*\S", re.MULTILINE
)
_SUMMARY = re.compile(
    r"\s*(?:in (?:summary|conclusion|short|sum)\b|overall\b|to (?:sum up|summari[sz]e|conclude)\b"
    r"|ultimately\b|总之|總之|总的来说|總的來說|综上|綜上|总而言之|總而言之|总结)",
    re.IGNORECASE,
)
STYLE = ("lists", "ends_with_summary", "unigram_overlap")


def is_list(reply: str) -> bool:
    """Whether at least two of its lines are those of a list."""
    return len(_LIST.findall(reply)) >= 2


def ends_with_summary(reply: str) -> bool:
    """Whether the last of several paragraphs begins as a summary does."""
    paragraphs = [one for one in re.split(r"\n\s*\n", reply.strip()) if one.strip()]
    return len(paragraphs) > 1 and bool(_SUMMARY.match(paragraphs[-1]))


def imitates(before: Figures, after: Figures, *, margin: float = 0.02) -> str | None:
    """What to say where style came nearer to the teacher's and the facts did not get better.

    ``before`` and ``after`` are mean figures of two models on the same items, ``margin`` the rise
    that counts. None where style did not rise, or the facts did, or one of them is not known.
    """
    changes = {key: _change(before, after, key) for key in (*STYLE, "fact_em")}
    facts = changes.pop("fact_em")
    risen = {key: rise for key, rise in changes.items() if rise is not None and rise > margin}
    if not risen or facts is None or facts > margin:
        return None
    named = ", ".join(f"{key} {100 * rise:+.1f} points" for key, rise in risen.items())
    return (
        f"style came nearer to the teacher's ({named}) while the facts did not improve "
        f"({100 * facts:+.1f} points): do not trust a judge's preference here"
    )


def _change(before: Figures, after: Figures, key: str) -> float | None:
    old, new = before.get(key), after.get(key)
    return None if old is None or new is None else new - old
