"""The documents of a side > groups of neighbouring windows, each group longer than a window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

from longgrain.facts import Language
from longgrain.protocols import Materials
from longgrain.recipes.multistage import asking
from longgrain.recipes.multistage.collect import sentences_of
from longgrain.recipes.sections import Section, runs_of
from longgrain.types import content_id

# Words of English, characters of Chinese by which a stretch is named.
BEGINS: dict[Language, int] = {"en": 6, "zh": 12}
Group = tuple[Section, ...]


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Windows of up to ``window`` tokens, ``least`` to ``most`` of them in a group."""

    materials: Materials
    window: int
    least: int
    most: int

    @cached_property
    def _runs(self) -> dict[str, list[Section]]:
        return {}

    def of(self, doc_id: str) -> list[Section]:
        """The windows of one document, in reading order."""
        if doc_id not in self._runs:
            self._runs[doc_id] = runs_of(self.materials, doc_id, (1, self.window))
        return self._runs[doc_id]

    def groups(self) -> Iterator[Group]:
        """Groups end to end: the first of every document, then the second."""
        listed = [list(self._of_document(doc_id)) for doc_id in self.materials.documents]
        for turn in zip_longest(*listed):
            yield from (one for one in turn if one is not None)

    def _of_document(self, doc_id: str) -> Iterator[Group]:
        for chain in self._chains(doc_id):
            place = 0
            while len(chain) - place >= self.least:
                size = min(self._size(doc_id, place), len(chain) - place)
                yield tuple(chain[place : place + size])
                place += size

    def around(self, number: int, closed: Sequence[int]) -> Group | None:
        """A group with the window that holds a cut and none that holds a ``closed`` one."""
        doc_id = self.materials.grain(number).doc_id
        shut = set(closed)
        for chain in self._chains(doc_id):
            home = next((i for i, one in enumerate(chain) if number in one.numbers), None)
            if home is None:
                continue
            low, high = home, home + 1
            while low and not shut & set(chain[low - 1].numbers):
                low -= 1
            while high < len(chain) and not shut & set(chain[high].numbers):
                high += 1
            size = min(self._size(doc_id, number), high - low)
            if size < self.least or shut & set(chain[home].numbers):
                return None
            first, last = max(low, home - size + 1), min(home, high - size)
            start = first + int(content_id("around", number), 16) % (last - first + 1)
            return tuple(chain[start : start + size])
        return None

    def _chains(self, doc_id: str) -> list[list[Section]]:
        """The windows of a document, parted where something between them is on another side."""
        chains: list[list[Section]] = []
        for one in self.of(doc_id):
            if not chains or chains[-1][-1].numbers[-1] + 1 != one.numbers[0]:
                chains.append([])
            chains[-1].append(one)
        return chains

    def _size(self, doc_id: str, place: int) -> int:
        drawn = int(content_id("size", doc_id, place), 16)
        return self.least + drawn % (self.most - self.least + 1)

    def texts(self, group: Group) -> list[str]:
        """The words of each window."""
        return [self.materials.words(one.grain) for one in group]

    def where(self, group: Group, language: Language) -> str:
        """Which stretch of which document it is, as a question names it."""
        title = str(self.materials.document(group[0].doc_id).meta.get("title") or "")
        text = self.materials.words(group[0].grain)
        said = sentences_of(text, language)
        words = said[0].text if said else " ".join(text.split())
        begins = (
            words[: BEGINS["zh"]] if language == "zh" else " ".join(words.split()[: BEGINS["en"]])
        )
        named = f"“{title}”" if title else asking.UNTITLED[language]
        form = asking.WHERE[language].replace("“{title}”", "{named}")
        return form.format(named=named, begins=begins.strip("“”\"'‘’"))
