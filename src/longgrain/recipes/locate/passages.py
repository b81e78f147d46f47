"""Questions and how many passages to show > the passages, near and far, none of which answers too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from longgrain.facts import holds
from longgrain.protocols import Materials
from longgrain.recipes.drawn import drawn
from longgrain.recipes.quoting import rests_on
from longgrain.recipes.retrieve.passages import affordable, head, ordered
from longgrain.types import Draft, Given, Role, Span

# Tokens that instruction, question and reply may take in a row beside the passages.
AROUND = 768


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Grain numbers in the order shown, numbered from 1; ``evidence`` are those that answer."""

    numbers: tuple[int, ...]
    evidence: tuple[int, ...]
    by_path: bool = False

    def place(self, number: int) -> int:
        """The number that a grain is shown under."""
        return self.numbers.index(number) + 1

    def spans(self, materials: Materials) -> Iterator[Span]:
        """Of each passage its head, its words and a blank line."""
        for place, number in enumerate(self.numbers, 1):
            text = path_of(number, materials) if self.by_path else _head(place, number, materials)
            role: Role = "evidence" if number in self.evidence else "distractor"
            yield _given("metadata", f"# {text}\n" if self.by_path else f"{text}\n")
            yield Span(role=role, origin=materials.grain(number))
            yield _given("glue", "\n\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chooser:
    """Chooses passages for one side: ``size`` of them at least and at most, within ``budget`` tokens.

    The share ``near`` is taken from the grains nearest to the question, the rest from anywhere.
    """

    materials: Materials
    size: tuple[int, int]
    near: float
    budget: int

    def shown(
        self, drafts: Sequence[Draft], turn: int, *, withheld: Sequence[Draft] = (), path: bool
    ) -> Shown | str:
        """Passages for the questions of ``drafts``, without the evidence of those ``withheld``.

        Or why there are too few. With ``path`` no two passages have the path of the evidence.
        """
        evidence = [
            number for draft in drafts if draft not in withheld for number in draft.meta["evidence"]
        ]
        evidence = list(dict.fromkeys(evidence))
        if path and not all(map(self.materials.headings, evidence)):
            return "the evidence stands under no heading"
        size = self.size[0] + drawn(self.size[1] - self.size[0] + 1, "locate", drafts[0].id)
        others = self._others(drafts, withheld, evidence, size - len(evidence), path)
        room = self.materials.longest - AROUND
        able = affordable(others, evidence, min(self.budget or room, room), self.materials)
        if able is None:
            return "the evidence alone is longer than the budget for passages"
        cut = len(able) < len(others)
        if len(able) + len(evidence) < (len(evidence) + 1 if cut else self.size[0]):
            return "there are fewer passages than asked for that leave the question open"
        # Evidence goes to its places over all turns evenly, those around it in an order of their own.
        found = ordered(evidence, able, (), turn=turn, order="shuffled")
        return Shown(numbers=found.numbers, evidence=tuple(evidence), by_path=path)

    def _others(
        self,
        drafts: Sequence[Draft],
        withheld: Sequence[Draft],
        evidence: Sequence[int],
        wanted: int,
        path: bool,
    ) -> list[int]:
        """Passages that answer none of the questions: the near ones first."""
        out = {number for one in drafts for key in OUT for number in one.meta[key]}
        ranked = [one for some in zip_longest(*(d.meta["hard"] for d in drafts)) for one in some]
        near = [one for one in dict.fromkeys(ranked) if one is not None]
        paths = {path_of(one, self.materials) for one in evidence} if path else set()
        found: dict[int, None] = {}
        for most, numbers in ((round(self.near * wanted), near), (wanted, self._anywhere(drafts))):
            able = (one for one in numbers if one not in out and one not in found)
            for number in able:
                if len(found) >= most:
                    break
                if self._leaves_open(number, withheld, paths):
                    found[number] = None
        return list(found)

    def _anywhere(self, drafts: Sequence[Draft]) -> Iterator[int]:
        """Grains in the language of the question, from another place of the side each time."""
        grains, language = self.materials.grains, drafts[0].meta["language"]
        start = drawn(len(grains), "anywhere", drafts[0].id)
        turned = (grains[(start + step) % len(grains)] for step in range(len(grains)))
        return (one for one in turned if self.materials.language(one) == language)

    def _leaves_open(self, number: int, withheld: Sequence[Draft], paths: set[str]) -> bool:
        if paths and path_of(number, self.materials) in paths:
            return False
        text = self.materials.text(number) if withheld else ""
        return not any(holds(text, one.answer) for one in withheld)


OUT = ("evidence", "rivals")


def path_of(number: int, materials: Materials) -> str:
    """Title and headings over a grain: ``Title > Chapter > Section``."""
    return _head(0, number, materials).removeprefix("[0]").strip()


def stands_under(draft: Draft, materials: Materials) -> bool:
    """Whether the sentence that answers stands under the headings that its grain begins under."""
    number = draft.meta["evidence"][0]
    begin = materials.grain(number)
    quotes = rests_on(draft, materials)
    end = quotes[0].grain.end if quotes else begin.end
    inside = (
        begin.start < one.start < end
        for one in materials.tree(begin.doc_id)
        if one.kind == "heading"
    )
    return not any(inside)


def _head(place: int, number: int, materials: Materials) -> str:
    title = str(materials.document(materials.grain(number).doc_id).meta.get("title") or "")
    return head(place, title, materials.headings(number))


def _given(role: Role, text: str) -> Span:
    return Span(role=role, origin=Given(source="longgrain.locate", id=role), text=text)
