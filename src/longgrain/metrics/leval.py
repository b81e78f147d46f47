"""A reply and L-Eval's answer > the score of an exam task, after Evaluation/auto_eval.py and em.py."""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from typing import ClassVar, Literal

from longgrain.metrics.item import Figures, Item

Task = Literal["coursera", "options", "gsm", "code", "sci_fi", "other"]
# What a file's name holds > the task, in the order in which the published script looks.
_NAMED: tuple[tuple[str, Task], ...] = (
    *(("coursera", "coursera"), ("quality", "options"), ("tpo", "options")),
    *(("gsm", "gsm"), ("codeU", "code"), ("sci_fi", "sci_fi")),
)
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_OPTION = re.compile(r"\s*[A-Z](?=[\s.)])")
_FILLERS = (
    *("will be", "of the code", "is", "would be", "the value of", "the result of", "printed"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LEval:
    """``leval``: L-Eval's exact match of one reply, 0..1, for its tasks with one right answer.

    The task is that of the settings, or follows from the item's ``file``, such as coursera.pred.
    Options: the letters of the reply against those of the answer; in coursera, where several may be
    right, 0.25 for some of them and no other. gsm: the digits after "The answer is", else of the last
    word with one. code: whether the answer stands near the end. sci_fi: two answers, true or false,
    half each. For its other tasks see the metrics squad (F1) and rouge.
    """

    name: ClassVar[str] = "leval"
    origin: ClassVar[str] = "L-Eval (An et al. 2023), Evaluation/auto_eval.py and em.py"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "leval"
    shares: ClassVar[bool] = True

    task: Task | None = None

    def score(self, item: Item) -> Figures:
        """The best over the references."""
        file = str(item.row.get("file", ""))
        named: list[Task] = [task for name, task in _NAMED if name in file]
        rule: Task = next(iter(named), "other") if self.task is None else self.task
        return {"leval": max(_score(rule, item.prediction, one) for one in item.references)}


def _score(task: Task, reply: str, answer: str) -> float:
    if task in ("coursera", "options"):
        said = _letters(reply, several=task == "coursera")
        return _match(said, _key(answer))
    if task == "gsm":
        return _match(_digits(reply), _digits(answer))
    if task == "code":
        return _match(_output(reply, answer), _code(answer))
    if task == "sci_fi":
        pairs = zip(map(_truth, _parts(reply)), _parts(answer), strict=True)
        return sum(_match(one, other) for one, other in pairs) / 2
    return _match(reply, answer)


def _bare(text: str) -> str:
    return " ".join(_ARTICLES.sub(" ", text.translate(_PUNCTUATION)).split())


def _match(reply: str, answer: str) -> float:
    """1, 0.25 for a part of several letters, or 0."""
    said, expected = _bare(reply), _bare(answer)
    if all(one in "ABCD" for one in expected):
        if said == expected:
            return 1.0
        return 0.25 if set(said) <= set(expected) else 0.0
    try:
        return float(float(reply) == float(answer))
    except ValueError:
        line = next((one for one in reply.split("\n") if len(one) > 1), reply)
        return float(_close(answer) in _close(line))


def _close(text: str) -> str:
    return text.lower().replace(" ", "")


def _key(answer: str) -> str:
    first = (answer.split() or [""])[0]
    return re.sub("[^A-D]", "", first) or "A"


def _letters(reply: str, *, several: bool) -> str:
    """The first letter from A to D; where several may be right, all that stand as options."""
    if reply in "ABCD":
        return reply
    if not several and (first := re.search("[ABCD]", reply)):
        return first[0]
    head = re.match("[ABCD]*", reply)
    led = head[0] if head else ""
    if len(led) > 1:
        return "".join(sorted(set(led)))
    rest = reply[len(led) :].split("Question")[0]
    named = re.sub("[^A-D]", "", led + " ".join(_OPTION.findall(rest)))
    return "".join(sorted(set(named))) or "A"


def _digits(reply: str) -> str:
    """The digits up to a full stop."""
    found = re.search(r"The answer is (\S+)", reply)
    if found:
        word = found[1]
    else:
        words = reply.split("\n\n")[0].split(" ")[::-1]
        word = next((one for one in words if any(map(str.isdigit, one))), "")
    return "".join(one for one in word.split(".")[0] if one.isdigit())


def _code(text: str) -> str:
    text = re.sub(r"\s+", " ", text)
    for sign in (",", "'", "\\", ".0"):
        text = text.replace(sign, "")
    return text.replace("] [", "][").replace("[ [", "[[").replace("] ]", "]]")


def _output(reply: str, answer: str) -> str:
    """The last words of the reply, three more than the answer has."""
    said = _code(reply)
    for filler in _FILLERS:
        said = said.replace(filler, "")
    words = len(answer.split()) + 3
    if "the final output" in said:
        return " ".join(re.split(r"\s+", said.split("the final output")[-1])[:words])
    return " ".join(re.split(r"\s+", said)[-words:])


def _parts(answer: str) -> tuple[str, str]:
    """What the story says and what is true: "False [fact: True]"."""
    story, _, fact = answer.lower().partition("[fact:")
    return story.strip(), fact.split("[fact:")[0][:-1].strip()


def _truth(words: str) -> str:
    for word in words.split():
        if "true" in word or "false" in word:
            return "true" if "true" in word else "false"
    return "<error>"
