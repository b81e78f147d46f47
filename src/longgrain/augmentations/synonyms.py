"""A draft > the same with a few words of its question, instruction or evidence exchanged for their equals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import ClassVar, Literal

from longgrain.augmentations.guarded import guarded, is_free
from longgrain.augmentations.homes import resting_on_words, with_homes
from longgrain.augmentations.pairs import PAIRS
from longgrain.augmentations.spoken import (
    draw,
    grains_in,
    language_of,
    marked,
    own_spans,
    with_spans,
    with_text,
)
from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.scripts import is_traditional, simplified, traditional
from longgrain.types import Draft, Span

Where = Literal["instruction", "question", "evidence"]
NOTHING = "no word that may be exchanged"
# Start, end, the words there, the words to put there.
Exchange = tuple[int, int, str, str]


@dataclass(frozen=True, kw_only=True)
class Synonyms:
    """Words and turns of phrase of a list of pairs, never inside quotes, names, facts or answers."""

    name: ClassVar[str] = "synonyms"
    takes: ClassVar[int] = 1
    reforms: ClassVar[bool] = False

    where: tuple[Where, ...] = ("instruction", "question")
    """Which words: instruction, question, evidence (that of messages that quote it themselves)."""
    most: int = 3
    """Exchanges in one draft at most; in evidence, in one passage."""
    pairs: Mapping[Literal["en", "zh"], Mapping[str, str]] = field(default_factory=dict)
    """More pairs, by language; one that is given here takes the place of ours."""

    def __post_init__(self) -> None:
        if not self.where or self.most < 1:
            raise PlanError(
                f"synonyms where {list(self.where)}, most {self.most}: nothing would be exchanged; "
                "name at least one of instruction, question, evidence, and 1 exchange or more"
            )
        for language, pairs in self.pairs.items():
            bad = [one for one, other in pairs.items() if not one.strip() or not other.strip()]
            if bad:
                raise PlanError(
                    f"synonyms pairs.{language}: {bad} has an empty side; fill or drop it"
                )

    def altered(
        self, groups: Sequence[Sequence[Draft]], materials: Materials
    ) -> Sequence[Draft | str]:
        """One draft each, or why not."""
        return [self._one(draft, materials) for [draft] in groups]

    def _one(self, draft: Draft, materials: Materials) -> Draft | str:
        roles = tuple(one for one in self.where if one != "evidence")
        found: dict[Span, Span] = {}
        told: list[str] = []
        for span in dict.fromkeys(own_spans(draft, roles)):
            text, said = self._exchanged(span.text or "", draft, self.most - len(told))
            if said:
                found[span] = with_text(span, text, self.name)
                told += said
        changed = with_spans(draft, found)
        if "evidence" in self.where:
            homed = self._evidence(changed, materials, told)
            if isinstance(homed, str):
                return homed
            changed = homed
        return marked(changed, self.name, draft, exchanged=told) if told else NOTHING

    def _evidence(self, draft: Draft, materials: Materials, told: list[str]) -> Draft | str:
        """The draft with its quoted evidence exchanged for made documents; ``told`` grows."""
        if reason := resting_on_words(draft):
            return draft if told else reason
        made: dict[str, str] = {}
        grains = grains_in(draft, ("evidence", "distractor"))
        said: list[str] = []
        for grain in grains:
            words = materials.words(grain)
            text, more = self._exchanged(words, draft, self.most)
            if more:
                made[words] = text
                said += more
        homed = with_homes(draft, made, self.name, materials)
        if isinstance(homed, str):
            return draft if told else homed
        told += said
        return homed

    def _exchanged(self, text: str, draft: Draft, most: int) -> tuple[str, list[str]]:
        """The text with at most so many exchanges, and what was exchanged: ``按照 > 依照``."""
        held = guarded(text, draft)
        found = [one for one in self._found(text, language_of(draft)) if is_free(*one[:2], held)]
        chosen = sorted(found, key=lambda one: draw(1 << 32, draft.id, *one[:3]))[: max(0, most)]
        said = []
        for start, end, old, new in sorted(chosen, reverse=True):
            text = text[:start] + new + text[end:]
            said.append(f"{old} > {new}")
        return text, said[::-1]

    def _found(self, text: str, language: str) -> Iterator[Exchange]:
        """Every place of a pair, whole words alone; none overlap."""
        pattern, pairs = self._tables[language]
        if pattern is None:
            return
        old_script = language == "zh" and is_traditional(text)
        borders = _borders(text) if language == "zh" else None
        folded = text if not old_script else simplified(text)
        for match in pattern.finditer(folded):
            start, end = match.span()
            if borders is not None and not {start, end} <= borders:
                continue
            old, new = text[start:end], pairs[match[0].lower()]
            if old_script:
                new = traditional(new)
            yield start, end, old, new[:1].upper() + new[1:] if old[:1].isupper() else new

    @cached_property
    def _tables(self) -> dict[str, tuple[re.Pattern[str] | None, dict[str, str]]]:
        tables: dict[str, tuple[re.Pattern[str] | None, dict[str, str]]] = {}
        for language, own in PAIRS.items():
            mine = {**own, **self.pairs.get(language, {})}  # type: ignore[call-overload]
            pairs = {old.lower(): new for old, new in mine.items()}
            listed = "|".join(re.escape(one) for one in sorted(pairs, key=len, reverse=True))
            # The first letter may be a capital; words in capitals throughout are terms.
            pattern = re.compile(_whole(listed) if language == "en" else listed) if pairs else None
            tables[language] = pattern, pairs
        return tables


def _whole(listed: str) -> str:
    initials = re.sub(
        r"(?:(?<=^)|(?<=\|))([a-z])", lambda one: f"[{one[1]}{one[1].upper()}]", listed
    )
    return rf"(?<![\w-])(?:{initials})(?![\w-])"


def _borders(text: str) -> set[int]:
    """Where words of a Chinese text begin and end: 因为了解 holds no 为了."""
    import rjieba  # its dictionary takes 40 MB

    plain = text.encode("utf-8", "replace").decode()
    return {0, *accumulate(len(word) for word in rjieba.cut(plain))}
