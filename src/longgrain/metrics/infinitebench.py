"""A reply and InfiniteBench's answer > the score of its task's own rule (src/compute_scores.py)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from longgrain.errors import PlanError
from longgrain.metrics.item import Figures, Item
from longgrain.metrics.rouge import Rouge
from longgrain.metrics.words import f1, longbench_chinese, squad

_NUMBER = re.compile(r"\d+\.\d+|\d+")
_PREFIXES = ("answer is:", "answer:", "answer is", "option is")
# Of code: where none is said, the first line decides.
_CODE_PREFIXES = ("answer is:", "is:", "answer:")


@dataclass(frozen=True, slots=True, kw_only=True)
class InfiniteBench:
    """InfiniteBench's score of one reply, 0..1, by the rule of the task.

    The task is that of the settings, or the item's ``task`` or ``file``, which may be called
    preds_longbook_qa_eng. The answer is the item's ``ground_truth`` or ``label`` as it is: numbers
    are numbers, and lists say different things in different tasks.
    """

    name: ClassVar[str] = "infinitebench"
    origin: ClassVar[str] = "InfiniteBench (Zhang et al. 2024), src/compute_scores.py"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "infinitebench"
    shares: ClassVar[bool] = True

    task: str = ""
    """Such as longbook_qa_eng."""
    first_number: bool = True
    """math_calc: False leaves the first number out, as is published for gpt4."""

    def __post_init__(self) -> None:
        """PlanError for a task that is not there."""
        if self.task and self.task not in _RULES:
            raise PlanError(
                f"InfiniteBench has no task {self.task!r}, so there is no rule for it: there are "
                f"{', '.join(_RULES)}"
            )

    def score(self, item: Item) -> Figures:
        """``infinitebench``; without a task F1 in the language of longbook_qa_eng."""
        named = str(item.row.get("task") or item.row.get("file") or "").removeprefix("preds_")
        task = self.task or (named if named in _RULES else "longbook_qa_eng")
        label = next((item.row[one] for one in ("ground_truth", "label") if one in item.row), None)
        label = list(item.references) if label is None else label
        reply = item.prediction
        if task == "math_calc":
            return {"infinitebench": _math_calc(reply, label, first=self.first_number)}
        try:
            return {"infinitebench": float(_RULES[task](reply, label))}
        except (TypeError, ValueError, IndexError):
            return {"infinitebench": None}  # an answer that has not the form of this task


def _texts(label: Any) -> list[str]:
    return [str(one) for one in label] if isinstance(label, list) else [str(label)]


def _spaced(reply: str, signs: Sequence[str]) -> str:
    for sign in signs:
        reply = reply.replace(sign, " ")
    return reply


def _in_words(reply: str, label: Any) -> bool:
    """kv_retrieval: the value is one of the words, punctuation aside."""
    return str(_one(label)) in _spaced(reply, "\n:\"'.,?!{}").split()


def _one(label: Any) -> Any:
    return label[0] if isinstance(label, list) else label


def _first_digits(reply: str, label: Any) -> bool:
    found = re.search("[0-9]+", reply)
    return str(_one(label)) == (found[0] if found else "")


def _code_run(reply: str, label: Any) -> bool:
    """The last word is the number."""
    words = _spaced(reply.strip(), "\n.`'\":").split()
    try:
        return bool(words) and int(words[-1]) == int(_one(label))
    except ValueError:
        return False


def _code_debug(reply: str, label: Any) -> bool:
    """The reply begins with the letter, or letter or function follow "answer is:" or the like."""
    function, letter = label[0], label[1]
    if reply[:2] in (f"{letter}.", f"{letter}:"):
        return True
    said = _spaced(reply.strip(), ("\n", "`", "'", '"', "-", "*", "Option", "option"))
    said = re.sub(" {2,}", " ", said)
    after = _after(said, _CODE_PREFIXES)
    return after is not None and after.startswith((letter, function))


def _after(said: str, prefixes: Sequence[str]) -> str | None:
    """What follows the first of the prefixes that occurs, one character on; "" at the end."""
    for prefix in prefixes:
        at = said.find(prefix)
        if at != -1:
            return said[at + len(prefix) + 1 :]
    return None


def _choice(reply: str, label: Any) -> bool:
    """A first letter, else what follows "answer is" and the like, else the first word that is a letter."""
    options = _texts(label)
    if reply[:1] and reply[0] in "ABCD":
        return reply[0] in options
    said = re.sub(" {2,}", " ", _spaced(reply, "\n\"'.,?!{}"))
    after = _after(said, _PREFIXES)
    if after is not None:
        return bool(after) and after.startswith(tuple(options))
    word = next((one for one in said.split() if one in "ABCD"), None)
    return word is not None and word in options


def _dialogue(reply: str, label: Any) -> bool:
    words = _spaced(reply, "\n:\"'.,?!{}").split()
    return str(_one(label)) in [word.upper() for word in words]


def _qa(reply: str, label: Any) -> float:
    return max((f1(squad(reply).split(), squad(one).split()) for one in _texts(label)), default=0.0)


def _qa_chinese(reply: str, label: Any) -> float:
    """Every character is a word, Latin letters too."""
    said = list(longbench_chinese(reply))
    return max((f1(said, list(longbench_chinese(one))) for one in _texts(label)), default=0.0)


def _summary(reply: str, label: Any) -> float:
    """ROUGE-Lsum as the library evaluate has it; of several references the best."""
    scorer = Rouge(han=False)
    found = [scorer.triples(one, reply, ("rougeLsum",))["rougeLsum"] for one in _texts(label)]
    return max(one[2] for one in found)


def _math_find(reply: str, label: Any) -> bool:
    """The first number; where the answer is whole, a first number with a point is no reply to it."""
    answer, found = _one(label), _NUMBER.search(reply)
    if isinstance(answer, str):
        answer = float(answer) if "." in answer else int(answer)
    if found is None:
        return False
    try:
        said = int(found[0]) if isinstance(answer, int) else float(found[0])
    except ValueError:
        return False
    return bool(said == answer)


def _math_calc(reply: str, label: Any, *, first: bool) -> float | None:
    """The share of the steps that are right before the first that is not."""
    try:
        steps = [int(one) for one in label]
    except (TypeError, ValueError):
        return None
    said = [int(one) for one in re.findall("[0-9]+", reply) if len(one) < 4000]
    said = said if first else said[1:]
    right = 0
    while right < min(len(steps), len(said)) and steps[right] == said[right]:
        right += 1
    return right / len(steps) if steps else None


_RULES: dict[str, Callable[[str, Any], float]] = {
    "passkey": _first_digits,
    "number_string": _first_digits,
    "kv_retrieval": _in_words,
    "longdialogue_qa_eng": _dialogue,
    "longbook_sum_eng": _summary,
    "longbook_choice_eng": _choice,
    "longbook_qa_eng": _qa,
    "longbook_qa_chn": _qa_chinese,
    "math_find": _math_find,
    "math_calc": partial(_math_calc, first=True),  # type: ignore[dict-item]
    "code_run": _code_run,
    "code_debug": _code_debug,
}
