"""Questions > answers in a strategy that suits the task, learned under a prompt that does not name it.

Prompt erasure (Mitra et al. 2023, "Orca 2: Teaching Small Language Models How to Reason", arXiv
2311.11045).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from longgrain.content_words import TASK_WORDS, content_words
from longgrain.errors import PlanError
from longgrain.facts import facts
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.drawn import drawn
from longgrain.recipes.erasure.asking import read, rehearsed, requests
from longgrain.recipes.erasure.choosing import Scores, ranked, read_scores
from longgrain.recipes.erasure.ruled import Ruled
from longgrain.recipes.erasure.strategies import GENERIC, STRATEGIES, SYSTEM, TASKS
from longgrain.recipes.erasure.wording import ASKING
from longgrain.recipes.in2 import In2
from longgrain.recipes.shares import counts
from longgrain.types import Draft, Dropped, Given, Message, Span

# Questions whose answers are asked for at a time: replies cost money.
GROUP = 8
# A kind takes no more questions than this many times what is wanted, so that the next finds some.
MOST = 3
LANGUAGES = ("en", "zh")
KINDS = ("erasure-one", "erasure-several", "erasure-one-kept", "erasure-several-kept")

Wordings = Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """Answers under a strategy's system message, which a generic one replaces in what is learned.

    Examples have two views, ``teacher`` and ``student``, that differ in the system message alone.
    The ``student`` view is trained on, and the ``teacher`` view in the share that is not erased.
    """

    name: ClassVar[str] = "erasure"
    source: ClassVar[str] = "Mitra et al. 2023, arXiv 2311.11045"

    erased: float = 1.0
    """Share of examples that are learned under the generic message."""
    several: float = 0.25
    """Share of questions that need several places."""
    scores: str | Mapping[str, Mapping[str, float]] = ""
    """The student's scores: task > strategy > score, or a JSON file of that or of `longgrain score`."""
    figure: str = ""
    """Which figure of the output of `longgrain score`; the first one if empty."""
    systems: Wordings = field(default_factory=lambda: dict(SYSTEM))
    """Strategy > language > wordings of the teacher's system message."""
    generic: Wordings = field(default_factory=lambda: dict(GENERIC))
    """Style > language > wordings of the student's system message; "" stands for no message."""
    styles: Mapping[str, float] = field(default_factory=lambda: {"plain": 0.5, "cautious": 0.5})
    """Shares of the styles."""
    shown: int = 3
    """Grains beside the evidence that a language model sees when it answers."""

    def __post_init__(self) -> None:
        for name, share in (("erased", self.erased), ("several", self.several)):
            if not 0 <= share <= 1:
                raise PlanError(f"erasure {name} {share}: a share is 0 to 1")
        if self.shown < 0:
            raise PlanError(
                f"erasure shown {self.shown}: give 0 or more grains beside the evidence"
            )
        unknown = sorted(set(self.systems) - set(STRATEGIES))
        missing = sorted(set(STRATEGIES) - set(self.systems))
        if unknown or missing:
            raise PlanError(
                f"erasure systems: {', '.join(unknown or missing)} "
                f"{'is no strategy' if unknown else 'has no system message'}; there are "
                f"{', '.join(STRATEGIES)}"
            )
        if not any(self.styles.values()) or min(self.styles.values()) < 0:
            raise PlanError(
                f"erasure styles {dict(self.styles)}: one share must be above 0, none below"
            )
        for style, share in self.styles.items():
            if share and style not in self.generic:
                raise PlanError(
                    f"erasure styles: {style!r} has no wordings; give them under generic, or one of "
                    f"{', '.join(self.generic)}"
                )
        _check_words("systems", self.systems, may_be_empty=False)
        _check_words("generic", self.generic, may_be_empty=True)
        for leak in leaks(self.systems, self.generic):
            raise PlanError(leak)
        if not isinstance(self.scores, str):
            read_scores(self.scores)

    def kinds(self, examples: int) -> Mapping[str, int]:
        """Questions about one place and about several, erased and kept."""
        one, several = 1 - self.several, self.several
        shares = (
            *(self.erased * one, self.erased * several),
            *((1 - self.erased) * one, (1 - self.erased) * several),
        )
        return counts(examples, dict(zip(KINDS, shares, strict=True)))

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """One draft for each question whose answer can be had in a strategy.

        All kinds take their questions from two streams, so that none is asked twice.
        """
        scores = self._scores(materials)
        several = kind.startswith("erasure-several")
        stream = _stream(materials, several, wanted)
        made = 0
        while made < MOST * wanted:
            drafts: list[Draft] = []
            size = min(GROUP, max(1, wanted - made)) if materials.prompted else 1
            for item in stream:
                if isinstance(item, Dropped):
                    yield item
                    continue
                drafts.append(item)
                if len(drafts) == size:
                    break
            if not drafts:
                return
            for done in self._answered(kind, drafts, scores, materials):
                made += isinstance(done, Draft)
                yield done

    rehearse = staticmethod(rehearsed)

    def _scores(self, materials: Materials) -> Scores:
        if not isinstance(self.scores, str) or not self.scores:
            return read_scores(self.scores)
        path = materials.path(self.scores)
        return read_scores(path.name, path.parent, self.figure)

    # --- answers ---

    def _answered(
        self, kind: str, drafts: Sequence[Draft], scores: Scores, materials: Materials
    ) -> Iterator[Draft | Dropped]:
        if not materials.prompted:
            for draft in drafts:
                yield self._by_rule(kind, draft, scores, materials)
            return
        chosen = [ranked(task_of(draft), scores)[0] for draft in drafts]
        asking = [
            (draft, strategy, self._system(draft, strategy).text or "")
            for draft, strategy in zip(drafts, chosen, strict=True)
        ]
        sent = requests(asking, materials, shown=self.shown)
        for number, reply in enumerate(materials.ask(sent)):
            draft, strategy, _ = asking[number]
            said = read(reply, draft, sent[number])
            if isinstance(said, Dropped):
                yield said
            else:
                yield self.told(kind, draft, strategy, said, scores)

    def _by_rule(
        self, kind: str, draft: Draft, scores: Scores, materials: Materials
    ) -> Draft | Dropped:
        """In the best strategy that a rule can put into words for this question."""
        task = task_of(draft)
        ruled = Ruled.of(draft, task, materials)
        if ruled is None:
            reason = "the sentence that answers the question cannot be quoted as a whole"
            return Dropped(step="draft", id=draft.id, reason=reason, detail=asked(draft))
        for place, strategy in enumerate(ranked(task, scores)):
            said = ruled.answer(strategy)
            if said:
                if place:
                    materials.count("strategy that no rule can follow here, the next best taken")
                return self.told(kind, draft, strategy, said, scores)
        reason = "no strategy has a sound answer by rule"
        return Dropped(step="draft", id=draft.id, reason=reason, detail=asked(draft))

    # --- messages ---

    def _system(self, draft: Draft, strategy: str) -> Span:
        return _given(strategy, self.systems[strategy], draft)

    def _style(self, draft: Draft) -> str:
        """A style by its share, always the same for the same question."""
        place = drawn(1 << 32, "erasure", draft.id, "style") / (1 << 32) * sum(self.styles.values())
        for style, share in self.styles.items():
            if place < share:
                return style
            place -= share
        return next(reversed([one for one, share in self.styles.items() if share]))

    def told(
        self, kind: str, draft: Draft, strategy: str, said: Sequence[Span], scores: Scores
    ) -> Draft:
        """A question's draft with its answer, under the strategy's message and under the generic one."""
        task, style = task_of(draft), self._style(draft)
        user = next(one for one in draft.messages if one.speaker == "user")
        turns = (user, Message(speaker="assistant", spans=tuple(said)))
        views = {
            "teacher": _under(self._system(draft, strategy), turns),
            "student": _under(_given(style, self.generic[style], draft), turns),
        }
        kept = kind.endswith("-kept")
        trained, other = ("teacher", "student") if kept else ("student", "teacher")
        return Draft(
            recipe=self.name,
            seed=draft.seed,
            evidence=draft.evidence,
            messages=views[trained],
            answer=draft.answer,
            meta={
                **draft.meta,
                "kind": kind,
                "task": task,
                "category": "several places" if "several" in kind else "one place",
                "strategy": strategy,
                "task_strategy": f"{task}/{strategy}",
                "by_score": strategy in scores.get(task, {}),
                "generic": style,
                "view": trained,
            },
            views={other: views[other]},
        )


