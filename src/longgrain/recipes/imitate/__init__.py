"""A few seeds of one task and documents > more examples of that task, each proved against its document.

Local imitation (Gudibande et al. 2023, "The False Promise of Imitating Proprietary LLMs", arXiv
2305.15717): data grown from seeds of one task helps where imitation of a model at large does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from longgrain.errors import PlanError
from longgrain.protocols import Materials
from longgrain.recipes.fitting import unfit
from longgrain.recipes.imitate.guard import Guard, style
from longgrain.recipes.imitate.ruled import form_of, forms, made_of, question
from longgrain.recipes.imitate.screens import Seen, abusive, copied
from longgrain.recipes.imitate.seeds import Seed, Seeds, read_seeds
from longgrain.recipes.imitate.taught import (
    Asked,
    Pair,
    is_of_its_task,
    read,
    rehearsed,
    requests,
    stands,
)
from longgrain.recipes.imitate.telling import messages, of_reply, of_rule
from longgrain.recipes.in2 import In2
from longgrain.recipes.rivals import Rivals
from longgrain.recipes.shares import counts
from longgrain.recipes.written import FREE, cue_words
from longgrain.types import WAITS, Draft, Dropped, Grain, Refused, Reply, Request

# Grains asked about at a time: replies cost money.
GROUP = 8
# Grains with this share of an input's terms might answer it too, and stay out of its context; of
# the others, so many of the nearest are offered as distractors.
RIVAL, NEAR = 0.5, 24
# A kind takes no more than this many times what is wanted, so that the next finds some.
MOST = 3


@dataclass(frozen=True, kw_only=True)
class Imitate:
    """Examples in the manner of ``seeds``, about one grain each, in long contexts and short ones."""

    name: ClassVar[str] = "imitate"
    source: ClassVar[str] = "Gudibande et al. 2023, arXiv 2305.15717"

    seeds: str = ""
    """A JSONL file with ``input`` and ``output`` in each line; longgrain's own seeds if empty."""
    short: float = 0.25
    """Share of examples with a short context."""
    shots: int = 4
    """Seeds that a language model sees with a piece."""
    pairs: int = 3
    """Pairs that it is asked for at a time."""
    copied: float = 0.3
    """Share of an input's or output's runs of words (5; 8 Han characters) that may be a seed's."""
    batch: int = 100
    """Pairs of a batch in which style and facts are measured."""
    margin: float = 0.05
    """How much a style figure must rise over the first batch's to count, and facts to have improved."""
    words: tuple[str, ...] = ()
    """Words that no pair may have, beside the list of abusive ones."""

    def __post_init__(self) -> None:
        for name, share in (
            ("short", self.short),
            ("copied", self.copied),
            ("margin", self.margin),
        ):
            if not 0 <= share <= 1:
                raise PlanError(f"imitate {name} {share}: a share is 0 to 1")
        if min(self.shots, self.pairs, self.batch) < 1:
            raise PlanError(
                "imitate shots, pairs and batch: without seeds, pairs or a batch to measure nothing "
                "can be imitated; give 1 or more"
            )

    def kinds(self, examples: int) -> Mapping[str, int]:
        """By the length of the context."""
        return counts(examples, {"imitate-long": 1 - self.short, "imitate-short": self.short})

    def doubts(self, path: Callable[[str], Path], *, prompted: bool) -> Iterator[str]:
        """What a preview should say of the seeds."""
        seeds = read_seeds(path(self.seeds) if self.seeds else None)
        if seeds.is_broad:
            yield (
                f"imitate seeds: {seeds.told}: that is broad imitation, which teaches a style and not "
                "facts; give seeds of one task, and a recipe entry for each further task"
            )
        useless = [one for one in seeds.seeds if form_of(one) is None]
        if not prompted and useless:
            yield (
                f"imitate seeds: {len(useless)} of {len(seeds.seeds)} are of tasks that only a "
                "language model can do, and are left aside; name one as teacher"
            )

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """Pairs of one kind; both kinds take them from one stream, so none is made twice."""
        maker, stream = self._maker(materials, wanted)
        made = 0
        try:
            for item in stream:
                made += isinstance(item, Draft)
                yield _as(kind, item)
                if made >= MOST * wanted:
                    return
        finally:  # a build stops when it has enough, in the middle of a batch
            maker.guard.close()

    rehearse = staticmethod(rehearsed)

    def _maker(self, materials: Materials, wanted: int) -> tuple[Maker, Iterator[Draft | Dropped]]:
        """What makes the pairs of a side, and the stream of them; both kinds go on with it."""
        key = f"imitate {self.seeds}"
        if key not in materials.notes:
            seeds = read_seeds(materials.path(self.seeds) if self.seeds else None)
            maker = Maker(recipe=self, seeds=seeds, materials=materials)
            stream = maker.taught(wanted) if materials.prompted else maker.ruled(wanted)
            materials.notes[key] = maker, stream
        found: tuple[Maker, Iterator[Draft | Dropped]] = materials.notes[key]
        return found


