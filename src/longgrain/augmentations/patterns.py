"""An instruction or a question in longgrain's own words > other ways of saying it, by pattern.

Each pattern is a rule of grammar, not of a recipe: it fits or it does not, whoever wrote the words.
Pronouns that would come before what they stand for are a reason not to fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from longgrain.scripts import traditional

# Verbs with which our instructions and questions begin when they tell somebody to do something.
_VERBS = (
    "Read|Use|Study|Answer|Find|Give|Condense|Shorten|Combine|Extract|List|Write|Complete|Summari[sz]e|"
    "Decide|Select|Choose|Show|Set out|Verify|Check|Collect|Quote|Name|Put|Arrange|Count|Compare|Take|"
    "Bring|Say|State|Point|Tell|Look|Work|Reply|Describe|Explain|Identify|Locate|Plan|Draw|Make|Go"
)
_BACK = r"(?!.*\b(?:it|its|them|their|they|this|these|those|one)\b)"
_IMPERATIVE = "阅读|通读|回答|找|写|列|数|摘|求|判断|判定|选|压缩|提取|抽取|概括|排列|综合|引用|抄|说明|指出|补|把|将|用|按|从|只|先"


class Pattern(NamedTuple):
    """``form`` fits the whole of a sentence; ``said`` are what it may become."""

    name: str
    form: re.Pattern[str]
    said: tuple[str, ...]


def _pattern(name: str, form: str, *said: str) -> Pattern:
    return Pattern(name, re.compile(form, re.DOTALL), said)


# For one sentence of an instruction. ``{B}`` is group b with a capital, ``{b}`` with a small letter.
INSTRUCTIONS = {
    "en": (
        _pattern(
            "read-and", r"Read (?P<a>[^,.;:]+?) and (?P<b>(?:answer|select|decide|complete|find)\b[^.;:]+)\.",
            "After reading {a}, {b}.", "Once you have read {a}, {b}.", "Please read {a} and {b}.",
        ),
        _pattern(
            "study-then", r"(?:Study|Read) (?P<a>[^,.;:]+?), then (?P<b>[^.;:]+)\.",
            "After reading {a}, {b}.", "First study {a}, then {b}.", "Please study {a}, then {b}.",
        ),
        _pattern(
            "use-to", rf"Use (?P<a>[^,.;:]+?) to (?P<b>answer\b{_BACK}[^.;:]+)\.",
            "{B}, using {a}.", "{B} with the help of {a}.", "Please use {a} to {b}.",
        ),
        _pattern(
            "answer-from", rf"Answer (?P<a>{_BACK}(?:the|every|each|all)\b[^,.;:]*?questions?[^,.;:]*?) from (?P<b>{_BACK}[^,.;:]+)\.",
            "From {b}, answer {a}.", "Use {b} to answer {a}.", "Please answer {a} from {b}.",
        ),
        _pattern(
            "find-in", rf"Find in (?P<a>[^,.;:]+?) (?P<b>what {_BACK}[^,.;:]+)\.",
            "Look in {a} for {b}.", "Search {a} for {b}.", "Please find in {a} {b}.",
        ),
        _pattern(
            "before-you", rf"(?P<a>[A-Z][^,.;:]+?) before you (?P<b>{_BACK}[^,.;:]+)\.",
            "Before you {b}, {a}.", "Please {a} before you {b}.",
        ),
        _pattern("below", r"Below (?P<v>is|are|stand|stands) (?P<a>an? [^,.;:]+|[a-z][^,.;:]+)\.", "Here {v} {a}."),
        _pattern(
            "imperative", rf"(?P<a>(?:{_VERBS})\b.+)\.",
            "Please {a}.", "Your task: {a}.", "What you are to do: {a}.",
        ),
        _pattern("prohibition", r"(?P<a>Do not [^.]+)\.", "Please {a}."),
    ),
    "zh": (
        _pattern(
            "read-then", r"(?:请)?(?:先)?(?:阅读|通读)(?P<a>[^，。；：]+)，(?:然后|再)?(?P<b>(?:简要|简短)?(?:回答|选出|判断)[^。；：]+)。",
            "读完{a}后，请{b}。", "请在读完{a}之后{b}。", "请仔细阅读{a}，然后{b}。",
        ),
        _pattern(
            "by-answer", r"(?:请)?(?:根据|依据)(?P<a>[^，。；：的]+(?:的内容)?)，?(?P<b>回答[^，。；：]+)。",
            "请{b}，以{a}为依据。", "{b}时，请以{a}为依据。", "请依照{a}{b}。",
        ),
        _pattern(
            "consult", r"请查阅(?P<a>[^，。；：]+)，(?P<b>回答[^。；：]+)。",
            "请{b}，答案在{a}里。", "查阅{a}之后，请{b}。",
        ),
        _pattern("please", r"请(?P<a>(?!问|教|看)[^。]+)。", "麻烦你{a}。", "烦请{a}。", "现在请{a}。"),
        _pattern("imperative", rf"(?P<a>(?!.*请)(?:{_IMPERATIVE})[^。]+)。", "请{a}。", "请你{a}。", "现在请{a}。"),
    ),
}  # fmt: skip
# For a whole question: what is asked stands as it is, or the blank is spoken of in another way.
QUESTIONS = {
    "en": (
        _pattern(
            "missing", r"What (?P<a>[a-z]+(?: [a-z]+)?) is missing from (?P<b>“.+”)\?",
            "Which {a} is missing from {b}?", "Which {a} does {b} lack?", "In {b}, which {a} is missing?",
        ),
        _pattern(
            "imperative", rf"(?P<a>(?:{_VERBS})\b.+)",
            "Please {a}", "Here is what I need: {a}", "Could you help me with this? {A}",
        ),
        _pattern(
            "asked", r"(?P<a>(?:What|Which|Who|Whom|Whose|When|Where|Why|How|In what|With what|With which|By how|At what|On what|Is|Are|Does|Do|Did)\b.+\?)",
            "Please tell me: {a}", "Here is what I would like to know: {a}", "Can you tell me? {A}",
            "I have a question: {a}", "What I need to know: {a}",
        ),
    ),
    "zh": (
        _pattern("please", r"请(?P<a>(?!问|教|看)[^？]+。)", "麻烦你{a}", "烦请{a}", "有件事请你帮忙：请{a}"),
        _pattern(
            "asked", r"(?P<a>(?!请|我|你|帮)[^。]+？)",
            "请问：{a}", "我想知道：{a}", "请告诉我：{a}", "想请教您：{a}", "有个问题：{a}",
        ),
    ),
}  # fmt: skip
_SENTENCE = re.compile(r"[^.。!！?？]+(?:\.(?!\s|$)[^.。!！?？]+)*[.。!！?？]+")


def said_otherwise(
    text: str, role: str, language: str, *, hant: bool = False
) -> Iterator[tuple[str, str]]:
    """Other ways of saying a text, each with the name of its pattern; none where no pattern fits.

    ``hant`` has what is added written in Traditional Chinese.
    """
    filled = _filled_in_traditional if hant else _filled
    if role == "question":
        for pattern in QUESTIONS[language]:
            if match := pattern.form.fullmatch(text):
                yield from ((pattern.name, filled(said, match)) for said in pattern.said)
                return
        return
    for sentence in _SENTENCE.finditer(text):
        words = sentence[0].strip()
        start = sentence.start() + sentence[0].index(words)
        for pattern in INSTRUCTIONS[language]:
            if match := pattern.form.fullmatch(words):
                for said in pattern.said:
                    told = filled(said, match)
                    yield pattern.name, text[:start] + told + text[start + len(words) :]
                break


def _filled_in_traditional(said: str, match: re.Match[str]) -> str:
    return _filled(traditional(said), match)


def _filled(said: str, match: re.Match[str]) -> str:
    """The groups in their places: a small letter inside a sentence, a capital where it begins one."""
    values: dict[str, str] = {}
    for name, words in match.groupdict().items():
        values[name] = words if _is_name(words) else words[:1].lower() + words[1:]
        values[name.upper()] = words[:1].upper() + words[1:]
    return said.format(**values)


def _is_name(words: str) -> bool:
    """Whether the first word keeps its capital: JSON, I, a quotation."""
    first = words.split(" ", 1)[0]
    return first == "I" or first[1:] != first[1:].lower()
