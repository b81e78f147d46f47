"""Published entities > label and description of the one with an id: VaL Probing's database task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.probes import published
from longgrain.probes.items import Entry, Items
from longgrain.protocols import Ground
from longgrain.types import Measure, Question, Size

FILE = "database_entities.jsonl"
FOLDERS = ("pieces", "", "valprobing/pieces")
WORDS = {
    "en": (
        "Below are the entries of a database.",
        "What are the label and the description of the entry with the id {id}?",
    ),
    "zh": (
        "下面是一个数据库中的条目。",
        "id 为 {id} 的条目，其 label 和 description 是什么？",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValDatabase:
    """Forward retrieval: label and description stand behind the id by which they are asked for."""

    name: ClassVar[str] = "val_database"
    source: ClassVar[str] = "FILM (arXiv 2404.16811), VaL Probing, database entity retrieval"
    sizes: ClassVar[tuple[int, ...]] = (750,)
    unit: ClassVar[str] = "entities"
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 128

    drop_last_of_span: bool = False
    """Leaves out the last of every 50 places in average and gap, as the published script does."""

    @property
    def measure(self) -> Measure:
        """1 if the label or the description stands in the reply, case aside."""
        settings = {"probe": "database", "drop_last_of_span": self.drop_last_of_span}
        return Measure(metric="valprobing", figure="val", settings=settings)

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size. PlanError without the published pieces, or rows like them."""
        ground.said["comparable"] = "no: contexts and prompts are not the published ones"
        rows = published.pieces(ground, self.name, self.unit, FILE, FOLDERS)
        pool = [_entry(row) for row in rows if row.get("label") and row.get("dcpt")]
        opening, ask = WORDS[ground.language]

        def prompt(context: str, asked: Entry) -> str:
            said = published.filled(ask, id=asked.row["id"])
            return "\n\n".join((opening, context, said)) if context else said

        items = Items(ground=ground, name=self.name, pool=pool, joint="\n", prompt=prompt)
        yield from items.ask(size, count)


def _entry(row: Mapping[str, Any]) -> Entry:
    label, described = str(row["label"]), str(row["dcpt"])
    return Entry(
        text=f"<id: {row['id']}, label: {label}, description: {described}>",
        mark=f"<id: {row['id']},",
        answer=label,
        row={"id": str(row["id"]), "label": label, "description": described},
    )
