"""A plan and a page (text with its sentences) > what each step gives, by rule; and the actions there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from longgrain.facts import (
    Fact,
    FactKind,
    Language,
    combine,
    counted_noun,
    facts,
    fits,
    number_text,
    plain,
)
from longgrain.recipes.pearl.plans import CTX, Action, Argument, Plan, Step
from longgrain.types import Reply

Day = tuple[int, int, int]

BLANK = "____"
# Units of which one is worth saying: one of anything else (一片, one case) mostly counts nothing.
_MEASURES = frozenset(
    """% 千克 公斤 克 吨 米 公里 千米 元 万元 年 天 日 小时 个月 星期 周 倍 岁 周岁 hour day week month year
    minute second mile metre meter kilometre kilogram pound dollar $ £ €""".split()  # noqa: SIM905
)
_NO_QUANTITY = (None, "ordinal", "reference")
# What EXTRACT can be asked for by name, and the kind of fact that it is.
KINDS: Mapping[str, FactKind] = MappingProxyType(
    {
        "quantities": "number", "dates": "date", "names": "name", "terms": "term",
        "数量": "number", "日期": "date", "名称": "name", "术语": "term",
    }
)  # fmt: skip

_EN = {
    "FIND": (("CTX", "X"), "the sentences of CTX that mention X"),
    "EXTRACT": (("CTX", "X"), "what the sentences of CTX say of the kind X, in their order"),
    "COUNT": (("X",), "how many items X has"),
    "CONCAT": (("X",), "all items one after the other"),
    "SUMMARIZE": (("CTX", "X"), "a short account of what CTX says about X"),
    "FIND_REASON": (("CTX", "X"), "why X is so, as far as CTX says it"),
}
_ZH = {
    "FIND": (("CTX", "X"), "CTX 中提到 X 的句子"),
    "EXTRACT": (("CTX", "X"), "CTX 各句中属于 X 这一类的内容，按先后排列"),
    "COUNT": (("X",), "X 共有几项"),
    "CONCAT": (("X",), "把各项依次连在一起"),
    "SUMMARIZE": (("CTX", "X"), "简述 CTX 中关于 X 的内容"),
    "FIND_REASON": (("CTX", "X"), "CTX 中说明的 X 的原因"),
}
_FURTHER = {
    "en": {"DIFFERENCE": "by how much the numbers differ", "SUM": "the numbers added up"},
    "zh": {"DIFFERENCE": "各数相差多少", "SUM": "各数之和"},
}


def _table(entries: Mapping[str, tuple[tuple[str, ...], str]]) -> Mapping[str, Action]:
    made = {
        name: Action(name, parameters, meaning, name == "CONCAT")
        for name, (parameters, meaning) in entries.items()
    }
    return MappingProxyType(made)


# Known to every plan, by language.
SEEDS: Mapping[Language, Mapping[str, Action]] = {"en": _table(_EN), "zh": _table(_ZH)}


def further(name: str, arguments: int, language: Language) -> Action:
    """An action that a plan brings along and that a rule can do, for so many arguments."""
    return Action(name, tuple("ABCDEFGH"[:arguments]), _FURTHER[language][name])


class CannotDoError(ValueError):
    """A step that no rule can do, or that comes to nothing."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a step gives: where it stands in the page, if it is a quote; its value, if it
    is a number or a date; whose words it is."""

    text: str
    place: tuple[int, int] | None = None
    value: float | Day | None = None
    origin: Reply | None = None


Items = tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A text and its sentences as offsets."""

    text: str
    sentences: Sequence[tuple[int, int]]
    language: Language

    @property
    def items(self) -> Items:
        """Every sentence."""
        return tuple(Item(self.text[a:b], (a, b)) for a, b in self.sentences)


@dataclass(frozen=True, slots=True)
class Done:
    """What each step of a plan gave, by output; ``answer`` joins the outputs that no step uses."""

    outputs: Mapping[str, Items] = field(default_factory=dict)
    results: tuple[str, ...] = ()

    @property
    def answer(self) -> str:
        """The items of the results, a line each."""
        return "\n".join(item.text for name in self.results for item in self.outputs[name])


def execute(plan: Plan, page: Page) -> Done:
    """Every step by rule. Raises CannotDoError for an action without a rule, or an empty outcome."""
    outputs: dict[str, Items] = {}
    for step in plan.steps:
        outputs[step.output] = _done(step, page, outputs)
    return Done(outputs, plan.results)


