"""A run > one JSONL file of chat messages a side, for trainers that render and mask themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import orjson

from longgrain.errors import RunError
from longgrain.exports.columns import Run, repeated, whole
from longgrain.types import SIDES, Example, Message, Side, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Jsonl:
    """Writes ``train.jsonl`` and so on: ``{"id", "messages": [{"role", "content"}], "meta"}``.

    The view that is trained on is ``messages``; other views stand under their own names, such as
    ``teacher``. Of a preference pair, both do: ``chosen`` and ``rejected``. Raw text is ``text`` instead of messages. Roles of spans and loss weights do
    not fit into messages: for those take an export of rows.
    """

    name: ClassVar[str] = "jsonl"

    def write(self, run: Run, folder: Path) -> list[Path]:
        """The files of the sides that have examples; RunError if none has."""
        texts = run.texts()
        paths = [Path(folder) / f"{side}.jsonl" for side in SIDES]
        written = [
            path
            for side, path in zip(SIDES, paths, strict=True)
            if _write_side(run, texts, side, path)
        ]
        if not written:
            raise RunError(
                "the run has no examples, so there is nothing to export: see its dropped.parquet "
                "for why they did not go on, then build again"
            )
        return written


def _write_side(run: Run, texts: Mapping[str, str], side: Side, path: Path) -> bool:
    """Whether there was any example to write."""
    examples = repeated(run, side)
    first = next(examples, None)
    if first is None:
        return False
    with whole(path) as part, part.open("wb") as file:
        file.write(_line(first, texts))
        file.writelines(_line(example, texts) for example in examples)
    return True


def _line(example: Example, texts: Mapping[str, str]) -> bytes:
    meta = {
        "recipe": example.recipe,
        "seed": example.seed,
        "side": example.side,
        "doc_ids": example.doc_ids,
        "depths": example.depths,
        "lineage": example.lineage,
    }
    value: dict[str, Any] = {"id": example.id}
    for number, (view, messages) in enumerate(example.views.items()):
        plain = number == 0 and "rejected" not in example.views
        if [message.speaker for message in messages] == ["text"]:
            value["text" if plain else view] = _content(messages[0], texts)
        else:
            turns = [{"role": m.speaker, "content": _content(m, texts)} for m in messages]
            value["messages" if plain else view] = turns
    return orjson.dumps(value | {"meta": meta}, default=dict, option=orjson.OPT_APPEND_NEWLINE)


def _content(message: Message, texts: Mapping[str, str]) -> str:
    return "".join(span.words(texts) for span in message.spans if isinstance(span, Span))
