"""Questions with their gold passage > the passage among others, and the question: Lost in the Middle's QA."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from longgrain.errors import PlanError
from longgrain.probes import published
from longgrain.probes.laying import OTHERS, Fitted, Fitter, Laid, inserted, place, question
from longgrain.protocols import Ground
from longgrain.types import Measure, Question, Size

ORACLE = "nq-open-oracle.jsonl.gz"
FOLDERS = ("qa_data", "")
Row = Mapping[str, Any]
WORDS = {
    "en": {
        "document": "Document [{number}](Title: {title}) {text}",
        "before": "Question: {question}\n\n",
        "opening": "Answer the question from the documents below; some of them have nothing to do with it.\n\n",
        "ask": "\n\nQuestion: {question}\nAnswer in a few words:",
    },
    "zh": {
        "document": "文档[{number}]（标题：{title}）{text}",
        "before": "问题：{question}\n\n",
        "opening": "请根据下面的文档回答问题，其中有些文档与问题无关。\n\n",
        "ask": "\n\n问题：{question}\n请用几个词回答：",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiDocQA:
    """Answers from one passage among many.

    Published contexts are asked as they are where the data folder has them for every position of a
    size. Else contexts are rebuilt: the gold passage of a row among those of other rows that hold
    none of its answers, in random order. A file of your own rows goes the same way.
    """

    name: ClassVar[str] = "multidoc_qa"
    source: ClassVar[str] = "Lost in the Middle (arXiv 2307.03172), multi-document QA on NQ-Open"
    sizes: ClassVar[tuple[int, ...]] = (10, 20, 30)
    unit: ClassVar[str] = "documents"
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 100

    query_first: bool = False
    """Whether the question also stands before the documents."""
    rows: str = ORACLE
    """The file in the data folder whose gold passages contexts are rebuilt from."""

    @property
    def measure(self) -> Measure:
        """best_subspan_em: an answer stands in the first line of the reply, normalised."""
        return Measure(metric="subspan", figure="best_subspan_em")

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size, each row at all positions in turn. PlanError without data."""
        positions = published.positions(ground, size, published.PASSAGES)
        fitter = Fitter(ground=ground, size=size, least=1, others=OTHERS)
        known = self._published(ground, size, positions)
        rows = known[0] if known else published.items(ground, self.rows, FOLDERS)
        if not rows:
            raise PlanError(
                f"multidoc_qa needs questions with passages, and the data folder has no "
                f"{self.rows}: give Lost in the Middle's folder with --data, or a file of your own "
                "with --set rows=FILE, see docs/probe.md"
            )
        _tell(ground, size, as_published=known is not None, positions=positions)
        pool = [] if known else [_passage(row) for row in rows]
        order = ground.random(self.name, "order").permutation(len(rows)).tolist()
        for number in range(min(count, len(rows) * positions)):
            item, position = order[number // positions], number % positions
            at = (position, positions)
            if known:
                yield self._as_published(ground, size, known[position][item], at)
            else:
                yield self._rebuilt(ground, fitter, rows[item], pool, at)

    def _published(self, ground: Ground, size: Size, positions: int) -> list[list[Row]] | None:
        """The published rows for each position of a size, or None where a file is missing."""
        k = size.items
        names = [
            f"{k}_total_documents/nq-open-{k}_total_documents_gold_at_{place(p, positions, k - 1)}"
            for p in range(positions)
        ]
        files = [f"{name}.jsonl.gz" for name in names]
        if not k or not all(any(ground.has(f"{f}/{name}") for f in FOLDERS) for name in files):
            return None
        return [published.items(ground, name, FOLDERS) or [] for name in files]

    def _as_published(self, ground: Ground, size: Size, row: Row, at: tuple[int, int]) -> Question:
        """Its passages in their order; the gold one is where the file says it is."""
        passages = [(str(one["title"]), str(one["text"])) for one in row["ctxs"]]
        gold = next(i for i, one in enumerate(row["ctxs"]) if one.get("isgold"))
        others = passages[:gold] + passages[gold + 1 :]
        laid = self._laid(ground, others, passages[gold], gold)
        return self._asked(ground, size, row, passages[gold], laid, None, at)

    def _rebuilt(
        self,
        ground: Ground,
        fitter: Fitter,
        row: Row,
        pool: Sequence[tuple[str, str]],
        at: tuple[int, int],
    ) -> Question:
        """The gold passage among those of other rows."""
        gold = _passage(row)
        fit = _Others(ground, row, gold, pool)

        def laid(count: int, other: int) -> Laid:
            index = place(at[0], at[1], count - 1)
            return self._laid(ground, fit.taken(count - 1, other), gold, index)

        def build(count: int, other: int) -> str:
            return self._prompt(ground, str(row["question"]), laid(count, other).context)

        if ground.context != "whole":
            return self._asked(ground, fitter.size, row, gold, None, None, at)
        fitted = fitter.fit(build)
        found = laid(fitted.pieces, fitted.other)
        return self._asked(ground, fitter.size, row, gold, found, fitted, at)

    def _asked(
        self,
        ground: Ground,
        size: Size,
        row: Row,
        gold: tuple[str, str],
        laid: Laid | None,
        fitted: Fitted | None,
        at: tuple[int, int],
    ) -> Question:
        asked, whole = str(row["question"]), ground.context == "whole"
        prompt: Fitted | str
        if fitted:
            prompt = fitted
        elif ground.context == "none":
            prompt = self._closed(ground, asked)
        elif laid and whole:
            prompt = self._prompt(ground, asked, laid.context)
        else:
            prompt = self._prompt(ground, asked, _document(ground, 1, gold))
        return question(
            ground,
            self.name,
            size,
            (asked, *gold),
            prompt,
            [str(one) for one in row["answers"]],
            positions=(at[0],),
            depths=laid.depths if laid and whole else (),
        )

    def _laid(
        self,
        ground: Ground,
        others: Sequence[tuple[str, str]],
        gold: tuple[str, str],
        index: int,
    ) -> Laid:
        """Numbered documents, one a line."""
        listed = [*others[:index], gold, *others[index:]]
        said = [_document(ground, number, one) for number, one in enumerate(listed, start=1)]
        return inserted([*said[:index], *said[index + 1 :]], said[index], index, "\n")

    def _prompt(self, ground: Ground, asked: str, documents: str) -> str:
        words = WORDS[ground.language]
        before = words["before"] if self.query_first else ""
        own = f"{words['opening']}{before}{{search_results}}{words['ask']}"
        aware = "_with_query_aware_contextualization" if self.query_first else ""
        template = published.prompt(ground, f"qa{aware}", own)
        return published.filled(template, search_results=documents, question=asked)

    def _closed(self, ground: Ground, asked: str) -> str:
        """The question alone."""
        own = WORDS[ground.language]["ask"].strip()
        return published.filled(published.prompt(ground, "closedbook_qa", own), question=asked)


@dataclass(slots=True)
class _Others:
    """Passages of other rows for one question, in an order of its own."""

    ground: Ground
    row: Row
    gold: tuple[str, str]
    pool: Sequence[tuple[str, str]]

    def taken(self, count: int, other: int) -> list[tuple[str, str]]:
        """So many that hold no answer; ``other`` are passed over first. PlanError."""
        found = self._found(count + other)
        if len(found) < count:
            raise PlanError(
                f"the data has {len(found):,} passages without an answer to a question, and a "
                f"context of {count + 1:,} needs more: make it shorter, or give more rows"
            )
        return [found[(other + i) % len(found)] for i in range(count)]

    def _found(self, count: int) -> list[tuple[str, str]]:
        answers = [str(one).lower() for one in self.row["answers"]]
        random = self.ground.random("multidoc_qa", str(self.row["question"]), "others")
        found: dict[str, tuple[str, str]] = {}
        for number in random.permutation(len(self.pool)).tolist():
            title, text = self.pool[number]
            if title != self.gold[0] and not any(one in text.lower() for one in answers):
                found.setdefault(text, (title, text))
            if len(found) == count:
                break
        return list(found.values())


def _passage(row: Row) -> tuple[str, str]:
    """Title and text of the gold passage."""
    gold = next((one for one in row["ctxs"] if one.get("isgold")), row["ctxs"][0])
    return str(gold.get("title") or ""), str(gold["text"])


def _document(ground: Ground, number: int, passage: tuple[str, str]) -> str:
    form = WORDS[ground.language]["document"]
    return published.filled(form, number=str(number), title=passage[0], text=passage[1])


def _tell(ground: Ground, size: Size, *, as_published: bool, positions: int) -> None:
    rebuilt = (
        "contexts are rebuilt from other questions' passages, which is easier than passages that "
        "were retrieved for the question"
    )
    published.tell(
        ground,
        f"{size.items:,} documents" if size.items else f"{size.tokens:,} tokens",
        "the published files"
        if as_published
        else "the gold passages of other questions, in random order",
        (
            "" if as_published else rebuilt,
            "" if positions == published.PASSAGES.get(size.items) else "other positions",
        ),
    )
