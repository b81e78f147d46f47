"""Documents as trees > questions at every level, outlines, summaries of summaries, places and orders.

A tree of summaries bottom-up, read at different heights (Sarthi et al. 2024, "RAPTOR", arXiv
2401.18059), over the document's own structure. Local questions can carry the outline of their document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, ClassVar

import orjson

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.drawn import draw
from longgrain.recipes.hierarchy import wording
from longgrain.recipes.hierarchy.nodes import Group, Node, groups, nodes_of
from longgrain.recipes.hierarchy.places import paragraphed, placed, titled
from longgrain.recipes.hierarchy.speaking import RECIPE, Said
from longgrain.recipes.hierarchy.structure import built, lost, ordered, outlined
from longgrain.recipes.hierarchy.summaries import rehearsed, summed
from longgrain.recipes.hierarchy.wording import ASKING
from longgrain.recipes.in2 import In2
from longgrain.recipes.sections import Section, runs, sections
from longgrain.recipes.shares import counts
from longgrain.types import Draft, Dropped, Request, Slot

SHARES = {
    **{"sentence": 0.2, "paragraph": 0.12, "title": 0.12, "where": 0.14, "structure": 0.1},
    **{"outline": 0.1, "order": 0.12, "summary": 0.1},
}
# So many times the drafts that are wanted are made of questions at most, for checks may drop some.
SPARE, FEWEST = 2, 8


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """Questions about sentences, paragraphs, sections and whole parts, and outlines and summaries of them.

    ``shares`` of the kinds are scaled to 1. ``tokens`` bounds groups of neighbouring sections,
    ``section`` a single one. ``depth`` is the number of levels of an outline, ``outline_tokens`` its
    budget. ``outline_share`` of the local examples (sentence, paragraph, title) carry the outline of
    their document; those that ask where something is said always do. ``abstractive`` is the share
    of summaries that a language model writes where it is the teacher.
    """

    name: ClassVar[str] = RECIPE
    source: ClassVar[str] = "Sarthi et al. 2024 (RAPTOR), arXiv 2401.18059"

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    tokens: tuple[int, int] = (400, 3072)
    section: tuple[int, int] = (96, 2048)
    depth: int = 3
    outline_tokens: int = 512
    outline_share: float = 0.5
    abstractive: float = 1.0

    def __post_init__(self) -> None:
        unknown = sorted(set(self.shares) - set(SHARES))
        given = self.shares.values()
        if unknown or not any(given) or min(given) < 0:
            raise PlanError(
                f"hierarchy shares {dict(self.shares)!r}: kinds are {', '.join(SHARES)}, none may "
                "be below 0, and one must be above"
            )
        for label, (low, high) in (("tokens", self.tokens), ("section", self.section)):
            if not 1 <= low <= high:
                raise PlanError(
                    f"hierarchy {label} {[low, high]}: give least and most tokens, smaller first"
                )
        if self.depth < 1:
            raise PlanError(f"hierarchy depth {self.depth}: an outline has 1 level or more")
        if self.outline_tokens < 16:
            raise PlanError(
                f"hierarchy outline_tokens {self.outline_tokens}: no outline fits; give 16 or more"
            )
        for label, share in (
            ("outline_share", self.outline_share),
            ("abstractive", self.abstractive),
        ):
            if not 0 <= share <= 1:
                raise PlanError(f"hierarchy {label} {share}: a share lies in 0..1")

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Whole numbers by kind."""
        return counts(
            examples, {f"hierarchy-{kind}": self.shares.get(kind, 0.0) for kind in SHARES}
        )

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Drafts of one kind, spread over all documents of the side."""
        if kind == "hierarchy-sentence":
            yield from self._sentences(materials, wanted)
        elif kind in ("hierarchy-title", "hierarchy-paragraph", "hierarchy-where"):
            for node in self._sections(materials, named=kind != "hierarchy-paragraph"):
                yield from self._placed(kind, materials, node)
        else:
            yield from self._groups(kind, materials)

    def _groups(self, kind: str, materials: Materials) -> Iterator[Draft | Dropped]:
        """Drafts about groups whose members can be told apart; documents of one publisher begin alike."""
        made: set[str] = set()
        for group in groups(materials, self.tokens):
            if len({one.title for one in group.members}) < len(group.members):
                yield lost(group, "two sections of the group have the same heading")
                continue
            for item in self._grouped(kind, materials, group):
                told = item.answer if isinstance(item, Draft) else ""
                is_text = kind in ("hierarchy-outline", "hierarchy-summary")
                if is_text and told in made:
                    yield lost(group, "an equal text was made before")
                    continue
                made.update([told] if told else [])
                yield item

    def _grouped(self, kind: str, materials: Materials, group: Group) -> Iterator[Draft | Dropped]:
        if kind == "hierarchy-outline":
            yield from outlined(materials, group, depth=self.depth, tokens=self.outline_tokens)
        elif kind == "hierarchy-structure":
            yield from built(materials, group)
        elif kind == "hierarchy-order":
            yield from ordered(materials, group)
        else:
            drawn = draw(group.doc_id, group.grain.start, "written") / 2**64
            yield from summed(materials, group, materials.prompted and drawn < self.abstractive)

    def _placed(self, kind: str, materials: Materials, node: Node) -> Iterator[Draft | Dropped]:
        size: dict[str, Any] = {"depth": self.depth, "tokens": self.outline_tokens}
        if kind == "hierarchy-where":
            yield from placed(materials, node, **size)
            return
        carries = self._carries(kind, node.grain.doc_id, node.grain.start)
        told = titled if kind == "hierarchy-title" else paragraphed
        yield from told(materials, node, outline=carries, **size)

    def _carries(self, *parts: str | int) -> bool:
        """Whether a local example carries the outline of its document."""
        return draw(*parts, "outline") / 2**64 < self.outline_share

    def _sections(self, materials: Materials, *, named: bool) -> Iterator[Node]:
        """Sections as nodes; runs of grains behind them where no heading is needed."""
        found: Iterator[Section] = sections(materials, tokens=self.section)
        if not named:
            found = chain(found, runs(materials, tokens=self.section))
        for one in found:
            node = _node_of(materials, one)
            if node is not None:
                yield node

    def _sentences(self, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Questions of `in2` about one sentence, a share of them with the outline of its document."""
        found = 0
        for asked in In2().questions("hierarchy/sentence", materials, wanted, asking=ASKING):
            if isinstance(asked, Dropped):
                yield asked
                continue
            found += 1
            yield self._local(materials, asked)
            if found >= SPARE * wanted + FEWEST:  # facts are left for other recipes
                return

    def _local(self, materials: Materials, asked: Draft) -> Draft:
        [number] = asked.meta["evidence"]
        said = Said(
            materials=materials,
            kind="hierarchy-sentence",
            doc_id=materials.grain(number).doc_id,
            language=materials.language(number),
            numbers=[number],
            seed=asked.id,
        )
        spans = ()
        if self._carries(asked.id):
            spans, _ = said.outline(depth=self.depth, tokens=self.outline_tokens)  # type: ignore[assignment]
        question, answer = asked.messages[0].spans[-1], asked.messages[-1].spans[-1]
        assert not isinstance(question, Slot)
        assert not isinstance(answer, Slot)
        return said.draft(
            purpose=wording.LOCAL,
            before=(*spans, Slot()),
            question=question,
            answer=answer,
            said=asked.answer,
            form=str(asked.meta["form"]),
            layout="long",
            meta={**asked.meta, "kind": "hierarchy-sentence", "outlined": bool(spans)},
        )

    @staticmethod
    def rehearse(request: Request) -> str:
        """What a model would reply to `hierarchy.summary`, by rule."""
        words = rehearsed(request)
        return orjson.dumps({"summary": words}).decode() if words else ""


def _node_of(materials: Materials, section: Section) -> Node | None:
    """The node of a section; a run without a heading becomes one, whose title is never asked for."""
    if section.title:
        nodes = nodes_of(materials, section.doc_id)
        return next((one for one in nodes if one.grain == section.grain), None)
    return Node(
        grain=section.grain,
        body=section.body,
        path=("",),
        depth=1,
        numbers=section.numbers,
        heading=None,
        is_told=True,
    )