def _done(step: Step, page: Page, outputs: Mapping[str, Items]) -> Items:
    rule = _RULES.get(step.action)
    if rule is None:
        raise CannotDoError(f"there is no rule for {step.action}; a language model has to do it")
    found = rule([_value(one, page, outputs) for one in step.arguments], page)
    if not found:
        raise CannotDoError(f"{step.action} finds nothing")
    return found


def _value(argument: Argument, page: Page, outputs: Mapping[str, Items]) -> Items:
    if argument.quoted:
        return (Item(argument.text),)
    return page.items if argument.text == CTX else outputs[argument.text]


def mentions(sentence: str, words: str) -> bool:
    """Whether a sentence has these words, in any case and, in scripts with spaces, as whole words."""
    said, wanted = plain(sentence).casefold(), plain(words).casefold().strip()
    before = r"(?<![^\W_\u3400-\u9fff])" if wanted[:1].isascii() else ""
    after = r"(?![^\W_\u3400-\u9fff])" if wanted[-1:].isascii() else ""
    return bool(wanted) and re.search(before + re.escape(wanted) + after, said) is not None


def _find(values: Sequence[Items], page: Page) -> Items:
    where, what = values
    if BLANK in what[0].text:
        return tuple(item for item in where if any(_fillings(what[0].text, item, page)))
    wanted = [one.text for one in what]
    return tuple(item for item in where if any(mentions(item.text, one) for one in wanted))


def _fillings(statement: str, item: Item, page: Page) -> Sequence[Fact]:
    """What stands in a sentence at the blank of a statement."""
    before, _, after = statement.partition(BLANK)
    for kind in ("number", "date", "name"):
        held = {"before": before, "after": after, "kind": kind}
        if found := list(fits(held, item.text, page.language)):
            return found
    return ()


def _extract(values: Sequence[Items], page: Page) -> Items:
    where, (what, *_) = values
    if BLANK in what.text:
        return tuple(
            Item(fact.text, value=fact.value)
            for item in where
            for fact in _fillings(what.text, item, page)
        )
    kind = KINDS.get(what.text.strip().lower())
    if kind is None:
        raise CannotDoError(f"EXTRACT knows {', '.join(KINDS)} by rule, not {what.text!r}")
    found = []
    for item in where:
        for fact in facts(item.text, page.language, names=kind == "name"):
            end = _end(fact, item.text, page.language)
            if fact.kind == kind and end:
                start = item.place[0] if item.place else 0
                place = (start + fact.start, start + end) if item.place else None
                found.append(Item(item.text[fact.start : end], place, fact.value))
    return tuple(found)


def _end(fact: Fact, text: str, language: Language) -> int:
    """Where a fact ends, what it counts included; 0 for a number that counts nothing, or one thing."""
    if fact.kind != "number":
        return fact.end
    small = isinstance(fact.value, float) and fact.value < 2
    if fact.unit in _NO_QUANTITY or (small and fact.unit not in _MEASURES):
        return 0
    if language == "zh":
        return (
            fact.end + len(fact.unit or "")
            if text.startswith(fact.unit or "", fact.end)
            else fact.end
        )
    noun = counted_noun(text, fact.end)
    return text.index(noun, fact.end) + len(noun) if noun else fact.end


def _count(values: Sequence[Items], page: Page) -> Items:
    return (Item(str(len(values[0])), value=float(len(values[0]))),)


def _concat(values: Sequence[Items], page: Page) -> Items:
    return tuple(item for value in values for item in value)


def _numbers(values: Sequence[Items]) -> list[Fact]:
    """The one number or date of each argument."""
    found = []
    for value in values:
        if len(value) != 1:
            raise CannotDoError(f"one number was wanted, here are {len(value)}")
        if value[0].value is None:
            raise CannotDoError(f"{value[0].text!r} is no number")
        text = value[0].text
        found.append(Fact(kind="number", start=0, end=len(text), text=text, value=value[0].value))
    return found


def _difference(values: Sequence[Items], page: Page) -> Items:
    return (Item(combine("compare", _numbers(values))),)


def _sum(values: Sequence[Items], page: Page) -> Items:
    amounts = [one.value for one in _numbers(values) if isinstance(one.value, float)]
    if len(amounts) != len(values):
        raise CannotDoError("dates cannot be added")
    return (Item(number_text(sum(amounts))),)


_RULES: Mapping[str, Callable[[Sequence[Items], Page], Items]] = MappingProxyType(
    {
        "FIND": _find,
        "EXTRACT": _extract,
        "COUNT": _count,
        "CONCAT": _concat,
        "DIFFERENCE": _difference,
        "SUM": _sum,
    }
)
