"""Real sections > a plan of their parts, what each is about and how long it is, and the facts that it gives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from longgrain.facts import Fact, facts
from longgrain.protocols import Materials
from longgrain.recipes.continuation.blocks import Block, Blocks, blocks_of, has_markup, marked
from longgrain.recipes.sections import Section, sections
from longgrain.recipes.sft.item import spoken
from longgrain.recipes.sft.passages import boilerplate, once
from longgrain.types import Dropped, Grain, Kind

KINDS: tuple[Kind, ...] = ("document", "part", "chapter", "section")
# More code, tables and formulas than this share of a section are nothing to be planned and written.
MARKED = 0.15
# Characters of what a part is about, by language.
SHORTEST, LONGEST = {"en": 30, "zh": 10}, {"en": 160, "zh": 60}
# Sentences of a part that are looked at for what it is about.
TRIED = 10
# Characters of a fact that is given, and how often a document says a Chinese name.
FACT, NAMED = 32, 3
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff_]+(?:[’'-]\w+)*")
# Nothing but the number of a chapter or an article.
_NUMBERED = re.compile(
    r"[\W_]*(?:(?:chapter|section|part|book|article|act|scene|letter)\W+)?[ivxlcdm\d.]+[\W_]*"
    r"|第[\d〇零一二三四五六七八九十百千两]+[条條章节節回卷编編](?:之[一二三四五六七八九十]+)?\s*"
    r"|[（(]?[一二三四五六七八九十\d]+[)）、.]?",
    re.IGNORECASE,
)
# Items of a list, speech, questions, and what leads to something else.
_SPEAKS = re.compile(r"\A[（(\d*•+-]|[“”「」『』\"]|[?？:：]\W*\Z")
_CLAUSE = re.compile(r"[,;:—，；：]\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a text: all of it, what it is about in the text's own words, its length in words.

    ``cut`` says that ``about`` is the beginning of a sentence that goes on.
    """

    grain: Grain
    about: Grain
    words: int
    cut: bool = False
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A section and its parts, which hold all of its body, in order."""

    section: Section
    body: Grain
    parts: tuple[Part, ...]

    @property
    def words(self) -> int:
        """Of all parts."""
        return sum(one.words for one in self.parts)


def measured(text: str) -> int:
    """Words of English, characters of Chinese."""
    return len(_WORD.findall(text))


def about(words: int) -> int:
    """A number of words as one says it: to the nearest ten, of more than 400 to the nearest fifty."""
    step = 10 if words < 400 else 50
    return max(step, round(words / step) * step)


def whole(materials: Materials, tokens: tuple[int, int]) -> Iterator[Section | Dropped]:
    """Sections, and documents with a title, that are prose; once the reason for each that is not."""
    for section in sections(materials, tokens=tokens, kinds=KINDS):
        words = materials.words(section.body)
        reason = boilerplate(section.title, words)
        if not reason and blocks_of(materials, section.doc_id).is_code:
            reason = "mostly code, tables or formulas"
        if not reason and has_markup(words):
            reason = "markup between the paragraphs"
        if not reason and marked(words) > MARKED:
            reason = (
                "mostly code, tables or formulas"
                if marked(words) > 0.5
                else "much code, tables or formulas"
            )
        if not reason:
            yield section
        elif lost := once(materials, section.body, reason, section.title):
            yield lost


def outlines(
    materials: Materials, tokens: tuple[int, int], parts: tuple[int, int], given: int
) -> Iterator[Outline | Dropped]:
    """The sections of so many tokens that fall into so many parts; ``given`` facts a part at most."""
    for section in whole(materials, tokens):
        if isinstance(section, Dropped):
            yield section
            continue
        blocks = blocks_of(materials, section.doc_id)
        found = _parts(blocks, section, parts)
        told = [part for one in found if (part := _part(blocks, one, given)) is not None]
        if len(told) < len(found) or not parts[0] <= len(told) <= parts[1]:
            reason = "a section does not fall into parts that can be planned"
            if lost := once(materials, section.body, reason, section.title):
                yield lost
            continue
        body = blocks.window(told[0].grain.start, told[-1].grain.end)
        yield Outline(section=section, body=body, parts=tuple(told))


def _parts(blocks: Blocks, section: Section, bounds: tuple[int, int]) -> list[list[Block]]:
    """The blocks of each part: the sections inside this one, or runs of its paragraphs."""
    first, last = blocks.at(section.body.start), blocks.at(section.body.end)
    inside = blocks.listed[first:last]
    while inside and not _says(blocks, inside[-1]):  # an ornament, a heading without text
        inside.pop()
    depth = len(section.grain.path) + 1
    starts = [n for n, one in enumerate(inside) if one.is_heading and len(one.home) == depth]
    if len(starts) >= 2:
        edges = sorted({0, *starts, len(inside)})
        return [inside[a:b] for a, b in pairwise(edges)]
    return _runs(inside, bounds)


def _says(blocks: Blocks, block: Block) -> bool:
    words = blocks.text[block.grain.start : block.grain.end]
    return not block.is_heading and any(one.isalnum() for one in words)


def _runs(inside: Sequence[Block], bounds: tuple[int, int]) -> list[list[Block]]:
    """Runs of blocks of about the same length; a heading stays with what it heads, a paragraph that
    leads to a list with the list."""
    size = sum(one.tokens for one in inside)
    wanted = size / min(max(len(inside) // 2, bounds[0]), bounds[1])
    found: list[list[Block]] = [[]]
    for block in inside:
        full = sum(one.tokens for one in found[-1]) >= 0.75 * wanted
        if found[-1] and full and not found[-1][-1].is_heading and found[-1][-1].is_prose:
            found.append([])
        found[-1].append(block)
    if len(found) > 1 and sum(one.tokens for one in found[-1]) < 0.4 * wanted:
        last = found.pop()
        found[-1] += last
    return found


def _part(blocks: Blocks, inside: Sequence[Block], given: int) -> Part | None:
    """None for a part of which neither heading nor first sentences say what it is about."""
    told = _title(blocks, inside[0]) or _opening(blocks, inside)
    if told is None:
        return None
    grain = blocks.window(inside[0].grain.start, inside[-1].grain.end)
    words = blocks.text[grain.start : grain.end]
    return Part(
        grain=grain,
        about=told[0],
        words=about(measured(words)),
        cut=told[1],
        facts=tuple(_facts(words, blocks.text, spoken(blocks.language), given)),
    )


def _title(blocks: Blocks, block: Block) -> tuple[Grain, bool] | None:
    """The words of a heading without its marks; None where they are but a number."""
    if not block.is_heading:
        return None
    words = blocks.text[block.grain.start : block.grain.end].partition("\n")[0]
    start = len(words) - len(words.lstrip("# \t"))
    end = len(words.rstrip("# \t"))
    if _NUMBERED.fullmatch(words, start, end):
        return None
    return blocks.window(block.grain.start + start, block.grain.start + end), False


def _opening(blocks: Blocks, inside: Sequence[Block]) -> tuple[Grain, bool] | None:
    """The first sentence that tells something, or as much of it as is short enough and ends where a
    clause does, and whether it was cut."""
    language = spoken(blocks.language)
    able = (one for block in inside if block.is_prose for one in blocks.sentences(block))
    for sentence in islice(able, TRIED):
        words = blocks.text[sentence.start : sentence.end].partition("\n")[0].rstrip()
        if len(words) < SHORTEST[language] or _SPEAKS.search(words):
            continue
        end = _cut(words, LONGEST[language])
        return blocks.window(sentence.start, sentence.start + end), end < len(words)
    return None


def _cut(words: str, longest: int) -> int:
    """Where a sentence that is too long is cut: at the end of a clause, else of a word."""
    if len(words) <= longest:
        return len(words)
    ends = [one.start() for one in _CLAUSE.finditer(words) if one.start() <= longest]
    if ends and ends[-1] > longest // 4:
        return ends[-1]
    return max(words.rfind(" ", 0, longest), 0) or longest


def _facts(words: str, text: str, language: str, given: int) -> Iterator[str]:
    """The first names, dates and counted things, as the text has them.

    Where a Chinese name ends is a guess: one that stands in the document once is none.
    """
    seen: set[str] = set()
    for one in facts(words, "zh" if language == "zh" else "en", names=True):
        said = _counted(words, one, language) if one.kind == "number" else one.text.strip()
        useful = one.kind in ("date", "number") or (
            one.kind == "name"
            and (language == "en" or text.count(said) >= NAMED)
            and not any(other in said for other in seen)
        )
        if len(seen) < given and useful and said not in seen and _is_plain(said):
            seen.add(said)
            yield said


def _counted(words: str, fact: Fact, language: str) -> str:
    """A number above ten, or in digits, with what it counts; nothing where that cannot be told."""
    unit, value = fact.unit, fact.value
    telling = isinstance(value, float) and (value > 10 or fact.text[0].isdigit())
    if not telling or unit in _BARE:
        return ""
    if unit in _SIGNS:
        return fact.text
    if language == "zh":
        known = words.startswith(str(unit), fact.end) and str(unit) not in _VAGUE
        return fact.text + str(unit) if known else ""
    noun = _NOUN.match(words, fact.end)
    known = noun is not None and noun[1].casefold().startswith(str(unit)[:3].casefold())
    return words[fact.start : noun.end()] if noun and known else ""


_BARE = (None, "ordinal", "reference", "clock")
_SIGNS = ("%", "$", "£", "€", "￥", "¥")
_VAGUE = "个個种種次下番"
_NOUN = re.compile(r"[ -]([A-Za-z]{2,20})")


def _is_plain(said: str) -> bool:
    return 1 < len(said) <= FACT and not set(said) & set("\n*`|[]<>#;、；")
