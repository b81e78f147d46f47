"""An encoded conversation > one example as a reader meets it: spans, turns, folds.

Words of documents are shown as they are, but for control characters, which could move a
terminal's cursor or turn the reading direction around.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from longgrain.encode import Piece
from longgrain.types import ROLES, Grain, Role

_QUIET = ("distractor", "metadata", "glue")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownToken:
    """One token as trained; ``weight`` above 0 is learned from."""

    id: int
    text: str
    role: Role
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSpan:
    """A stretch of the rendered conversation with one role, and where its words come from.

    ``first_token`` and ``tokens`` place it in the example, ``learned`` counts its tokens with a
    weight above 0. Template words have no ``message``; words without a grain have no ``source``.
    ``start`` and ``end`` are code points of the document, ``depth`` is in 0..1 of the context.
    """

    role: Role
    text: str
    loss: float = 0.0
    tokens: int
    first_token: int
    learned: int = 0
    message: int | None = None
    speaker: str = ""
    source: str = ""
    headings: tuple[str, ...] = ()
    kind: str = ""
    path: tuple[int, ...] = ()
    start: int | None = None
    end: int | None = None
    depth: float | None = None

    @property
    def place(self) -> str:
        """The grain's kind and the number of each ancestor among its siblings: "cut 2.0.14"."""
        return f"{self.kind} {'.'.join(map(str, self.path))}".strip()

    @property
    def about(self) -> str:
        """Where the words come from, in one line."""
        parts = [" › ".join((self.source, *self.headings)) if self.source else "", self.place]
        if self.start is not None and self.end is not None:
            parts.append(f"characters {self.start:,} to {self.end:,}")
        parts.append(f"{self.tokens:,} tokens")
        return " · ".join(visible(part) for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One example with its words made; the input of every view. ``trained`` may be left empty."""

    id: str
    recipe: str
    side: str
    language: str
    kind: str
    spans: tuple[ShownSpan, ...]
    trained: tuple[ShownToken, ...] = ()

    @property
    def tokens(self) -> int:
        """Tokens of the whole example, template included."""
        return sum(span.tokens for span in self.spans)

    @property
    def learned(self) -> int:
        """Tokens with a weight above 0."""
        return sum(span.learned for span in self.spans)

    @property
    def depths(self) -> tuple[float, ...]:
        """The depth of each evidence grain, in the order of the context."""
        return tuple(span.depth for span in self.spans if span.depth is not None)

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that occur, in the order of `types.ROLES`."""
        found = {span.role for span in self.spans}
        return tuple(role for role in ROLES if role in found)

    @property
    def headline(self) -> str:
        """Tokens, learned tokens, documents and depths in one line."""
        sources = len({span.source for span in self.spans if span.source})
        said = [f"{self.tokens:,} tokens", f"{self.learned:,} learned from"]
        if sources:
            said.append(f"words from {sources:,} document{'s' * (sources != 1)}")
        if self.depths:
            said.append("evidence at depth " + ", ".join(f"{depth:.0%}" for depth in self.depths))
        return " · ".join(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message with the template's words around it; context that only distracts is one Fold."""

    speaker: str
    parts: tuple[ShownSpan | Fold, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Distractors that follow each other, with what stands between them."""

    spans: tuple[ShownSpan, ...]

    @property
    def distractors(self) -> tuple[ShownSpan, ...]:
        """The distractors alone."""
        return tuple(span for span in self.spans if span.role == "distractor")

    @property
    def tokens(self) -> int:
        """Tokens of everything in the fold."""
        return sum(span.tokens for span in self.spans)

    @property
    def said(self) -> str:
        """How much is folded away."""
        count, sources = len(self.distractors), len({span.source for span in self.distractors})
        if count == 1:
            return f"1 distractor, {self.tokens:,} tokens"
        found = f"{sources:,} document{'s' * (sources != 1)}"
        return f"{count:,} distractors from {found}, {self.tokens:,} tokens"


def spans_of(
    pieces: Sequence[Piece],
    counts: Sequence[int],
    *,
    speakers: Sequence[str],
    depths: Sequence[float] = (),
    place: Callable[[Grain], tuple[str, tuple[str, ...]]],
) -> tuple[ShownSpan, ...]:
    """The spans of an encoded conversation; piece ``i`` has ``counts[i]`` tokens.

    ``depths`` has one entry for each evidence piece in order; ``place`` gives a grain's document
    and heading path. The first token of an example weighs 0 whatever its loss.
    """
    found, at, left = [], 0, list(depths)
    for piece, count in zip(pieces, map(int, counts), strict=True):
        grain = piece.origin if isinstance(piece.origin, Grain) else None
        source, headings = place(grain) if grain else ("", ())
        speaker = speakers[piece.message] if piece.message is not None else ""
        span = ShownSpan(
            role=piece.role,
            text=piece.text,
            loss=piece.loss,
            tokens=count,
            first_token=at,
            learned=(count - (at == 0 and count > 0)) if piece.loss > 0 else 0,
            message=piece.message,
            speaker=speaker,
            source=source,
            headings=headings,
            kind=grain.kind if grain else "",
            path=grain.path if grain else (),
            start=grain.start if grain else None,
            end=grain.end if grain else None,
            depth=left.pop(0) if piece.role == "evidence" and left else None,
        )
        found.append(span)
        at += count
    return tuple(found)


def turns(shown: Shown) -> list[Turn]:
    """The conversation in order. Template words go with the message they open or end."""
    groups: list[list[ShownSpan]] = [[]]
    current: int | None = None
    ended = False
    for span in shown.spans:
        opens = span.message not in (None, current) or (span.message is None and ended)
        if opens and any(one.message is not None for one in groups[-1]):
            groups.append([])
            ended = False
        current = span.message if span.message is not None else current
        # The first template word behind a message ends it, the next ones open another.
        behind = span.message is None and groups[-1] and groups[-1][-1].message is not None
        ended = ended or bool(behind)
        groups[-1].append(span)
    if len(groups) > 1 and all(span.message is None for span in groups[-1]):
        tail = groups.pop()
        groups[-1] += tail
    return [Turn(speaker=_speaker(group), parts=tuple(_folded(group))) for group in groups if group]


def _speaker(group: Sequence[ShownSpan]) -> str:
    return next((span.speaker for span in group if span.speaker), "template")


def _folded(group: Sequence[ShownSpan]) -> Iterator[ShownSpan | Fold]:
    """Quiet spans up to the last distractor are folded; metadata of the next evidence is not."""
    quiet: list[ShownSpan] = []
    for span in [*group, None]:
        if span is not None and span.role in _QUIET and span.message is not None:
            quiet.append(span)
            continue
        last = max((i for i, one in enumerate(quiet) if one.role == "distractor"), default=-1)
        if last >= 0:
            yield Fold(spans=tuple(quiet[: last + 1]))
        yield from quiet[last + 1 :]
        quiet = []
        if span is not None:
            yield span


def visible(text: str) -> str:
    """Control characters as pictures (␛), marks that turn the reading direction as their names."""
    return _CONTROLS.sub(lambda found: _picture(ord(found[0])), text)


def _picture(code: int) -> str:
    if code == 0x7F:
        return "␡"
    return chr(0x2400 + code) if code < 32 else f"⟨U+{code:04X}⟩"


def shortened(span: ShownSpan, *, above: int = 40) -> str:
    """The words of a span of more than ``above`` tokens as its two ends and how long it is."""
    head, tail = (30, 20) if len(_WIDE.findall(span.text[:60])) > 20 else (60, 40)
    text = visible(" ".join(span.text.split()))
    if span.tokens <= above or len(text) <= head + tail:
        return text
    return f"{text[:head].rstrip()} … {span.tokens:,} tokens … {text[-tail:].lstrip()}"


def token_runs(tokens: Sequence[ShownToken]) -> list[tuple[ShownToken, ...]]:
    """Tokens that follow each other with the same role and weight."""
    runs: list[list[ShownToken]] = []
    for token in tokens:
        if runs and (runs[-1][-1].role, runs[-1][-1].weight) == (token.role, token.weight):
            runs[-1].append(token)
        else:
            runs.append([token])
    return [tuple(run) for run in runs]
