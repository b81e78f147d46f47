"""Names, wordings and spans of one draft about a document's structure > the draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from longgrain.facts import language_of
from longgrain.protocols import Materials
from longgrain.recipes.compress.drafting import Speech
from longgrain.recipes.compress.wording import spoken as spoken_of
from longgrain.recipes.drawn import draw
from longgrain.recipes.hierarchy import wording
from longgrain.recipes.hierarchy.nodes import Group
from longgrain.recipes.hierarchy.outline import document_outline
from longgrain.types import Draft, Given, Grain, Message, Slot, Span

RECIPE = "hierarchy"


def title_of(materials: Materials, doc_id: str) -> str:
    """What a document is called: its title, else its first heading, else its file."""
    document = materials.document(doc_id)
    title = str(document.meta.get("title") or "")
    if not title:
        first = materials.headings(materials.grains_of(doc_id)[0])
        title = first[0] if first else document.source.replace("\\", "/").rpartition("/")[2]
    chinese = language_of(title) == "zh"
    return title.replace("《", "〈").replace("》", "〉") if chinese else title


def opening(words: str, language: str) -> str:
    """The first words of a passage, enough to find it by."""
    plain = " ".join(words.split())
    return plain[:14] if language.startswith("zh") else " ".join(plain.split()[:8])


def name_of(materials: Materials, group: Group, language: str) -> str:
    """How a group is spoken of: by the heading that it is all of, by its document, or from what to what."""
    spoken = spoken_of(language)
    document = title_of(materials, group.doc_id)
    if group.is_whole and group.path:
        return wording.NAMED[spoken].format(words=group.path[-1], document=document)
    ends = [opening(one.title, language) for one in (group.members[0], group.members[-1])]
    return wording.RANGE[spoken].format(document=document, first=ends[0], last=ends[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A question and its answer with the spans that stand before it; ``made`` has the answer's words."""

    materials: Materials
    kind: str
    doc_id: str
    language: str
    numbers: Sequence[int]
    seed: str

    @property
    def spoken(self) -> str:
        """The language of our own words."""
        return spoken_of(self.language)

    @property
    def speech(self) -> Speech:
        """Wordings drawn for this draft."""
        return Speech(language=self.spoken, number=draw(self.kind, self.doc_id, self.seed))

    def outline(self, *, depth: int, tokens: int) -> tuple[tuple[Span, ...], tuple[str, ...]]:
        """The document's outline, introduced, and its titles; nothing where it has none."""
        found = document_outline(self.materials, self.doc_id, depth=depth, tokens=tokens)
        if found is None:
            return (), ()
        title = title_of(self.materials, self.doc_id)
        made = self.materials.made(RECIPE, found.text, of=self.doc_id, title=title)
        lead = wording.CONTENTS[self.spoken].format(document=title)
        spans = (
            _own("metadata", "outline", lead),
            Span(role="summary", origin=made),
            _own("glue", "break", "\n\n"),
        )
        return spans, found.titles

    def draft(
        self,
        *,
        purpose: wording.Wordings,
        before: Sequence[Span | Slot],
        question: Span,
        answer: Span,
        said: str,
        form: str,
        layout: str,
        meta: Mapping[str, Any] | None = None,
    ) -> Draft:
        """The whole draft: instruction, what is read, question; answer."""
        speech = self.speech
        label = _own("glue", "label", wording.QUESTION[self.spoken])
        user = (
            speech.drawn("instruction", f"{RECIPE}-instruction", purpose),
            speech.glue(),
            *before,
            label,
            question,
        )
        origin = question.origin
        return Draft(
            recipe=RECIPE,
            seed=self.materials.seed,
            evidence=tuple(map(self.materials.grain, self.numbers)),
            messages=(
                Message(speaker="user", spans=user),
                Message(speaker="assistant", spans=(answer,)),
            ),
            answer=said,
            meta={
                **{"kind": self.kind, "form": form, "language": self.language, "layout": layout},
                "template": origin.id if isinstance(origin, Given) else RECIPE,
                **{"keep_order": True, "evidence": sorted(self.numbers), "rivals": [], "hard": []},
                **(meta or {}),
            },
        )

    def asked(
        self, label: str, wordings: wording.Wordings, more: str = "", /, **filled: Any
    ) -> Span:
        """The question, in one of its wordings."""
        span = self.speech.drawn("question", f"{RECIPE}-{label}", wordings, **filled)
        return Span(role="question", origin=span.origin, text=f"{span.text}{more}")

    def told(self, text: str) -> Span:
        """An answer that is a rule's."""
        return _own("answer", "answer", text, 1.0)

    def quoted(self, grain: Grain) -> tuple[Span, ...]:
        """A stretch of the document as it stands."""
        return Span(role="evidence", origin=grain), _own("glue", "break", "\n\n")


def _own(role: Any, name: str, text: str, loss: float = 0.0) -> Span:
    return Span(
        role=role, origin=Given(source=f"longgrain.{RECIPE}", id=name), text=text, loss=loss
    )
