"""Words in the order of a LaTeX file > paragraphs, items and headings as one plain text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NEW_LINE = "\x01"  # stands for \\ until a paragraph is written
ASIAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")

_BLANKS = re.compile(r"[ \t\n\r\f\v\xa0]+")
_BETWEEN_ASIAN = re.compile(
    r"(?<=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u201d\u2019])[ \t]*\n\s*"
    r"(?=[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u201c\u2018])"
)
_BEFORE_STOP = re.compile(r"(?<=\S) +(?=[,.;:!?](?:\s|$))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, or a heading where ``level`` is not 0; an item stands right below another."""

    text: str
    level: int = 0
    is_item: bool = False


@dataclass(slots=True, kw_only=True)
class Writer:
    """Takes words and headings; ``verbatim`` holds what their numbers between NULs stand for."""

    verbatim: dict[str, str] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    mark: str = ""
    """Stands before the next paragraph: the dash or the number of a list item."""

    def say(self, words: str) -> None:
        """Goes on with the paragraph."""
        self.words.append(words)

    def flush(self) -> None:
        """Ends the paragraph, its hard-wrapped lines joined."""
        text = _reflowed("".join(self.words))
        self.words.clear()
        if text:
            text = self._restored(f"{self.mark}{text}")
            self.blocks.append(Block(text=text, is_item=bool(self.mark)))
            self.mark = ""

    def heading(self, words: str, level: int) -> None:
        """A heading on a line of its own; nothing where there are no words."""
        self.flush()
        words = self._restored(_reflowed(words)).replace("\n", " ")
        if words:
            self.blocks.append(Block(text=words, level=level))

    def block(self, text: str) -> None:
        """A paragraph whose lines stay as they are."""
        self.flush()
        lines = [line.rstrip() for line in self._restored(text).split("\n")]
        kept = "\n".join(line for line in lines if line.strip())
        if kept:
            self.blocks.append(Block(text=kept))

    def one_line(self) -> str:
        """All of it in one line."""
        self.flush()
        return " ".join(block.text.replace("\n", " ") for block in self.blocks)

    def written(self) -> tuple[str, list[list[int]]]:
        """The text, and start, end and level of its headings."""
        self.flush()
        pieces: list[str] = []
        headings: list[list[int]] = []
        at, after_item = 0, False
        for block in self.blocks:
            gap = "" if not pieces else "\n" if block.is_item and after_item else "\n\n"
            at += len(gap)
            if block.level:
                headings.append([at, at + len(block.text), block.level])
            pieces += [gap, block.text]
            at += len(block.text)
            after_item = block.is_item
        return "".join([*pieces, "\n" if pieces else ""]), headings

    def _restored(self, text: str) -> str:
        if "\0" not in text:
            return text
        parts = text.split("\0")
        parts[1::2] = [self.verbatim.get(number, "") for number in parts[1::2]]
        return "".join(parts)


def _reflowed(text: str) -> str:
    """One line, but for the line ends that were asked for; none between Chinese characters."""
    if "\n" in text:
        text = _BETWEEN_ASIAN.sub("", text)
    text = _BEFORE_STOP.sub("", _BLANKS.sub(" ", text))
    lines = (line.strip() for line in text.split(NEW_LINE))
    return "\n".join(line for line in lines if line)
