"""Passages and a summary of one > which passage was summed up: the Chinese retrieval of Never Lost in the Middle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.errors import PlanError
from longgrain.probes import published
from longgrain.probes.laying import OTHERS, Fitted, Fitter, Laid, inserted, place, question
from longgrain.protocols import Ground
from longgrain.types import Measure, Question, Size

PASSAGES, POSITIONS = 20, {20: 5}  # gold at 1, 5, 10, 15 and 20, counted from 1
FOLDERS = ("", "lost-retrieval-zh", "data")
_NUMBERED = re.compile(r"(?:^|\n\n)\[(\d+)\] ")
Row = Mapping[str, Any]
WORDS = {
    "en": {
        "opening": "Below are numbered passages, and after them a summary of one of them.",
        "ask": 'Summary: {summary}\n\nWhich passage was summed up? Answer with "Paragraph" and its number.',
    },
    "zh": {
        "opening": "下面是若干带编号的段落，最后给出其中一段的摘要。",
        "ask": "摘要：{summary}\n\n这份摘要出自哪一段？请回答“段落”加编号。",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageRetrieval:
    """Names the passage that a summary was made from, by the rule of LongBench's passage retrieval.

    The published contexts of 20 passages are asked as they are. At other lengths the gold passage
    stands among those of other rows.
    """

    name: ClassVar[str] = "passage_retrieval"
    source: ClassVar[str] = "Never Lost in the Middle (arXiv 2311.09198), Lost_Retrieval"
    sizes: ClassVar[tuple[int, ...]] = (PASSAGES,)
    unit: ClassVar[str] = "passages"
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 32

    rows: str = "passage_retrieval_zh_{position}.json"
    """The files in the data folder, the position from 1 for ``{position}``."""

    @property
    def measure(self) -> Measure:
        """Of the numbers in the reply the share that are the passage's: LongBench's rule for both."""
        return Measure(metric="longbench", figure="longbench", settings={"task": "count"})

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size, each row at all positions in turn. PlanError without data."""
        positions = published.positions(ground, size, POSITIONS)
        as_is = self._published(ground, size, positions)
        rows = as_is[0] if as_is else self._rows(ground, 0)
        if not rows:
            raise PlanError(
                f"passage_retrieval needs passages with summaries, and the data folder has no "
                f"{published.filled(self.rows, position='1')}: give the folder with --data, or "
                "--set rows=FILE for a file of your own, see docs/probe.md"
            )
        ground.said["comparable"] = "no: the prompt is in our own words"
        ground.said["contexts"] = "the published ones" if as_is else "rebuilt from all passages"
        fitter = Fitter(ground=ground, size=size, least=1, others=OTHERS)
        pool = sorted({one for row in rows for one in _passages(row).values()})
        order = ground.random(self.name, "order").permutation(len(rows)).tolist()
        for number in range(min(count, len(rows) * positions)):
            item, at = order[number // positions], (number % positions, positions)
            if as_is:
                yield self._as_published(ground, size, as_is[at[0]][item], at)
            else:
                yield self._rebuilt(ground, fitter, rows[item], pool, at)

    def _published(self, ground: Ground, size: Size, positions: int) -> list[list[Row]] | None:
        """The rows of each position in the published files, or None where one is missing."""
        if size.items != PASSAGES or positions != POSITIONS[PASSAGES]:
            return None
        found = [
            self._rows(ground, place(p, positions, PASSAGES - 1)) or [] for p in range(positions)
        ]
        return found if all(found) else None

    def _rows(self, ground: Ground, index: int) -> list[Row] | None:
        name = published.filled(self.rows, position=str(index + 1))
        return published.items(ground, name, FOLDERS)

    def _as_published(self, ground: Ground, size: Size, row: Row, at: tuple[int, int]) -> Question:
        context, (number, gold) = str(row["context"]).strip(), _gold(row)
        middle = context.index(f"[{number}] ") + len(gold) / 2
        laid = Laid(context=context, depths=(middle / len(context),))
        text = self._prompt(ground, row, laid.context)
        return self._asked(ground, size, row, text, laid, number, at)

    def _rebuilt(
        self, ground: Ground, fitter: Fitter, row: Row, pool: Sequence[str], at: tuple[int, int]
    ) -> Question:
        """The gold passage among any others."""
        gold = _gold(row)[1]
        order = ground.random(self.name, str(row["input"]), "others").permutation(len(pool))
        others = [pool[i] for i in order.tolist() if pool[i] != gold]

        def laid(count: int, other: int) -> tuple[Laid, int]:
            index = place(at[0], at[1], count - 1)
            if count - 1 > len(others):
                raise PlanError(
                    f"the data has {len(others):,} other passages, and a context of {count:,} needs "
                    "more: make it shorter, or give more rows"
                )
            taken = [others[(other + i) % len(others)] for i in range(count - 1)]
            listed = [*taken[:index], gold, *taken[index:]]
            said = [f"[{number}] {one}" for number, one in enumerate(listed, start=1)]
            rest = [*said[:index], *said[index + 1 :]]
            return inserted(rest, said[index], index, "\n\n"), index + 1

        def build(count: int, other: int) -> str:
            return self._prompt(ground, row, laid(count, other)[0].context)

        fitted = fitter.fit(build)
        found, number = laid(fitted.pieces, fitted.other)
        return self._asked(ground, fitter.size, row, fitted, found, number, at)

    def _asked(
        self,
        ground: Ground,
        size: Size,
        row: Row,
        said: Fitted | str,
        laid: Laid,
        number: int,
        at: tuple[int, int],
    ) -> Question:
        whole = ground.context == "whole"
        evidence = f"[{number}] {_gold(row)[1]}" if ground.context == "evidence" else ""
        return question(
            ground,
            self.name,
            size,
            (str(row["input"]),),
            said if whole else self._prompt(ground, row, evidence),
            (str(number),),
            positions=(at[0],),
            depths=laid.depths if whole else (),
        )

    def _prompt(self, ground: Ground, row: Row, passages: str) -> str:
        words = WORDS[ground.language]
        asked = published.filled(words["ask"], summary=str(row["input"]))
        return "\n\n".join((words["opening"], passages, asked)) if passages else asked


def _passages(row: Row) -> dict[int, str]:
    """The passages of a published context by their numbers; a few contexts lack one."""
    _, *parts = _NUMBERED.split(str(row["context"]).strip())
    return {int(n): words.strip() for n, words in zip(parts[::2], parts[1::2], strict=True)}


def _gold(row: Row) -> tuple[int, str]:
    """Number and words of the passage that was summed up."""
    number = int(row["pos_ids"][0])
    return number, _passages(row)[number]
