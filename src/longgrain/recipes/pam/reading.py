"""A reply in the form that pam teaches > its first answer, its verdict on it, and its last answer.

What `longgrain score --metric correction` needs of a tuned model's replies.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from longgrain.recipes.pam import wording
from longgrain.recipes.pam.telling import Words
from longgrain.recipes.script import written

_LABEL = re.compile(r"[(（][A-H][)）]\s*")
_TRADITIONAL = "這個"  # words that have others written in Traditional characters beside them
_ENDS = {
    after for pairs in (wording.FIRST, wording.AGAIN) for one in pairs.values() for _, after in one
}
_ENDS |= {after for some in wording.SO.values() for after in some}


def parts_of(
    reply: str, *, positive: Words = wording.RIGHT, negative: Words = wording.WRONG
) -> dict[str, str | None]:
    """``first``, ``verdict`` ("right", "wrong", or None where none is given), ``prediction``.

    Verdicts and the words before an answer are known by their wordings, those of the recipe unless
    others are given. An answer loses the letter of its option and its full stop.
    """
    found = sorted(
        (at, at + len(words), name)
        for name, wordings in (("right", positive), ("wrong", negative))
        for words in _each(wordings)
        if (at := reply.find(words)) >= 0
    )
    if not found:
        answer = _answer(reply)
        return {"first": answer, "verdict": None, "prediction": answer}
    first = _answer(reply[: found[0][0]])
    segments = [one for one in _between(reply, found) if one.strip()]
    last = _answer(segments[-1]) if segments else first
    return {"first": first, "verdict": found[0][2], "prediction": last}


def _each(words: Words) -> set[str]:
    return {form for some in words.values() for one in some for form in _forms(one)}


def _forms(words: str) -> tuple[str, str]:
    return words, written(words, _TRADITIONAL)


def _between(reply: str, verdicts: Sequence[tuple[int, int, str]]) -> list[str]:
    """What stands behind each verdict, up to the next one."""
    starts = [*(start for start, _, _ in verdicts[1:]), len(reply)]
    return [reply[end:start] for (_, end, _), start in zip(verdicts, starts, strict=True)]


def _answer(words: str) -> str:
    """What stands behind the last words that lead to an answer; all of it where there are none."""
    ends = [words.rfind(form) + len(form) for one in _ENDS for form in _forms(one) if form in words]
    said = words[max(ends, default=0) :].strip()
    return _LABEL.sub("", said, count=1).rstrip("。.").strip()
