"""A reply and LongBench's answers > the score of the dataset's own rule (metrics.py and eval.py)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import partial
from typing import Any, ClassVar, Literal

from longgrain.errors import PlanError
from longgrain.metrics.item import Figures, Item
from longgrain.metrics.rouge_pltrdy import NoWordsError, TooDeepError, rouge_l, sentences
from longgrain.metrics.words import f1, has_han, longbench_chinese, squad, valid

Task = Literal[
    "qa_f1",
    "qa_f1_zh",
    "rouge",
    "rouge_zh",
    "retrieval",
    "retrieval_zh",
    "count",
    "classification",
    "code_sim",
]
DATASETS: dict[str, Task] = {
    **dict.fromkeys(("narrativeqa", "qasper", "multifieldqa_en", "hotpotqa", "2wikimqa"), "qa_f1"),
    **dict.fromkeys(("musique", "triviaqa"), "qa_f1"),
    "multifieldqa_zh": "qa_f1_zh",
    **dict.fromkeys(("gov_report", "qmsum", "multi_news", "samsum"), "rouge"),
    **dict.fromkeys(("dureader", "vcsum"), "rouge_zh"),
    **dict.fromkeys(("trec", "lsht"), "classification"),
    "passage_retrieval_en": "retrieval",
    "passage_retrieval_zh": "retrieval_zh",
    "passage_count": "count",
    **dict.fromkeys(("lcc", "repobench-p"), "code_sim"),
}
FIRST_LINE = frozenset(("trec", "triviaqa", "samsum", "lsht"))
# Python's limit of 1,000 frames less the ten that eval.py and the package have on the way.
DEEPEST = {"rouge": 991, "rouge_zh": 990}


@dataclass(frozen=True, slots=True, kw_only=True)
class LongBench:
    """LongBench's score of one reply: the best over the answers, by the rule of the dataset.

    The dataset is that of the settings, or the item's field ``dataset``, or the name of its file; with
    none of them, the rule is F1 in the language of the answer. Chinese is cut by rjieba instead of jieba, which gives the
    same words in all but a few cases (docs/score.md has the figures).
    """

    name: ClassVar[str] = "longbench"
    origin: ClassVar[str] = "LongBench (Bai et al. 2023), metrics.py and eval.py"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "longbench"
    shares: ClassVar[bool] = True

    dataset: str = ""
    """A dataset of LongBench, such as narrativeqa; it names the rule and whether one line counts."""
    task: Task | None = None
    """The rule, where it is not that of the dataset."""
    until: str = ""
    """For qa_f1: only what stands before the first of these counts; FILM has a blank line there."""
    as_published: bool = False
    """Replies too long for the recursion of the package ``rouge`` score 0, as they did."""

    def __post_init__(self) -> None:
        if self.dataset and self.dataset not in DATASETS:
            raise PlanError(
                f"LongBench has no dataset {self.dataset!r}, so there is no rule for it: there are "
                f"{', '.join(DATASETS)}"
            )

    def score(self, item: Item) -> Figures:
        """``longbench``, 0..1; None for a classification without ``all_classes`` in the item."""
        dataset = self.dataset or str(item.row.get("dataset") or item.row.get("file", ""))
        task = self.task or DATASETS.get(dataset) or _task_of(item.references)
        reply = item.prediction
        if dataset in FIRST_LINE:
            reply = reply.lstrip("\n").split("\n")[0]
        if self.until and task == "qa_f1":
            reply = reply.split(self.until)[0]
        if task == "classification":
            return {"longbench": _classification(reply, item.references, item.row)}
        deepest = DEEPEST.get(task) if self.as_published else None
        rule = partial(_RULES[task], deepest=deepest) if task in DEEPEST else _RULES[task]
        return {"longbench": max((0.0, *(rule(reply, one) for one in item.references)))}


def _task_of(references: Sequence[str]) -> Task:
    return "qa_f1_zh" if any(map(has_han, references)) else "qa_f1"


def _qa_f1(reply: str, answer: str) -> float:
    return f1(squad(reply).split(), squad(answer).split())


def _qa_f1_zh(reply: str, answer: str) -> float:
    said, expected = (
        [word for word in map(longbench_chinese, _cut(text)) if word] for text in (reply, answer)
    )
    return f1(said, expected)


def _rouge(reply: str, answer: str, *, deepest: int | None = None) -> float:
    """The F of ROUGE-L; 0 where the package raises, which the published script catches."""
    try:
        return rouge_l(sentences(reply), sentences(answer), deepest=deepest)[2]
    except (NoWordsError, TooDeepError):
        return 0.0


def _rouge_zh(reply: str, answer: str, *, deepest: int | None = None) -> float:
    return _rouge(" ".join(_cut(reply)), " ".join(_cut(answer)), deepest=deepest)


def _cut(text: str) -> list[str]:
    """Words as jieba cuts them; rjieba keeps runs such as self-attention whole, which are cut here."""
    import rjieba  # its dictionary takes 40 MB

    words: list[str] = []
    for word in rjieba.cut(valid(text)):
        if len(word) > 1 and _WITH_SIGNS.match(word) and word not in _KNOWN:
            words += [part for part in _PARTS.split(word) if part]
        else:
            words.append(word)
    return words


_WITH_SIGNS = re.compile(r"[a-zA-Z0-9+#&._%-]+\Z")
_PARTS = re.compile(r"([a-zA-Z0-9]+(?:\.\d+)?%?)")
_KNOWN = frozenset(("AT&T", "c#", "C#", "c++", "C++"))  # all such words of jieba's dictionary


def _numbered(reply: str, number: str) -> float:
    """The share of the numbers in a reply that are the right one."""
    said = re.findall(r"\d+", reply)
    return said.count(number) / len(said) if said else 0.0


def _retrieval(pattern: str, reply: str, answer: str) -> float:
    """0 where the answer names no paragraph, on which the published script ends with an error."""
    found = re.search(pattern, answer)
    return _numbered(reply, found[1]) if found else 0.0


def _code_similarity(reply: str, answer: str) -> float:
    """Of the first line that is code, fuzzywuzzy's ratio without python-Levenshtein."""
    lines = reply.lstrip("\n").split("\n")
    line = next((one for one in lines if not any(sign in one for sign in ("`", "#", "//"))), "")
    if not line or not answer:
        return 0.0
    return round(100 * SequenceMatcher(None, line, answer).ratio()) / 100


def _classification(reply: str, answers: Sequence[str], row: Any) -> float | None:
    """1 over the classes that the reply names, if the right one is among them.

    Names that are part of the right one do not count; as in the published script, every second one
    of several such in a row stays.
    """
    classes = row.get("all_classes")
    if not isinstance(classes, list) or not classes:
        return None
    best = 0.0
    for answer in answers:
        named = [one for one in classes if one in reply]
        for one in named:
            if one in answer and one != answer:
                named.remove(one)
        best = max(best, 1.0 / len(named) if answer in named else 0.0)
    return best


_RULES: dict[str, Callable[..., float]] = {
    "qa_f1": _qa_f1,
    "qa_f1_zh": _qa_f1_zh,
    "rouge": _rouge,
    "rouge_zh": _rouge_zh,
    "retrieval": partial(_retrieval, r"Paragraph (\d+)"),
    "retrieval_zh": partial(_retrieval, r"段落(\d+)"),
    "count": _numbered,
    "code_sim": _code_similarity,
}
