"""Documents of a domain, general text > raw text to go on pre-training with, mixed, ordered, all of it learned.

Continual pre-training with replay (Ibrahim et al. 2024, arXiv 2403.08763). Selection, cleaning,
quality, balance, related texts, curricula and rewriting are settings; each names its source where it
is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import ClassVar, Literal, TypeVar

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.drawn import drawn
from longgrain.recipes.pretrain.blend import Blend, domain, mixed, picked
from longgrain.recipes.pretrain.choosing import Chosen, Wanted, chosen
from longgrain.recipes.pretrain.order import Course, Pick
from longgrain.recipes.pretrain.quality import NAMES
from longgrain.recipes.pretrain.rewriting import rehearsed, request, rewritten
from longgrain.recipes.pretrain.telling import between, drafted, said, words_said
from longgrain.recipes.pretrain.texts import RECIPE, Text, spans_of
from longgrain.recipes.pretrain.wording import STYLES
from longgrain.recipes.shares import counts
from longgrain.types import Draft, Dropped, Refused, Reply, Request, Span

T = TypeVar("T")
TEXT, REWRITE = "pretrain-text", "pretrain-rewrite"
# Requests for rewrites in one go.
WAVE = 16
# So many pieces for each rewrite that is wanted are offered at most.
OFFERED = 4


@dataclass(frozen=True, kw_only=True)
class Pretrain:
    """Raw text for continued pre-training.

    Which texts: ``seeds`` (files of the domain) or ``keywords`` say what is wanted, ``by`` how it is
    found (relevance, classifier, label), ``keep`` which share of the text is; ``label`` is a key of
    the metadata or a file of labels, ``domain`` the labels that are wanted. ``clean`` leaves out
    boilerplate (in ``boilerplate`` of all documents), repeats and damage; ``quality`` sets bounds
    other than ours. How much of each: ``classes`` (source, language, label), ``balance`` (natural,
    even, or shares), ``repeats`` at most of one text, ``undersample``; ``long_share`` of each class
    in texts of ``long`` tokens and more; ``tokens`` in all. ``replay`` files make up
    ``replay_share``. In which order: ``related`` (splice, path), ``window``, ``stages``,
    ``first_window`` that grows until ``reached``, ``fade`` of replay. ``rewrite`` is the share of
    examples that a language model rewrites, in ``styles``, of ``rewrite_tokens`` each, losing
    ``loses`` of the facts at most.
    """

    name: ClassVar[str] = RECIPE
    source: ClassVar[str] = "Ibrahim et al. 2024, arXiv 2403.08763"
    own_contexts: ClassVar[bool] = True

    seeds: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    by: Literal["relevance", "classifier", "label"] = "relevance"
    keep: float = 0.5
    label: str = ""
    domain: tuple[str, ...] = ()
    clean: bool = True
    boilerplate: float = 0.1
    quality: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    classes: Literal["source", "language", "label"] = "source"
    balance: Mapping[str, float] | Literal["natural", "even"] = "natural"
    repeats: int = 1
    undersample: bool = False
    long: int = 4096
    long_share: float = 0.0
    tokens: int = 0
    replay: tuple[str, ...] = ()
    replay_share: float = 0.05
    related: Literal["", "splice", "path"] = ""
    window: int = 0
    stages: int = 1
    first_window: int = 0
    reached: float = 0.65
    fade: float = 0.0
    rewrite: float = 0.0
    styles: tuple[str, ...] = ("plain", "lesson", "dialogue")
    rewrite_tokens: int = 384
    loses: float = 0.2

    def __post_init__(self) -> None:
        for name in ("keep", "boilerplate", "long_share", "reached", "fade", "rewrite", "loses"):
            if not 0 <= getattr(self, name) <= 1:
                raise PlanError(f"pretrain {name} {getattr(self, name)}: a share lies in 0..1")
        for problem in (self._of_domain(), self._of_mix(), self._of_order()):
            if problem:
                raise PlanError(f"pretrain {problem}")

    def _of_domain(self) -> str:
        if self.by == "label" and not (self.label and self.domain):
            return "by label: say which label (a key or a file) and which domain is wanted"
        if self.by == "classifier" and not (self.seeds or self.keywords):
            return "by classifier: it learns from seeds or keywords, and there are none; give some"
        if self.classes == "label" and not self.label:
            return "classes label: there is no label; name a key of the metadata or a file"
        unknown = sorted(set(self.quality) - set(NAMES))
        if unknown:
            return f"quality {unknown}: no such rule; give one of {', '.join(NAMES)}"
        if any(low > high for low, high in self.quality.values()):
            return f"quality {dict(self.quality)}: give least and most, smaller first"
        return ""

    def _of_mix(self) -> str:
        shares = self.balance if isinstance(self.balance, Mapping) else {}
        if any(share < 0 for share in shares.values()) or sum(shares.values()) > 1 + 1e-9:
            return f"balance {dict(shares)}: shares lie in 0..1 and make up 1 at most"
        if self.repeats < 1:
            return f"repeats {self.repeats}: a text is used once or more; give 1 for no repeats"
        if not 0 <= self.replay_share < 1:
            return f"replay_share {self.replay_share}: give 0 or more, and below 1"
        if self.tokens < 0 or self.long < 1:
            return "tokens and long: give numbers of tokens, 0 for no bound on tokens"
        if not self.styles or set(self.styles) - set(STYLES["en"]):
            return f"styles {list(self.styles)}: give some of {', '.join(STYLES['en'])}"
        if self.rewrite_tokens < 64:
            return (
                f"rewrite_tokens {self.rewrite_tokens}: too short to say anything; give 64 or more"
            )
        return ""

    def _of_order(self) -> str:
        if self.stages < 1:
            return f"stages {self.stages}: give 1 for no order, or more"
        if (self.first_window or self.fade) and self.stages < 2:
            return "first_window and fade change from stage to stage; give stages, 8 for example"
        if self.first_window and self.first_window < 64:
            return f"first_window {self.first_window}: a piece has 64 tokens or more"
        if self.window and self.window < max(64, self.first_window):
            return f"window {self.window}: a piece has 64 tokens and first_window at least"
        if not self.reached:
            return "reached 0.0: the window would be whole at once; leave first_window out"
        return ""

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Rewrites first: replay is a share of all that is learned."""
        return counts(examples, {REWRITE: self.rewrite, TEXT: 1 - self.rewrite})

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Drafts of one kind in the order of training, and everything that is left out."""
        if kind == REWRITE:
            yield from self._rewritten(materials, wanted)
            return
        notes = materials.notes.pop(self._key, None)
        found, rewrites = notes or (self._chosen(materials), 0)
        blend = self._part(Blend).of_side(materials.side)
        mix = mixed(materials, found.texts, blend, wanted, rewrites)
        for one in between(mix.picks, [*found.dropped, *mix.dropped]):
            if isinstance(one, Dropped):
                yield one
            else:
                yield drafted(materials, mix.texts, one, kind, staged=blend.stages > 1)

    @property
    def _key(self) -> str:
        """Under which the texts are remembered from one kind to the next."""
        return f"{RECIPE} {self!r}"

    def _part(self, part: type[T]) -> T:
        """Those settings of ours that a part of the work needs."""
        return part(**{one.name: getattr(self, one.name) for one in fields(part)})  # type: ignore[arg-type]

    def _chosen(self, materials: Materials) -> Chosen:
        return chosen(materials, self._part(Wanted))

    def _rewritten(self, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Pieces in a teacher's words; how many tokens they are is remembered for the mix."""
        if not materials.prompted:
            raise PlanError(
                f"pretrain rewrite {self.rewrite}: the teacher of the plan works by rule and cannot "
                "rewrite; name a language model as teacher, or set rewrite: 0"
            )
        found = self._chosen(materials)
        size, made = 0, 0
        for batch in self._batches(materials, found.texts, wanted):
            if made >= wanted:
                break
            asked = [self._request(materials, found.texts, pick) for pick in batch]
            replies = materials.ask(asked)
            for pick, one, reply in zip(batch, asked, replies, strict=True):
                item = self._reworded(materials, found.texts, pick, one, reply, made, wanted)
                if isinstance(item, Draft):
                    made += 1
                    size += sum(materials.tokens([words_said(item)]))
                    materials.notes[self._key] = (found, size)
                yield item

    def _batches(
        self, materials: Materials, texts: list[Text], wanted: int
    ) -> Iterator[list[Pick]]:
        """Pieces to rewrite, balanced like the mix, no more at a time than may be needed."""
        blend = self._part(Blend).of_side(materials.side)
        small = Course(window=self.rewrite_tokens, first=0, reached=1.0, stages=1, fade=0.0)
        blend = replace(blend, related="", repeats=1)
        picks, _ = picked(materials, texts, domain(texts, blend), blend, OFFERED * wanted, small)
        size = max(1, min(WAVE, wanted))
        yield from (picks[at : at + size] for at in range(0, len(picks), size))

    def _request(self, materials: Materials, texts: list[Text], pick: Pick) -> Request:
        [part] = pick.parts
        text = texts[part.text]
        spans = spans_of(materials, text, part)
        source = "".join(one.text or materials.words(one.grain) for one in spans if one.grain)
        style = self.styles[drawn(len(self.styles), text.name, part.start, "style")]
        return request(source, text.language, style)

    def _reworded(
        self,
        materials: Materials,
        texts: list[Text],
        pick: Pick,
        asked: Request,
        reply: Reply | Refused,
        made: int,
        wanted: int,
    ) -> Draft | Dropped:
        [part] = pick.parts
        found = rewritten(reply, asked.material[0], self.loses)
        if found.reason or isinstance(reply, Refused):
            name = f"{texts[part.text].name}:{part.start}"
            return Dropped(step="draft", id=name, reason=found.reason, detail=found.detail)
        words = Span(
            role="answer",
            origin=Reply(teacher=reply.teacher, call=reply.call, text=found.text),
            text=found.text,
            loss=1.0,
        )
        blend = self._part(Blend).of_side(materials.side)
        # Rewrites are spread over all stages, like the texts that they are of.
        placed = pick._replace(stage=min(made * blend.stages // max(1, wanted), blend.stages - 1))
        style = str(asked.settings["style"])
        staged = blend.stages > 1
        return said(materials, texts, placed, REWRITE, words, staged=staged, style=style)

    @staticmethod
    def rehearse(asked: Request) -> str:
        """What a model would reply, by rule."""
        return rehearsed(asked)