def task_of(draft: Draft) -> str:
    """What is asked for: the form; of a model's own words the kind of the one fact that the answer is."""
    form = str(draft.meta["form"])
    if form in TASKS and form != "free":
        return form
    if len(draft.evidence) > 1:
        return "joined"
    language = "zh" if draft.meta["language"] == "zh" else "en"
    whole = [
        one.kind
        for one in facts(draft.answer, language, names=True)  # type: ignore[arg-type]
        if one.end - one.start == len(draft.answer.strip())
    ]
    return whole[0] if whole else "free"


def leaks(systems: Wordings, generic: Wordings) -> Iterator[str]:
    """Which generic messages tell a word of which strategy, by the rule of the check `erased`."""
    neutral = content_words(" ".join(TASK_WORDS))
    for strategy, spoken in systems.items():
        told = set[str]()
        for wordings in spoken.values():
            told |= content_words(" ".join(wordings)) - neutral
        for style, ours in generic.items():
            for words in (one for wordings in ours.values() for one in wordings):
                if shared := sorted(told & content_words(words)):
                    yield (
                        f"erasure generic {style!r}: {words!r} has words of the strategy "
                        f"{strategy!r} ({', '.join(shared)}), so the student would be told of it; "
                        "say it otherwise"
                    )


def _check_words(name: str, words: Wordings, *, may_be_empty: bool) -> None:
    for key, spoken in words.items():
        for language in LANGUAGES:
            wordings = spoken.get(language, ())
            if not wordings or not (may_be_empty or all(one.strip() for one in wordings)):
                raise PlanError(
                    f"erasure {name} {key!r}: there is no wording in {language!r}; give a list for "
                    "en and one for zh"
                )


def _stream(materials: Materials, several: bool, wanted: int) -> Iterator[Draft | Dropped]:
    """The questions of one side, each once, over all kinds."""
    key = f"erasure {'several' if several else 'one'}"
    if key not in materials.notes:
        in2 = In2()
        materials.notes[key] = (
            in2.questions("erasure", materials, wanted, "integration", asking=ASKING)
            if several
            else in2.questions("erasure", materials, wanted, asking=ASKING)
        )
    stream: Iterator[Draft | Dropped] = materials.notes[key]
    return stream


def _given(name: str, words: Mapping[str, Sequence[str]], draft: Draft) -> Span:
    language = "zh" if draft.meta["language"] == "zh" else "en"
    number = drawn(len(words[language]), "erasure", draft.id, name)
    origin = Given(source="longgrain.erasure", id=f"{name}-{language}-{number}")
    return Span(role="instruction", origin=origin, text=words[language][number])


def _under(system: Span, turns: tuple[Message, ...]) -> tuple[Message, ...]:
    """The turns behind a system message, or alone where it has no words."""
    if not (system.text or "").strip():
        return turns
    return (Message(speaker="system", spans=(system,)), *turns)
