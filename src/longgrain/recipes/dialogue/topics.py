"""Questions about single grains > topics: what is answered, by which sentence, and what may be said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from longgrain.facts import Fact, Language, counts, plain, same_answer
from longgrain.grains import heading_title
from longgrain.protocols import Materials
from longgrain.recipes.dialogue import wording
from longgrain.recipes.misread import Misreadings
from longgrain.recipes.quoting import Said, is_readable, sentences_of
from longgrain.recipes.stated import Stated, counted, stated, told, what_of
from longgrain.types import Draft, Grain

# What somebody may misremember, and the sentence still makes sense: numbers and dates, and of names and
# terms those whose sort is known.
CHANGEABLE = ("number", "date")
SORTS = ("person", "place", "organisation", "code", "title")


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One question of the conversation with its answer and the sentence that gives it."""

    draft: Draft
    found: Stated
    said: Said
    materials: Materials

    @classmethod
    def of(cls, draft: Draft, materials: Materials) -> Topic | None:
        """None where the sentence of the answer cannot be quoted as a whole."""
        found, number = stated(draft, materials), draft.meta["evidence"][0]
        return cls.at(number, found, draft, materials) if found else None

    @classmethod
    def at(cls, number: int, found: Stated, draft: Draft, materials: Materials) -> Topic | None:
        """The same for a fact of one grain of a question about several."""
        own = [one for one in sentences_of(materials, number) if _same(one.grain, found.sentence)]
        if not own or not is_readable(own[0], draft.meta["language"]):
            return None
        return cls(draft=draft, found=found, said=own[0], materials=materials)

    @property
    def language(self) -> Language:
        """The language of its document."""
        return "zh" if self.draft.meta["language"] == "zh" else "en"

    @property
    def number(self) -> int:
        """The cut grain that its sentence stands in."""
        return self.said.number

    @property
    def what(self) -> str:
        """What kind of thing is answered: number, year, name; "answer" where no rule can tell."""
        if not self.found.kind or self.found.kind == "free":
            return wording.ANSWER[self.language]
        asked_for = str((self.draft.meta.get("blank") or {}).get("what", ""))
        if asked_for and "或" not in asked_for:
            return asked_for  # as the question itself calls it
        return what_of(self.found.kind, self.found.unit, self.language)

    @property
    def that(self) -> str:
        """How a later turn refers to the answer. Things have no gender and one number: that year."""
        if self.found.kind == "quote":
            return wording.THAT_QUOTE[self.language]
        return wording.THAT[self.language].format(what=self.what)

    @property
    def full(self) -> str:
        """The answer as it is said, with what it counts."""
        return self.in_full(self.found.answer) if self.found.kind == "number" else told(self.found)

    def in_full(self, answer: str) -> str:
        """An answer, a number with what that of this topic counts: "24 pages", "六个月"."""
        if self.found.kind != "number":
            return answer
        return counted(plain(answer), self.found.after, self.found.unit, self.language)

    @property
    def fact(self) -> Fact | None:
        """The number or date of the answer with its value."""
        return next(
            (
                one
                for one in counts(self.said.text, self.language)
                if one.kind == self.found.kind and plain(one.text) == plain(self.found.answer)
            ),
            None,
        )

    @cached_property
    def _around(self) -> tuple[list[Said], int]:
        """All sentences of its grain, and the place of its own."""
        own = sentences_of(self.materials, self.number)
        return own, next(n for n, one in enumerate(own) if _same(one.grain, self.said.grain))

    def beside(self, step: int) -> Said | None:
        """The sentence directly after (1) or before (-1) its own, in the same paragraph."""
        own, place = self._around
        if not 0 <= place + step < len(own):
            return None
        other = own[place + step]
        first, second = sorted((self.said.grain, other.grain), key=lambda one: one.start)
        text = self.materials.document(first.doc_id).text
        between = text[first.end : second.start]
        whole = is_readable(other, self.language) and not between.strip()
        return other if whole and "\n\n" not in between and "\n" not in between.strip(" ") else None

    def heading(self) -> tuple[str, Sequence[int]] | None:
        """The title of the nearest heading above its sentence, and the grains it stands in.

        None where there is none on this side, or it begins the sentence itself.
        """
        found, own = None, self.said.grain
        for node in self.materials.tree(own.doc_id):
            if node.start >= own.end:
                break
            found = node if node.kind == "heading" else found
        if found is None or found.start >= own.start:
            return None
        numbers = self.materials.numbers(found)
        return (heading_title(self.materials.words(found)), numbers) if numbers else None

    def misremembered(self) -> str:
        """Another number, date, name or term of the same sort; "" where there is none."""
        if self.found.kind not in CHANGEABLE and self.found.unit not in SORTS:
            return ""
        misreadings = Misreadings.of(self.materials)
        right = misreadings.right(self.draft, [self.said])
        others = misreadings.against(self.draft, right, [self.said]) if right else []
        able = (one.bare for one in others if right and one.unit == right.unit)
        return next((plain(one) for one in able if not same_answer(one, self.found.answer)), "")


def _same(one: Grain, other: Grain) -> bool:
    return (one.doc_id, one.start, one.end) == (other.doc_id, other.start, other.end)


def apart(one: Topic, other: Topic) -> int:
    """Tokens from the beginning of the first grain to the end of the last; of two documents a lot."""
    if one.said.grain.doc_id != other.said.grain.doc_id:
        return 1 << 30
    low, high = sorted((one.number, other.number))
    return sum(map(one.materials.length, range(low, high + 1)))


def disturbs(topics: Sequence[Topic], within: float) -> bool:
    """Whether a grain that might answer one question stands among the others' evidence, or near it.

    Near is what a context of so many tokens of the document in order could hold.
    """
    own = [topic.number for topic in topics]
    low, high = min(own), max(own)
    rivals = {number for topic in topics for number in topic.draft.meta["rivals"]}
    length = topics[0].materials.length
    return any(
        low <= one <= high or min(abs(one - low), abs(one - high)) * length(low) <= within
        for one in rivals
    )