def _as(kind: str, item: Draft | Dropped) -> Draft | Dropped:
    """The draft as one of a kind."""
    if isinstance(item, Dropped):
        return item
    layout = {"layout": "long"} if kind == "imitate-long" else {"layout": "short", "hard": []}
    return replace(item, meta={**item.meta, "kind": kind, **layout})


@dataclass(slots=True, kw_only=True)
class Maker:
    """The pairs of one side, one after the other, with what was made before and the guard over them."""

    recipe: Imitate
    seeds: Seeds
    materials: Materials
    seen: Seen = field(init=False)
    guard: Guard = field(init=False)

    def __post_init__(self) -> None:
        self.seen = Seen.of([one.input for one in self.seeds.seeds])
        self.guard = Guard(
            materials=self.materials, size=self.recipe.batch, margin=self.recipe.margin
        )

    # --- by rule ---

    def ruled(self, wanted: int) -> Iterator[Draft | Dropped]:
        """The questions of `In2`, each in the form of a seed."""
        yield from self._lost_seeds()
        materials = self.materials
        spoken = {one for one in ("en", "zh") if forms(self.seeds, one)}
        among = [one for one in materials.grains if _known(materials.language(one)) in spoken]
        for item in In2().questions("imitate", materials, wanted, among=among):
            yield item if isinstance(item, Dropped) else self._ruled(item)

    def _ruled(self, draft: Draft) -> Draft | Dropped:
        made = made_of(draft, self.seeds, self.materials)
        if isinstance(made, str):
            return Dropped(step="draft", id=draft.id, reason=made)
        asked = question(made, self.seeds.frame(str(draft.meta["language"]), "input"))
        reason = self._abusive(asked, made.output, made.draft.meta["evidence"])
        reason = reason or self._repeated(asked, made.output, made.seed.language)
        figures = self.guard.add(style(made.output, self._outputs(made.seed)), stands=True)
        if reason:
            return Dropped(step="draft", id=draft.id, reason=reason, detail=asked)
        self.seen.add(asked)
        told = of_rule(asked, made.draft)
        meta = {"seeds": [made.seed.id], "imitation": figures}
        return replace(
            made.draft,
            recipe=self.recipe.name,
            messages=messages(told, made.reply, made.draft),
            meta={**made.draft.meta, **meta, "template": f"imitate:{made.draft.meta['template']}"},
        )

    # --- by a language model ---

    def taught(self, wanted: int) -> Iterator[Draft | Dropped]:
        """The pairs of a language model, grain by grain; no more is asked than may be needed."""
        yield from self._lost_seeds()
        materials, recipe = self.materials, self.recipe
        able = [one for one in materials.grains if self.seeds.of(materials.language(one))]
        made = waiting = place = 0
        while place < len(able):
            lacking = -(-max(1, wanted - made) // recipe.pairs)
            some = able[place : place + max(1, min(GROUP, lacking))]
            place += len(some)
            asking = requests(some, self.seeds, materials, shots=recipe.shots, limit=recipe.pairs)
            replies = materials.ask([one.request for one in asking])
            for one, reply in zip(asking, replies, strict=True):
                for done in self._told(one, reply):
                    made += isinstance(done, Draft)
                    waiting += isinstance(done, Dropped) and done.reason == WAITS
                    yield done
            if waiting and made + waiting * recipe.pairs >= wanted:
                return

    def _told(self, asked: Asked, reply: Reply | Refused) -> Iterator[Draft | Dropped]:
        """The pairs of one reply, each as a draft or with what is wrong with it."""
        if isinstance(reply, Refused):
            reason, _, detail = reply.reason.partition(": ")
            name = _place(self.materials, asked.number)
            yield Dropped(step="draft", id=name, reason=reason, detail=detail)
            return
        for pair in read(reply, asked, self.materials):
            yield self._taught(pair, reply.call, asked.request)

    def _taught(self, pair: Pair | str, call: str, request: Request) -> Draft | Dropped:
        if isinstance(pair, str):
            return Dropped(step="draft", id=call, reason=pair)
        language = str(request.settings["language"])
        outputs = [one.output for one in pair.shown]
        problem = unfit(language, pair.input, pair.output)
        wrong = stands(pair, request.material[0], language)
        figures = self.guard.add(style(pair.output, outputs), stands=not (problem or wrong))
        reason = f"a pair {problem}" if problem else ""
        reason = reason or self._abusive(pair.input, pair.output, [pair.number]) or wrong
        if not reason and not is_of_its_task(pair):
            reason = "an output is of another task than the seeds'"
        reason = reason or self._repeated(pair.input, pair.output, language)
        if reason or pair.quote is None:
            return Dropped(step="draft", id=call, reason=reason, detail=pair.input)
        near = self._near(pair, request.material[0])
        if isinstance(near, str):
            return Dropped(step="draft", id=call, reason=near, detail=pair.input)
        self.seen.add(pair.input)
        return self._draft(pair, language, figures, pair.quote, near)

    def _near(self, pair: Pair, piece: str) -> tuple[list[int], list[int]] | str:
        """Grains nearest to an input, and those that might answer it too; or why it cannot be used.

        A question with a short answer is guarded like those of `In2`. Of another task nobody can tell
        whether a grain would do for it as well: those with half of the input's terms stay out.
        """
        materials, own = self.materials, [pair.number]
        if all(one.task.gives == "answer" for one in pair.shown):
            cues = cue_words(pair.input, piece)
            if not cues:
                return "no word of an input stands in its evidence"
            guard = Rivals(In2(), materials)
            asked = {"form": FREE, "question": pair.input, "answer": pair.output, "cues": cues}
            rivals = guard.against(asked, own, own)
            return rivals if isinstance(rivals, str) else guard.hard(asked, own, rivals)
        held = {number for number, _ in materials.holding(pair.input, RIVAL)} - {pair.number}
        near = [number for number, _ in materials.nearest(pair.input, NEAR)]
        return [one for one in near if one not in {pair.number, *held}], sorted(held)

    def _draft(
        self,
        pair: Pair,
        language: str,
        figures: Mapping[str, object],
        quote: Grain,
        near: tuple[list[int], list[int]],
    ) -> Draft:
        materials, (hard, rivals) = self.materials, near
        meta = {
            "form": "imitated",
            "template": f"imitate:{pair.shown[0].task.asks}-{pair.shown[0].task.gives}",
            "language": language,
            "keep_order": False,
            "evidence": [pair.number],
            "rivals": rivals,
            "hard": hard,
            "quotes": [materials.words(quote)],
            "seeds": [one.id for one in pair.shown],
            "imitation": dict(figures),
            "by": pair.reply.teacher,
        }
        draft = Draft(
            recipe=self.recipe.name,
            seed=materials.seed,
            evidence=(materials.grain(pair.number),),
            messages=(),
            answer=pair.output,
            meta=meta,
        )
        asked, said = of_reply(pair.input, pair.output, pair.reply)
        return replace(draft, messages=messages(asked, (said,), draft))

    # --- what both share ---

    def _abusive(self, asked: str, output: str, evidence: Sequence[int]) -> str:
        """Whether a pair has a listed word that its evidence does not have."""
        found = abusive(f"{asked}\n{output}", self.recipe.words)
        there = abusive("\n".join(map(self.materials.text, evidence)), self.recipe.words)
        if set(found) - set(there):
            return "a pair has a word of the list of abusive ones"
        if found:
            self.materials.count("imitate: word of the list that the evidence has too, let through")
        return ""

    def _repeated(self, asked: str, output: str, language: str) -> str:
        """Whether a pair says again what a seed or another pair said."""
        if self.seen.has(asked):
            return "an input is a seed, or nearly one that was made before"
        known = self.seeds.of(language)
        before, after = self.seeds.frame(language, "input")
        own = asked.removeprefix(before).removesuffix(after)
        shares = [
            copied(own, [one.input for one in known], language),
            copied(output, [one.output for one in known], language),
        ]
        return "a pair copies the words of a seed" if max(shares) > self.recipe.copied else ""

    def _outputs(self, seed: Seed) -> list[str]:
        return [one.output for one in self.seeds.of(seed.language)]

    def _lost_seeds(self) -> Iterator[Dropped]:
        """Lines of the file that are no seeds, on the side that each falls on."""
        for name, reason in self.seeds.lost:
            if self.materials.takes(name):
                yield Dropped(step="draft", id=name, reason=reason)


def _known(language: str) -> str:
    return "zh" if language == "zh" else "en"


def _place(materials: Materials, number: int) -> str:
    grain = materials.grain(number)
    return f"{grain.doc_id}:{grain.start}"
