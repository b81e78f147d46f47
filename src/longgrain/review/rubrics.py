"""The rubrics of a plan, or ours in a language > what is rated, and ratings read from a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from longgrain.review.task import UnusableError

_OURS: dict[str, dict[str, tuple[str, dict[int, str]]]] = {
    "en": {
        "question": (
            "Question",
            {
                1: "nobody would ask it, or it cannot be understood",
                3: "clear, but stilted or vague",
                5: "clear, and what a reader would ask",
            },
        ),
        "answer": (
            "Answer",
            {
                1: "wrong, or not in the evidence",
                3: "right in part, or more than was asked",
                5: "right, whole and borne out by the evidence",
            },
        ),
        "evidence": (
            "Evidence",
            {
                1: "does not answer the question",
                3: "answers it, but so do other passages",
                5: "is needed, and enough",
            },
        ),
    },
    "zh": {
        "question": (
            "问题",
            {1: "看不懂，或没有人会这样问", 3: "能看懂，但生硬或含糊", 5: "清楚，正是读者会问的"},
        ),
        "answer": (
            "答案",
            {
                1: "错误，或证据中没有",
                3: "部分正确，或答了没有问的内容",
                5: "正确、完整，有证据支持",
            },
        ),
        "evidence": (
            "证据",
            {1: "回答不了问题", 3: "能回答，但别处也能找到答案", 5: "缺一不可，而且足够"},
        ),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """A question with points; ``points`` are all that may be given, with their words or ""."""

    name: str
    title: str
    points: Mapping[int, str]


def rubrics_of(asked: Mapping[str, Mapping[int, str]] | None, language: str) -> tuple[Rubric, ...]:
    """Those of the plan, else ours; every point between two anchored ones may be given."""
    named = {name: (name, dict(points)) for name, points in (asked or {}).items()}
    found = named or _OURS[language]
    return tuple(
        Rubric(name=name, title=title, points=_whole(points))
        for name, (title, points) in found.items()
    )


def _whole(points: Mapping[int, str]) -> dict[int, str]:
    return {one: points.get(one, "") for one in range(min(points), max(points) + 1)}


def ratings(form: Mapping[str, str], rubrics: tuple[Rubric, ...]) -> dict[str, int]:
    """The points in a form's fields ``rate:NAME``. UnusableError for one that a rubric does not have."""
    found = {}
    for one in rubrics:
        said = form.get(f"rate:{one.name}", "")
        if not said:
            continue
        if not said.isdecimal() or int(said) not in one.points:
            raise UnusableError("no_such_point", f"{one.name}: {said}")
        found[one.name] = int(said)
    return found
