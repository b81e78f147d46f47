"""Published functions > the name of the one that has a line: VaL Probing's code task."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from longgrain.probes import published
from longgrain.probes.items import Entry, Items
from longgrain.protocols import Ground
from longgrain.types import Measure, Question, Size

FILE = "code_functions.jsonl"
FOLDERS = ("pieces", "", "valprobing/pieces")
WORDS = {
    "en": (
        "Below are Python functions, each with some of its lines.",
        "Which function has this line?\n\n{mark}\n\nAnswer with the name of the function alone.",
    ),
    "zh": (
        "下面是一些 Python 函数，每个函数只列出其中几行。",
        "下面这一行属于哪个函数？\n\n{mark}\n\n只回答函数名。",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValCode:
    """Backward retrieval: the name stands before the line by which it is asked for."""

    name: ClassVar[str] = "val_code"
    source: ClassVar[str] = "FILM (arXiv 2404.16811), VaL Probing, code function retrieval"
    sizes: ClassVar[tuple[int, ...]] = (800,)
    unit: ClassVar[str] = "functions"
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 128

    drop_last_of_span: bool = False
    """Leaves out the last of every 50 places in average and gap, as the published script does."""

    @property
    def measure(self) -> Measure:
        """1 if the name stands in the reply."""
        settings = {"probe": "code", "drop_last_of_span": self.drop_last_of_span}
        return Measure(metric="valprobing", figure="val", settings=settings)

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size. PlanError without the published pieces, or rows like them."""
        ground.said["comparable"] = "no: contexts and prompts are not the published ones"
        rows = published.pieces(ground, self.name, self.unit, FILE, FOLDERS)
        pool = [
            Entry(
                text=f"def {row['function_name']}:\n{row['function_define']}",
                mark=str(row["piece"]),
                answer=str(row["function_name"]),
            )
            for row in rows
        ]
        opening, ask = WORDS[ground.language]

        def prompt(context: str, asked: Entry) -> str:
            said = published.filled(ask, mark=asked.mark)
            return "\n\n".join((opening, context, said)) if context else said

        items = Items(ground=ground, name=self.name, pool=pool, joint="\n\n", prompt=prompt)
        yield from items.ask(size, count)
