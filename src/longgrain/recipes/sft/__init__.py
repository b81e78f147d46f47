"""Documents and the user's own rows > instruction pairs for eight tasks, with task data beside them.

The path that teams walk to fine-tuning data: passages collected and cleaned, instruction, response,
annotation by rule, teacher or table, review, balance. Splitting, checks, rows and exports are the
run's own. A passage is quoted whole in its message; contexts made of many passages are `in2`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.sections import Section
from longgrain.recipes.sft import taught
from longgrain.recipes.sft.balance import balanced
from longgrain.recipes.sft.classification import RULES, classifications
from longgrain.recipes.sft.continuation import continuations
from longgrain.recipes.sft.conversing import conversations
from longgrain.recipes.sft.entities import TYPES, called, entities, gazetteer_of
from longgrain.recipes.sft.extraction import extractions, record_of
from longgrain.recipes.sft.found import marked
from longgrain.recipes.sft.item import Item
from longgrain.recipes.sft.own import Own
from longgrain.recipes.sft.passages import paragraphs, whole_sections
from longgrain.recipes.sft.questions import answers, dialogues
from longgrain.recipes.sft.rehearsed import rehearse
from longgrain.recipes.sft.review import reviewed
from longgrain.recipes.sft.rewriting import rewritings
from longgrain.recipes.sft.summary import summaries
from longgrain.recipes.sft.taught import Passage
from longgrain.recipes.shares import counts, sound
from longgrain.types import Draft, Dropped

# Dialogues come first: they need two questions in one section that nobody has asked yet.
SHARES = {
    "dialogue": 0.08,
    "qa": 0.22,
    "summary": 0.14,
    "extraction": 0.12,
    "classification": 0.14,
    "entities": 0.14,
    "rewriting": 0.08,
    "continuation": 0.08,
    "own": 0.3,
}
KNOWN_TYPES = sorted({kind for names in TYPES.values() for kind in names})


@dataclass(frozen=True, kw_only=True)
class Sft:
    """Question answering, summary, extraction, classification, entities, rewriting, continuation, dialogue.

    ``shares`` of the tasks are scaled to 1; ``own`` is that of the user's rows. ``tokens`` bounds
    the sections of summaries and dialogues, ``passage`` the tokens around a question.

    ``rows`` are files of the user's, ``classes`` the labels that may be, ``long`` the share of rows
    with a passage that get a long context, ``around`` its tokens where the passage is in no
    document. ``classify`` are the rules of classification (statement, heading, keywords, folder,
    meta:FIELD), ``keywords`` the words of each class. ``entities`` are the types that rules look
    for (all if None), ``gazetteer`` a file of names. ``balance`` says by what tasks are balanced,
    ``wordings`` in how many instructions each item is asked, ``review`` is a filled review sheet.
    """

    name: ClassVar[str] = "sft"
    source: ClassVar[str] = "common practice; formats of Alpaca, ShareGPT and SQuAD"

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    tokens: tuple[int, int] = (80, 1500)
    passage: int = 400
    rows: str | tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    long: float = 1.0
    around: tuple[int, int] = (1024, 4096)
    classify: tuple[str, ...] = ("statement", "heading")
    keywords: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    entities: tuple[str, ...] | None = None
    gazetteer: str = ""
    balance: Literal["class", "difficulty", "both", "none"] = "both"
    wordings: int = 1
    review: str = ""

    def __post_init__(self) -> None:
        sound("sft", self.shares, SHARES, are="tasks are")
        if self.shares.get("own") and self.shares != SHARES and not self._files:
            raise PlanError(
                "sft asks for a share of own rows but names no file; set rows: FILE, or own: 0"
            )
        for name, bounds, least in (("tokens", self.tokens, 1), ("around", self.around, 64)):
            if not least <= bounds[0] <= bounds[1]:
                raise PlanError(
                    f"sft {name} {list(bounds)}: give two numbers from {least}, smaller first"
                )
        if self.passage < 16 or not 1 <= self.wordings <= 5 or not 0 <= self.long <= 1:
            raise PlanError(
                f"sft passage {self.passage}, wordings {self.wordings}, long {self.long}: a passage "
                "has 16 tokens or more, there are 1 to 5 wordings, and long is a share from 0 to 1"
            )
        self._check_classes()

    def _check_classes(self) -> None:
        unknown = [one for one in self.classify if one not in RULES and not one.startswith("meta:")]
        if unknown or not self.classify:
            raise PlanError(
                f"sft classify {list(self.classify)!r}: rules are {', '.join(RULES)} and meta:FIELD; "
                "name at least one"
            )
        if ("keywords" in self.classify) != bool(self.keywords) or len(self.keywords) == 1:
            raise PlanError(
                "sft keywords: give at least two classes with their words, and keywords among the "
                "rules of classify, or neither"
            )
        unknown = [one for one in self.entities or () if one not in KNOWN_TYPES]
        if unknown or (self.entities == () and not self.gazetteer):
            raise PlanError(
                f"sft entities {list(self.entities or ())!r}: types are {', '.join(KNOWN_TYPES)}; name "
                "some of them, or a gazetteer of your own"
            )

    @property
    def _files(self) -> tuple[str, ...]:
        if isinstance(self.rows, str):
            return (self.rows,) if self.rows else ()
        return self.rows

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Whole numbers by task; without rows of the user's their share goes to the others."""
        shares = {task: self.shares.get(task, 0.0) for task in SHARES}
        if not self._files:
            shares["own"] = 0.0
        return {f"sft-{task}": count for task, count in counts(examples, shares).items()}

    rehearse = staticmethod(rehearse)

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Drafts of one task, reviewed and balanced."""
        task = kind.removeprefix("sft-")
        review = materials.path(self.review) if self.review else None
        found = reviewed(self._found(task, materials, wanted), review, materials)
        yield from balanced(found, materials, wanted, self.balance)

    def _found(self, task: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        if task == "own":
            files = [materials.path(name) for name in self._files]
            own = Own(files=files, classes=self.classes, long=self.long, around=self.around)
            yield from own.drafts(materials)
        elif task == "qa":
            yield from answers(materials, wanted, self.passage)
        elif task == "dialogue":
            made = conversations if materials.prompted else dialogues
            yield from made(materials, wanted, self.tokens)
        else:
            for item in self._items(task, materials, wanted):
                if isinstance(item, Dropped):
                    yield item
                else:
                    yield from (item.draft(materials, turn) for turn in range(self.wordings))

    def _items(self, task: str, materials: Materials, wanted: int) -> Iterable[Item | Dropped]:
        if materials.prompted and (task != "classification" or self.classes):
            return self._taught(task, materials, wanted)
        if task == "summary":
            return summaries(materials, self.tokens)
        if task == "extraction":
            return extractions(materials)
        if task == "classification":
            return classifications(materials, self.classify, self.keywords, self.classes)
        if task == "entities":
            return entities(materials, self._gazetteer(materials), self.entities)
        return rewritings(materials) if task == "rewriting" else continuations(materials)

    def _taught(self, task: str, materials: Materials, wanted: int) -> Iterable[Item | Dropped]:
        """What a language model is asked for; how a text goes on is in the document itself."""
        if task == "continuation":
            return continuations(materials)
        if task == "summary":
            sections = _sections(materials, self.tokens)
            return taught.asked(materials, wanted, task, sections, taught.summary)
        found = _paragraphs(materials, task)
        if task == "classification":
            read = taught.classification(self.classes)
            return taught.asked(
                materials, wanted, task, found, read, lambda _: {"classes": list(self.classes)}
            )
        if task == "entities":
            names = self._gazetteer(materials)
            return taught.asked(
                materials, wanted, task, found, taught.entities(self.entities, names),
                lambda language: {"types": list(called(language, names, self.entities).values())},
            )  # fmt: skip
        read = taught.extraction if task == "extraction" else taught.rewriting
        return taught.asked(materials, wanted, task, found, read)

    def _gazetteer(self, materials: Materials) -> dict[str, list[str]]:
        return gazetteer_of(materials.path(self.gazetteer)) if self.gazetteer else {}


def _sections(materials: Materials, tokens: tuple[int, int]) -> Iterator[Passage | Dropped]:
    for one in whole_sections(materials, tokens):
        if isinstance(one, Section):
            yield Passage(grain=one.body, text=materials.words(one.body), language=one.language)
        else:
            yield one


def _paragraphs(materials: Materials, task: str) -> Iterator[Passage]:
    """Of records and entities, only paragraphs in which rules find some: a reply costs money."""
    for one in paragraphs(materials, task):
        language = str(materials.document(one.doc_id).meta["language"])
        text = materials.words(one)
        barren = task == "extraction" and not any(record_of(text, language).values())
        if barren or (task == "entities" and not marked(text, language, names=True)):
            continue
        yield Passage(grain=one, text=text, language=language)
