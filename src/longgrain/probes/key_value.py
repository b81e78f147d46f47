"""Pairs of identifiers, published or generated > a JSON object and the question for one value: Lost in the Middle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain import vocabulary
from longgrain.probes import published
from longgrain.probes.laying import Fitted, Fitter, Laid, inserted, place, question
from longgrain.protocols import Ground
from longgrain.types import Measure, Question, Size

FOLDERS = ("kv_retrieval_data", "")
WORDS = {
    "en": {
        "before": 'You will be asked for the value of the key "{key}".\n\n',
        "opening": "This JSON object maps one identifier to another.\n\n",
        "ask": 'Which value has the key "{key}"? Answer with the value alone.',
    },
    "zh": {
        "before": "稍后请回答键“{key}”对应的值。\n\n",
        "opening": "下面的 JSON 对象把一个标识符对应到另一个标识符。\n\n",
        "ask": "键“{key}”对应的值是什么？只回答这个值。",
    },
}


Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """The pair that is asked for, and as many others as are wanted."""

    gold: Pair
    others: Callable[[int], list[Pair]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyValue:
    """Reads a value out of a JSON object; nothing but looking up is needed.

    Of a published file every row is asked at each position; the gold pair is taken out and put in
    at the index of the position, as the published script does.
    """

    name: ClassVar[str] = "key_value"
    source: ClassVar[str] = "Lost in the Middle (arXiv 2307.03172), key-value retrieval"
    sizes: ClassVar[tuple[int, ...]] = (75, 140, 300)
    unit: ClassVar[str] = "pairs"
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 100

    query_first: bool = False
    """Whether the key also stands before the object."""

    @property
    def measure(self) -> Measure:
        """1 if the value stands in the reply, case aside."""
        return Measure(metric="subspan", figure="contains")

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size; from the published file where there is one of this size."""
        name = f"kv-retrieval-{size.items}_keys.jsonl.gz"
        rows = published.items(ground, name, FOLDERS) if size.items else None
        positions = published.positions(ground, size, published.PAIRS)
        published.tell(
            ground,
            f"{size.items:,} pairs" if size.items else f"{size.tokens:,} tokens",
            "the published file" if rows else "pairs generated from the seed",
            (
                "" if rows else "the pairs are not the published ones",
                "" if positions == published.PAIRS.get(size.items) else "other positions",
            ),
        )
        fitter = Fitter(ground=ground, size=size, least=1)
        if rows is None:
            for number in range(count):
                record = _generated(ground.random(self.name, size.tokens, size.items, number))
                yield self._question(ground, fitter, record, number % positions, positions)
            return
        order = ground.random(self.name, "order").permutation(len(rows)).tolist()
        for number in range(min(count, len(rows) * positions)):
            record = _of_row(rows[order[number // positions]])
            yield self._question(ground, fitter, record, number % positions, positions)

    def _question(
        self, ground: Ground, fitter: Fitter, record: _Record, position: int, positions: int
    ) -> Question:
        (key, value), gold = record.gold, _line(record.gold)

        def laid(count: int) -> Laid:
            lines = [_line(one) for one in record.others(count - 1)]
            return inserted(lines, gold, place(position, positions, count - 1), ",\n ")

        def build(count: int, _: int) -> str:
            return self._prompt(ground, key, laid(count).context)

        depths: tuple[float, ...] = ()
        if ground.context == "whole":
            prompt: Fitted | str = (fitted := fitter.fit(build))
            depths = laid(fitted.pieces).depths
        elif ground.context == "evidence":
            prompt = self._prompt(ground, key, gold)
        else:
            prompt = published.filled(WORDS[ground.language]["ask"], key=key)
        return question(
            ground,
            self.name,
            fitter.size,
            (key, value),
            prompt,
            (value,),
            positions=(position,),
            depths=depths,
        )

    def _prompt(self, ground: Ground, key: str, lines: str) -> str:
        words = WORDS[ground.language]
        before = words["before"] if self.query_first else ""
        own = f"{words['opening']}{before}{{formatted_kv_records}}\n\n{words['ask']}"
        aware = "_with_query_aware_contextualization" if self.query_first else ""
        template = published.prompt(ground, f"kv_retrieval{aware}", own)
        return published.filled(template, formatted_kv_records=f"{{{lines}}}", key=key)


def _line(pair: Pair) -> str:
    return f'"{pair[0]}": "{pair[1]}"'


def _of_row(row: Mapping[str, Any]) -> _Record:
    """A published row; its other pairs in their order, all of them."""
    gold = (str(row["key"]), str(row["value"]))
    others = [(str(key), str(value)) for key, value in row["ordered_kv_records"]]
    others.remove(gold)
    return _Record(gold=gold, others=lambda count: others[:count])


def _generated(random: Any) -> _Record:
    """Random UUIDs, as many as are wanted."""
    maker = vocabulary.Maker(random=random, language="en")
    gold = (maker.one("uuids"), maker.one("uuids"))
    made: list[Pair] = []

    def others(count: int) -> list[Pair]:
        while len(made) < count:
            made.append((maker.one("uuids"), maker.one("uuids")))
        return made[:count]

    return _Record(gold=gold, others=others)
