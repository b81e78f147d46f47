"""An example > its turns as plain words, with what is learned of each, for trainers that take text."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import orjson

from longgrain.errors import RunError
from longgrain.exports.columns import Run, repeated, whole
from longgrain.types import SIDES, Example, Message, Side, Span

Part = tuple[str, float]
# A README names so many control tokens; some tokenizers have hundreds.
LISTED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message: its words in parts, neighbours with the same loss joined."""

    speaker: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """All its words."""
        return "".join(words for words, _ in self.parts)

    @property
    def learned(self) -> bool:
        """Whether any of its words are learned."""
        return any(loss > 0 for _, loss in self.parts)

    @property
    def read(self) -> str:
        """The words of a learned turn that are meant to be read only; nothing in other turns."""
        return "".join(words for words, loss in self.parts if not loss) if self.learned else ""


def turns(messages: Sequence[Message], texts: Mapping[str, str]) -> tuple[Turn, ...]:
    """The messages with their words; empty spans are left out."""
    return tuple(Turn(speaker=m.speaker, parts=_parts(m, texts)) for m in messages)


def _parts(message: Message, texts: Mapping[str, str]) -> tuple[Part, ...]:
    spans = [(s.words(texts), s.loss) for s in message.spans if isinstance(s, Span)]
    grouped = groupby((span for span in spans if span[0]), key=lambda span: span[1])
    return tuple(("".join(words for words, _ in group), loss) for loss, group in grouped)


def segments(found: Sequence[Turn], frame: Sequence[Any]) -> list[Part]:
    """The conversation as the template writes it, in parts with their loss; control tokens spelled out.

    ``frame`` is what the run's template gives for the speakers: places of messages, with the blanks
    it trims there, and words of its own. A turn's end is learned where the turn's last words are.
    """
    parts: list[Part] = []
    for place in frame:
        if hasattr(place, "message"):
            parts += _trimmed(found[place.message].parts, place.trims_left, place.trims_right)
        else:
            last = found[place.ends].parts[-1:] if place.ends is not None else ()
            parts.append((place.text, 1.0 if last and last[0][1] > 0 else 0.0))
    grouped = groupby((part for part in parts if part[0]), key=lambda part: part[1])
    return [("".join(words for words, _ in group), loss) for loss, group in grouped]


def _trimmed(parts: tuple[Part, ...], left: str, right: str) -> list[Part]:
    text = "".join(words for words, _ in parts)
    start = len(text) - len(text.lstrip(left)) if left else 0
    end = len(text.rstrip(right)) if right else len(text)
    kept, at = [], 0
    for words, loss in parts:
        kept.append((words[max(start - at, 0) : max(end - at, 0)], loss))
        at += len(words)
    return kept


@dataclass(slots=True, kw_only=True)
class Words:
    """What was counted in the examples of a text export, and what its trainer cannot express.

    ``dangerous`` are words besides control tokens that the trainer replaces in any text. ``holding``
    counts examples that hold such words, ``read`` tokens that are learned though meant to be read
    only, ``unlearned`` those that are not learned though meant to be. ``longest`` is the longest
    example in tokens, also of those that are longer than a row.
    """

    run: Run
    dangerous: Collection[str] = ()
    examples: int = 0
    holding: int = 0
    read: int = 0
    unlearned: int = 0
    longest: int = 0
    left_out: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        words = sorted({*self.run.tokenizer.control, *self.dangerous}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, words)) or "(?!)")

    _pattern: re.Pattern[str] = field(init=False, repr=False)

    def over(self, side: Any) -> Iterator[tuple[Example, tuple[Turn, ...]]]:
        """The examples of a side that are conversations, with their turns; others are counted out."""
        texts = self.run.texts()
        for example in repeated(self.run, side):
            messages = example.trained
            if not messages:
                self.leave_out("without a view to train on")
            elif messages[0].speaker == "text":
                self.leave_out("raw text, not a conversation")
            else:
                found = turns(messages, texts)
                self.examples += 1
                self.longest = max(self.longest, int(example.lineage.get("tokens") or 0))
                self.holding += any(self._pattern.search(turn.text) for turn in found)
                yield example, found

    def leave_out(self, reason: str) -> None:
        """Counts an example that does not fit into the format."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1

    def tokens(self, *words: str) -> int:
        """How many tokens the words have, each on its own."""
        texts = [text for text in words if text]
        return len(self.run.tokenizer.encode(texts).values) if texts else 0

    @property
    def holding_said(self) -> str:
        """How many examples hold words that are taken for control tokens."""
        words = [f"`{word}`" for word in sorted({*self.run.tokenizer.control, *self.dangerous})]
        more = f" and {len(words) - LISTED:,} more" if len(words) > LISTED else ""
        listed = ", ".join(words[:LISTED]) + more
        if not self.holding:
            return f"No example holds the words of a control token ({listed}) as text."
        return (
            f"{self.holding:,} of {self.examples:,} examples hold the words of a control token "
            f"({listed}) as text. longgrain's rows keep them as text; a trainer that is given text "
            "takes them for control tokens, which can end a turn in the middle of a document. Take an "
            "export of token ids, or leave these documents out."
        )

    @property
    def left_out_said(self) -> str:
        """What was left out, and why."""
        if not self.left_out:
            return "No example was left out."
        listed = "; ".join(f"{count:,} {reason}" for reason, count in self.left_out.items())
        return f"Examples that this format cannot hold were left out: {listed}."


Line = dict[str, Any]


def write_lines(
    folder: Path, words: Words, line: Callable[[tuple[Turn, ...]], Line | None]
) -> list[Path]:
    """``train.jsonl`` and so on, a line an example; None from ``line`` is a line left out.

    Raises RunError if no side has a line.
    """

    def lines(side: Side) -> Iterator[Line]:
        found = (line(turns) for _, turns in words.over(side))
        return (one for one in found if one is not None)

    return write_sides(folder, words, lines, ".jsonl", write_jsonl)


def write_sides(
    folder: Path,
    words: Words,
    lines: Callable[[Side], Iterator[Line]],
    suffix: str,
    write: Callable[[Path, Iterator[Line]], None],
) -> list[Path]:
    """One file for each side that has a line, complete or not at all; RunError if none has."""
    paths = []
    for side in SIDES:
        found = lines(side)
        if (first := next(found, None)) is not None:
            with whole(folder / f"{side}{suffix}") as part:
                write(part, chain([first], found))
            paths.append(folder / f"{side}{suffix}")
    if not paths:
        raise RunError(
            f"the run has no examples for this format, so there is nothing to export. "
            f"{words.left_out_said} See dropped.parquet for examples that did not go on"
        )
    return paths


def write_jsonl(path: Path, lines: Iterator[Line]) -> None:
    """A line of JSON for each."""
    with path.open("wb") as file:
        file.writelines(orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in lines)


def write_text(path: Path, text: str) -> Path:
    """A file of text, complete or not at all."""
    with whole(path) as part:
        part.write_text(text, encoding="utf-8")
    return path
