"""A question with its evidence, and a strategy > the answer in that strategy by rule, or None where none is sound."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any

import numpy as np

from longgrain.facts import Fact, combine, facts, number_text, plain, same_answer
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.drawn import drawn
from longgrain.recipes.erasure import wording
from longgrain.recipes.erasure.strategies import BY_RULE, SINGLE
from longgrain.recipes.misread import counted
from longgrain.recipes.quoting import Said, is_readable, marks, quoted, rests_on, sentences_of
from longgrain.recipes.script import written
from longgrain.terms import held, terms
from longgrain.types import Draft, Given, Span

# Sentences that are recalled beside the one that answers.
BESIDE = 2
# Characters that question and sentence have in common, at least, to be explained by.
SHORTEST = {"en": 12, "zh": 5}
LONGEST = {"en": 60, "zh": 40}
_EDGES = " ,.;:，。；：、"
# Where a run of words is parted: at quotation marks (no apostrophes), blanks to fill, omissions.
_QUOTES = re.compile(r"[“”‘「」『』\"…]|__+|(?<![A-Za-z])['’]|['’](?![A-Za-z])")


@dataclass(frozen=True, slots=True)
class Ruled:
    """Answers to one question; ``said`` are the sentences that it needs, in its order."""

    draft: Draft
    task: str
    said: tuple[Said, ...]
    materials: Materials

    @classmethod
    def of(cls, draft: Draft, task: str, materials: Materials) -> Ruled | None:
        """None where a sentence of the evidence cannot be quoted as a whole."""
        said = rests_on(draft, materials)
        return cls(draft, task, tuple(said), materials) if said else None

    def answer(self, strategy: str) -> list[Span] | None:
        """All that the assistant says; None where the strategy has no sound answer to this question."""
        if strategy not in BY_RULE[self.task]:
            return None
        last = [replace(one, loss=1.0) for one in _answers(self.draft)]
        if strategy == "direct":
            return last
        before = {
            "extract-then-generate": self._extracted,
            "explain-then-answer": self._explained,
            "recall-then-generate": self._recalled,
            "step-by-step": self._steps,
            "recall-reason-generate": self._reasoned,
        }[strategy]()
        return [*before, self._ours("\n\n"), *last] if before else None

    # --- the strategies ---

    def _extracted(self) -> list[Span]:
        return [self._ours(self._one("extract", wording.EXTRACT)), *self._listed(self._distinct())]

    def _explained(self) -> list[Span] | None:
        said = self.said[0]
        block = common_words(asked(self.draft), said.text, self.language)
        if not block:
            return None
        pairs = wording.EXPLAIN[self.language]
        before, after = pairs[drawn(len(pairs), "erasure", self.draft.id, "explain")]
        known = {"block": block, "gold": self._gold(), "kind": self._kind()}
        lead, end = (self._written(one).format(**known) for one in (before, after))
        return [self._ours(lead), *self._listed([said]), self._ours(f"\n{end}")]

    def _recalled(self) -> list[Span] | None:
        said = self._beside()
        lead = self._ours(self._one("recall", wording.RECALL))
        return [lead, *self._listed(said)] if len(said) > 1 else None

    def _reasoned(self) -> list[Span] | None:
        single = self.task in SINGLE
        said = self._beside() if single else self._distinct()
        reason = self._chosen(said) if single else self._joined()
        if len(said) < 2 or not reason:
            return None
        lead = self._ours(self._one("recall", wording.RECALL))
        return [lead, *self._listed(said, numbered=single), self._ours(f"\n\n{reason}")]

    def _steps(self) -> list[Span] | None:
        found = self._values()
        last = self._result(found) if found else None
        if not found or last is None:
            return None
        spans: list[Span] = []
        for number, (said, step) in enumerate(zip(self.said, self._each(found), strict=True), 1):
            opening, closing, gap = marks(said, self.language, asked(self.draft))
            start = f"{number}." + (" " if self.language == "zh" and "\n" not in opening else "")
            spans += [
                self._ours(("\n" if number > 1 else "") + start + opening),
                quoted(said, "reasoning", 1.0),
                self._ours(f"{closing}{gap}{step}"),
            ]
        return [*spans, self._ours(f"\n{len(found) + 1}. {last}")] if last else spans

    # --- what the sentences give ---

    def _values(self) -> list[Fact] | None:
        """The fact of each sentence that the question needs; None if one is not found again."""
        operands = [plain(str(one)) for one in self.draft.meta["operands"]]
        found = []
        for said, operand in zip(self.said, operands, strict=True):
            known = facts(said.text, self.language, names=True)  # type: ignore[arg-type]
            fact = next((one for one in known if plain(one.text) == operand), None)
            if fact is None:
                return None
            found.append(fact)
        return found

    def _each(self, found: Sequence[Fact]) -> list[str]:
        """What each sentence gives."""
        shown = self._shown(found)
        if self.draft.meta["form"] != "bridge":
            step = self._written(wording.GIVES[self.language])
            return [step.format(value=one) for one in shown]
        name, value = plain(found[0].text), shown[1]
        first = self._written(wording.HIDES[self.language]).format(name=name)
        second = self._written(wording.LEADS[self.language]).format(name=name, value=value)
        return [first, second]

    def _shown(self, found: Sequence[Fact]) -> list[str]:
        pairs = zip(found, self.said, strict=True)
        return [counted(fact, plain(fact.text), said.text, self.language) for fact, said in pairs]

    def _result(self, found: Sequence[Fact]) -> str | None:
        """The last step; "" where there is nothing to compute, None where it comes out otherwise."""
        form, meta = str(self.draft.meta["form"]), self.draft.meta
        descending = bool(meta.get("descending"))
        if form == "bridge":
            return "" if same_answer(plain(found[1].text), self.draft.answer) else None
        if any(_value(one) is None for one in found):
            return None
        answer = combine(form, found, descending=descending)
        if not same_answer(answer, self.draft.answer):
            return None
        values = [_value(one) or 0.0 for one in found]
        stop = "。" if self.language == "zh" else "."
        if form == "compare":
            return f"{number_text(max(values))} - {number_text(min(values))} = {answer}{stop}"
        if form == "sum":
            return f"{' + '.join(map(number_text, values))} = {answer}{stop}"
        return self._in_order(found, descending)

    def _in_order(self, found: Sequence[Fact], descending: bool) -> str:
        shown = self._shown(found)
        order = sorted(
            range(len(found)),
            key=lambda one: found[one].value,  # type: ignore[arg-type, return-value]
            reverse=descending,
        )
        chinese = self.language == "zh"
        form, glue = ("{}（{}）", "、") if chinese else ("{} ({})", ", ")
        items = glue.join(form.format(chr(ord("A") + one), shown[one]) for one in order)
        way = ("date " if found[0].kind == "date" else "") + ("down" if descending else "up")
        return self._written(wording.SORTED[self.language][way]).format(items=items)

    def _joined(self) -> str | None:
        """What follows from all sentences together."""
        found = self._values()
        last = self._result(found) if found else None
        if not found or last is None:
            return None
        if self.draft.meta["form"] == "bridge":
            return ("" if self.language == "zh" else " ").join(self._each(found))
        return last

    def _chosen(self, said: Sequence[Said]) -> str:
        known = {
            "place": said.index(self.said[0]) + 1,
            "gold": self._gold(),
            "kind": self._kind(),
        }
        return self._one("reason", wording.REASON).format(**known)

    # --- sentences ---

    def _distinct(self) -> list[Said]:
        return list(dict.fromkeys(self.said))

    def _beside(self) -> list[Said]:
        """The sentence that answers, and those of its grain that share most with the question, in order."""
        own = self.said[0]
        others = [
            one
            for one in sentences_of(self.materials, own.number)
            if one.grain.end <= own.grain.start or one.grain.start >= own.grain.end
            if is_readable(one, self.language)
        ]
        wanted = np.unique(terms(asked(self.draft))[0])
        shared = held(wanted, [one.text for one in others]).tolist() if others else []
        apart = [abs(one.grain.start - own.grain.start) for one in others]
        order = sorted(range(len(others)), key=lambda one: (-shared[one], apart[one]))
        ranks = order[:BESIDE]
        return sorted([own, *(others[one] for one in ranks)], key=lambda one: one.grain.start)

    def _listed(self, said: Sequence[Said], *, numbered: bool = False) -> list[Span]:
        spans = []
        for number, one in enumerate(said, 1):
            mark = f"\n{number}. " if numbered else "\n> "
            spans += [self._ours(mark), quoted(one, "reasoning", 1.0)]
        return spans

    # --- words ---

    @property
    def language(self) -> str:
        """The language of our words."""
        return "zh" if self.draft.meta["language"] == "zh" else "en"

    def _fact(self) -> Fact | None:
        """The answer as a fact of its sentence."""
        known = facts(self.said[0].text, self.language, names=True)  # type: ignore[arg-type]
        return next((one for one in known if same_answer(plain(one.text), self.draft.answer)), None)

    def _gold(self) -> str:
        fact = self._fact()
        if fact is None:
            return self.draft.answer
        return counted(fact, plain(fact.text), self.said[0].text, self.language)

    def _kind(self) -> str:
        fact, words = self._fact(), wording.KINDS[self.language]
        return self._written(
            words.get(f"{self.task}:{fact.unit if fact else ''}", words[self.task])
        )

    def _one(self, name: str, words: Mapping[str, Sequence[str]]) -> str:
        wordings = words[self.language]
        return self._written(wordings[drawn(len(wordings), "erasure", self.draft.id, name)])

    def _written(self, words: str) -> str:
        return written(words, asked(self.draft))

    def _ours(self, words: str) -> Span:
        given = Given(source="longgrain.erasure", id="answer")
        return Span(role="reasoning", origin=given, text=words, loss=1.0)


def common_words(question: str, sentence: str, language: str) -> str:
    """The longest run of whole words that stands in both, cut where it is long; "" if it is short."""
    said = plain(sentence)
    matcher = SequenceMatcher(None, question, said, autojunk=False)
    best = ""
    for block in matcher.get_matching_blocks():
        words = said[block.b : block.b + block.size]
        if language == "en":
            words = _whole(said, block.b, block.b + block.size)
        parts = _QUOTES.split(words)
        if language == "zh":  # cut at clauses, since nothing shows where a word ends
            parts = [clause for part in parts for clause in re.split("[，；：。]", part)]
        for part in parts:
            part = _paired(_cut(part.strip(_EDGES), LONGEST[language], language))
            best = max(best, part, key=len)
    return best if len(best) >= SHORTEST[language] else ""


def _whole(text: str, start: int, end: int) -> str:
    """The stretch without words that are cut at its ends."""
    while start < end and start > 0 and text[start - 1].isalnum() and text[start].isalnum():
        start += 1
    while end > start and end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
        end -= 1
    return text[start:end]


def _cut(words: str, size: int, language: str) -> str:
    if len(words) <= size:
        return words
    return words[:size] if language == "zh" else words[:size].rpartition(" ")[0]


def _paired(words: str) -> str:
    """Without a mark of code at either end that has lost its partner."""
    if words.count("`") % 2:
        words = max(words.partition("`")[2], words.rpartition("`")[0], key=len)
    return words.strip(_EDGES)


def _value(fact: Fact) -> float | None:
    """What is computed with: the year of a date."""
    value: Any = fact.value
    return float(value[0]) if isinstance(value, tuple) else value


def _answers(draft: Draft) -> list[Span]:
    spans = (span for message in draft.messages for span in message.spans)
    return [one for one in spans if isinstance(one, Span) and one.role == "answer"]
