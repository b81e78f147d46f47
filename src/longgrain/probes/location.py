"""Held-out passages > the questions of `locate`: which passage answers, by number or by its headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from longgrain.probes.drafted import NEAR, Reading, enough, framed, turns, words_of
from longgrain.probes.laying import POSITIONS, Fitter, question
from longgrain.protocols import Ground
from longgrain.types import Draft, Measure, Question, Size

KINDS = {"number": "locate-index", "heading": "locate-path"}
# Passages of the recipe's own contexts, which are laid anew here.
FEW = {"passages": [3, 3]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a question is answered, as the recipe asks for it: say it again, name the place, answer.

    Passages stand under numbers with their headings, or under their headings alone; no two of
    those have the path of the evidence. The place alone is scored.
    """

    name: ClassVar[str] = "location"
    source: ClassVar[str] = "Never Lost in the Middle (arXiv 2311.09198), PAM-QA, by rule"
    sizes: ClassVar[tuple[int, ...]] = ()
    unit: ClassVar[str] = ""
    controls: ClassVar[tuple[str, ...]] = ("evidence", "none")
    reply_tokens: ClassVar[int] = 384

    by: Literal["number", "heading"] = "number"
    """What names a passage."""
    near: int = NEAR
    """Passages nearest to the question that are laid among the others."""

    @property
    def measure(self) -> Measure:
        """Whether the reply names the place and no other."""
        return Measure(metric="location", figure="located")

    def ask(self, ground: Ground, size: Size, count: int) -> Iterator[Question]:
        """Questions of one size; PlanError where the documents give none or do not suffice."""
        fitter = Fitter(ground=ground, size=size)
        positions = ground.positions or POSITIONS
        found = ground.drafts("locate", KINDS[self.by], **FEW)
        drafts = enough(found, f"question whose place can be named by its {self.by}")
        for draft, at in turns(drafts, positions, count):
            yield self._question(ground, fitter, draft, at, positions)

    def _question(
        self, ground: Ground, fitter: Fitter, draft: Draft, at: tuple[int, ...], positions: int
    ) -> Question:
        (evidence,) = draft.meta["evidence"]
        path = _path(ground, evidence)
        by_number = self.by == "number"
        reading = Reading(
            fitter=fitter,
            draft=draft,
            evidence=(evidence,),
            at=at,
            positions=positions,
            prompt=framed(words_of(draft)),
            near=self.near,
            leaves_out=lambda one: not by_number and _path(ground, one) in ("", path),
            shown=lambda one: _headed(ground, one, by_number),
            joined=_numbered if by_number else _under,
        )
        place = f"[{reading.places[0]}]" if by_number else path
        return question(
            ground,
            self.name,
            fitter.size,
            (self.by, draft.id),
            reading.said(),
            (place,),
            positions=at,
            depths=reading.depths,
            row={"form": draft.meta["form"]},
        )


def _path(ground: Ground, number: int) -> str:
    """Title and headings over a grain: ``Title > Chapter > Section``."""
    materials = ground.materials
    title = str(materials.document(materials.grain(number).doc_id).meta.get("title") or "")
    parts = dict.fromkeys(" ".join(one.split()) for one in (title, *materials.headings(number)))
    return " > ".join(one for one in parts if one)


def _headed(ground: Ground, number: int, by_number: bool) -> str:
    words = f"{_path(ground, number)}\n{ground.materials.text(number)}"
    return words if by_number else f"# {words}"


def _numbered(parts: Sequence[tuple[int, str]]) -> str:
    return "\n\n".join(f"[{number}] {words}" for number, words in parts)


def _under(parts: Sequence[tuple[int, str]]) -> str:
    return "\n\n".join(words for _, words in parts)
