"""A user's JSONL file of inputs and outputs > seeds by language, the task of each, and whether they share one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from longgrain.errors import PlanError
from longgrain.facts import Language, language_of
from longgrain.recipes.imitate.own_seeds import SEEDS
from longgrain.recipes.rows import ASKS, INPUTS, REPLIES
from longgrain.style import is_list

# An output of more words (or Han characters) is a text, not an answer; an input of more is a passage.
ANSWER, PASSAGE = 60, 90
# A label is an output that stands in so many seeds; seeds of one task are this share of all at least.
LABELLED, BROAD = 2, 0.5
_ASKS = re.compile(
    r"[?？]|^(?:who|whom|whose|what|which|when|where|why|how)\b|(?:什么|什麼|多少|哪|谁|誰|何|几|幾)",
    re.IGNORECASE,
)
_PIECE = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")
_CODE = re.compile(r"```|^\s*(?:def|class|import|SELECT|#include)\b|[;{}]\s*$", re.MULTILINE)
_VERB = re.compile(r"(?:please\s+|请|請)?([A-Za-z]+|[\u3400-\u9fff]{2})", re.IGNORECASE)


class Task(NamedTuple):
    """What a seed is an example of: what its input does, and of what sort its output is."""

    asks: str
    gives: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seed:
    """One example of the user's."""

    id: str
    input: str
    output: str
    language: Language
    task: Task


@dataclass(frozen=True)
class Seeds:
    """The seeds of one file, and what could not be read of it: name of the line and reason."""

    seeds: tuple[Seed, ...]
    lost: tuple[tuple[str, str], ...] = ()

    def of(self, language: str) -> tuple[Seed, ...]:
        """Those in a language."""
        known = "zh" if language == "zh" else "en"
        return tuple(one for one in self.seeds if one.language == known)

    @cached_property
    def tasks(self) -> Counter[Task]:
        """How many seeds each task has."""
        return Counter(one.task for one in self.seeds)

    @property
    def is_broad(self) -> bool:
        """Whether the task with the most seeds has less than half of them."""
        return self.tasks.most_common(1)[0][1] < BROAD * len(self.seeds)

    @property
    def told(self) -> str:
        """How many seeds there are of which tasks."""
        named = ", ".join(
            f"{n} {task.asks} > {task.gives}" for task, n in self.tasks.most_common(4)
        )
        more = f" and {len(self.tasks) - 4} more" if len(self.tasks) > 4 else ""
        return f"{len(self.seeds)} seeds of {len(self.tasks)} tasks ({named}{more})"

    def frame(self, language: str, side: str) -> tuple[str, str]:
        """What all inputs (or outputs) of a language begin and end with: words of the task.

        Whole words, of three seeds at least; marks alone are nothing.
        """
        texts = [str(getattr(one, side)).strip() for one in self.of(language)]
        if len(texts) < 3 or len(set(texts)) < 3:
            return "", ""
        start = re.sub(r"\w+\Z|[\u3400-\u9fff]\Z", "", _shared(texts))
        end = _shared([one[len(start) :][::-1] for one in texts])[::-1]
        end = re.sub(r"\A\w+", "", end)
        return (start if _PIECE.search(start) else ""), (end if _PIECE.search(end) else "")


def _shared(texts: Sequence[str]) -> str:
    """What all texts begin with."""
    columns = takewhile(lambda column: len(set(column)) == 1, zip(*texts, strict=False))
    return "".join(column[0] for column in columns)


def read_seeds(path: Path | None) -> Seeds:
    """The seeds of a file, or our own; PlanError where nothing can be grown from them."""
    if path is None:
        given = [
            (f"own-{language}-{n}", *pair)
            for language, some in SEEDS.items()
            for n, pair in enumerate(some)
        ]
        return Seeds(tuple(_tasked(given)))
    if not path.is_file():
        raise PlanError(
            f"imitate seeds: there is no file {path}; give a JSONL file with input and output in "
            "each line, or leave the setting out for longgrain's own"
        )
    found = [
        _row(f"{path.name}:{n}", line) for n, line in enumerate(_lines(path), 1) if line.strip()
    ]
    seeds = Seeds(
        tuple(_tasked([one for one in found if len(one) == 3])),
        tuple((one[0], one[1]) for one in found if len(one) == 2),
    )
    if not seeds.seeds:
        raise PlanError(
            f"imitate seeds: {path.name} has no line with input and output, so there is nothing to "
            'imitate; write lines like {"input": "...", "output": "..."}'
        )
    if len(seeds.seeds) > 2 and seeds.tasks.most_common(1)[0][1] == 1:
        raise PlanError(
            f"imitate seeds: {path.name} has {seeds.told}, and no two share a task. Imitating a "
            "model broadly teaches its style and not its facts (arXiv 2305.15717); give a file of "
            "seeds for one task, and a recipe entry for each further task"
        )
    return seeds


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().removeprefix(b"\xef\xbb\xbf").splitlines()


def _row(name: str, line: bytes) -> tuple[str, str, str] | tuple[str, str]:
    """Name, input and output of a line, or name and what is wrong with it."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return name, "a seed that is not JSON"
    if not isinstance(value, Mapping):
        return name, "a seed that is not a record"
    asked = [_first(value, names) for names in (ASKS, INPUTS)]
    said = _first(value, REPLIES)
    if not any(asked) or not said:
        return name, "a seed without input or without output"
    return name, "\n\n".join(one for one in asked if one), said


def _first(value: Mapping[str, Any], names: Sequence[str]) -> str:
    texts = (value.get(name) for name in names)
    return next((one.strip() for one in texts if isinstance(one, str) and one.strip()), "")


def _tasked(given: Sequence[tuple[str, str, str]]) -> list[Seed]:
    outputs = Counter(output for _, output in {(asked, said) for _, asked, said in given})
    return [
        Seed(
            id=name,
            input=asked,
            output=output,
            language=language_of(asked),
            task=Task(asks_of(asked), "label" if outputs[output] >= LABELLED else gives_of(output)),
        )
        for name, asked, output in given
    ]


def asks_of(asked: str) -> str:
    """What an input does: question, passage, or the verb of what is to be done."""
    if size(asked) > PASSAGE:
        return "passage"
    if _ASKS.search(asked):
        return "question"
    verb = _VERB.match(asked.strip())
    return verb[1].lower() if verb else "other"


def gives_of(output: str) -> str:
    """Of what sort an output is: answer, list, code or text."""
    if _CODE.search(output):
        return "code"
    if is_list(output):
        return "list"
    return "answer" if size(output) <= ANSWER else "text"


def size(text: str) -> int:
    """Words and Han characters."""
    return len(_PIECE.findall(text))
