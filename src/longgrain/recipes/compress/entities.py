"""A text > its entities with attributes, and relations between them, as far as patterns are sound.

Types, attributes and relations are words of the text's language; every name and value stands in the
text as it is given, so each can be looked up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from longgrain.facts import Fact, counted_noun, facts
from longgrain.fidelity import pieces

Table = dict[str, list[dict[str, Any]]]

TYPES: Mapping[str, Mapping[str, str]] = {
    "en": {
        **{"person": "person", "place": "place", "organisation": "organisation", "name": "name"},
        **{"title": "document", "term": "term", "article": "section"},
    },
    "zh": {
        **{"person": "人物", "place": "地点", "organisation": "机构", "name": "名称"},
        **{"title": "文件", "term": "术语", "article": "条款"},
    },
}
ATTRIBUTES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "short": "abbreviation",
        "means": "definition",
        "date": "dates beside it",
        "number": "amounts beside it",
        "also": "also called",
    },
    "zh": {
        "short": "简称",
        "means": "定义",
        "date": "同句日期",
        "number": "同句数量",
        "also": "又称",
    },
}
RELATIONS = {
    "en": {"refers": "refers to", "beside": "named together with"},
    "zh": {"refers": "援引", "beside": "同句出现"},
}
_COUNT_NOTHING = ("ordinal", "reference", "clock", None)
# Values of one attribute, and pairs of names, that a table has at most.
VALUES, PAIRS = 6, 12

_HAN = "\u3400-\u9fff"
_ORGANISATION = re.compile(
    "[院部委局会會司学學厅廳署会處处所团團行府庭社党黨队隊关關构構织織校](?<!有关)$"
)
_PLACE = re.compile("[省市县縣州区區国國镇鎮村山江河湖海岛島港府城京庄莊街路]$")
_MEANS = {
    "zh": re.compile(
        rf"(?:^|[。；\s])(?:本[法编章节条办解规][^，。]{{0,4}})?(?:所称的?)?(?P<term>[{_HAN}A-Za-z“”]{{2,16}}?)"
        r"，?(?:是指|系指|即指)(?P<means>[^。；]{4,120}?)(?=[。；]|$|，[^，。；]{2,20}(?:是指|系指))"
    ),
    "en": re.compile(
        r"(?:^|(?<=[.!?]\s))(?:\*\*|An?\s|The\s)?(?P<term>[A-Za-z][\w’'-]*(?:\s[\w’'-]+){0,3}?)(?:\*\*)?"
        r"\s(?:is|are|means|refers\sto)\s(?P<means>(?:an?|the|any|one)\s[^.;\n]{8,200})"
    ),
}
_NO_TERM = re.compile(
    r"(?:this|that|these|those|it|they|he|she|we|you|i|there|here|what|who|which|where|when|if|as|one"
    r"|such|each|every|another|some|all|first|second|third|in|on|at|for|by|with|and|but|or|so)\b"
    r"|[这那它他她该此其]|什么|本",
    re.IGNORECASE,
)
_SHORT = {
    "en": re.compile(
        r"(?P<long>[A-Z][\w’-]*(?:\s(?:of|and|for|the|[A-Z][\w’-]*))+)\s\((?P<short>[A-Z][A-Za-z]{1,7})\)"
    ),
    "zh": re.compile(
        r"《?(?P<long>[^《》，。；（）\s]{4,40})》?（(?:以下)?简称[“《]?(?P<short>[^”》（）]{1,20})[”》]?）"
    ),
}
_TITLED = re.compile(
    r"(?:Mr|Mrs|Ms|Miss|Dr|Sir|Lady|Lord|Captain|Colonel|Professor|Inspector)\b\.?\s"
)
_TITLES = {"King", "Queen", "Majesty", "Lord", "Lady", "Sir", "Doctor", "Captain", "Professor"}
# 申请人 and 申请书 are tagged as names of persons.
_NOBODY = ("人", "书", "权", "法", "金", "证", "款", "物")
# General Requirements and Major Changes are nobody.
_OTHER_WORDS = ("General ", "Major ", "Count ", "President ", "Father ", "Sister ")
_ARTICLE = re.compile(r"第[〇零一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十])?")
_NUMBERED = re.compile(r"(?:^|\s|>)(\d+(?:\.\d+)+)(?=\s)")
_REFERS = {
    "zh": re.compile(
        r"(?:本法|本解释|本规定|本条例|依照|根据|按照)(?:第[^，。；]{1,12}?[编章节])*(第[〇零一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十])?)"
    ),
    "en": re.compile(r"\bSections?\s(\d+(?:\.\d+)+)"),
}


def entities_of(text: str, language: str) -> Table:
    """The table of a text in the order of first mention.

    A date or an amount beside a name is the only one of a sentence that names nobody else. Two names are
    related where two sentences name both, articles and sections where one refers to the other.
    """
    spoken = "zh" if language.startswith("zh") else "en"
    found = _Found(text, spoken)
    for start, end in pieces(text):
        found.read(text[start:end])
    return found.table()


class _Found:
    """What the sentences read so far have shown."""

    def __init__(self, text: str, language: str) -> None:
        self.language = language
        self.kinds: dict[str, str] = {}
        self.spellings: dict[str, str] = {}
        self.mentions: Counter[str] = Counter()
        self.attributes: dict[str, dict[str, list[str]]] = {}
        self.pairs: Counter[tuple[str, str]] = Counter()
        self.references: dict[tuple[str, str], None] = {}
        self.here = ""

    def read(self, sentence: str) -> None:
        """One sentence or heading."""
        found = facts(sentence, "zh" if self.language == "zh" else "en", names=True)
        named = list(dict.fromkeys(self._named(found)))
        for name in named:
            self.mentions[name] += 1
        counted = [one for one in found if _says_how_many(one)]
        if len(named) == len(counted) == 1:
            self._put(named[0], counted[0].kind, _amount(sentence, counted[0]))
        self.pairs.update(combinations(named, 2))
        self._read_patterns(sentence)
        self._read_references(sentence)

    def _named(self, found: list[Fact]) -> Iterator[str]:
        for one in found:
            kind = one.unit if one.kind == "name" else "title"
            if one.kind != "name" and not (one.kind == "term" and one.unit == "title"):
                continue
            if (
                self.language == "zh"
                and kind == "organisation"
                and not _ORGANISATION.search(one.text)
            ):
                continue
            name = " ".join(one.text.split())
            # Back-Channel and Back channel are one, as first written.
            name = self.spellings.setdefault(name.casefold().replace("-", " "), name)
            if name in _TITLES or name[0].islower() or name.endswith(_NOBODY):
                continue
            if kind == "person" and name.startswith(_OTHER_WORDS):
                kind = "name"
            self.kinds.setdefault(name, kind or "name")
            yield name

    def _read_patterns(self, sentence: str) -> None:
        for match in _SHORT[self.language].finditer(sentence):
            name = " ".join(match["long"].split()).removeprefix("The ")
            if self.language == "zh" or _abbreviates(match["short"], name):
                self.kinds.setdefault(name, "name")
                self.mentions[name] += 1
                self._put(name, "short", match["short"])
        for match in _MEANS[self.language].finditer(sentence):
            term = match["term"].strip("“”* ")
            if term and not _NO_TERM.match(term):
                self.kinds[term] = "term"
                self.mentions[term] += 1
                self._put(term, "means", " ".join(match["means"].split()))

    def _read_references(self, sentence: str) -> None:
        """Articles and numbered sections, and which of them the one that is read refers to."""
        here = _ARTICLE if self.language == "zh" else _NUMBERED
        is_mark = here.fullmatch(sentence.strip()) or (
            self.language == "en" and sentence.lstrip().startswith("#")
        )
        if is_mark and (match := here.search(sentence)):
            self.here = match[0] if self.language == "zh" else f"Section {match[1]}"
            return
        for match in _REFERS[self.language].finditer(sentence) if self.here else ():
            other = match[1] if self.language == "zh" else f"Section {match[1]}"
            if other != self.here:
                self.references[(self.here, other)] = None

    def _put(self, name: str, attribute: str, value: str) -> None:
        values = self.attributes.setdefault(name, {}).setdefault(attribute, [])
        if value not in values and len(values) < VALUES:
            values.append(value)

    def _counts(self, name: str) -> bool:
        """Whether a name is sure enough: said twice, of several words, or told by its last character."""
        kind = self.kinds[name]
        if kind in ("term", "title") or "short" in self.attributes.get(name, {}):
            return True
        if self.language == "zh":
            # Word finding takes 白兔 for a person and 太阳 for a place.
            sure = len(name) > 2 if kind == "person" else bool(_PLACE.search(name))
            return kind == "organisation" or (sure and (kind == "place" or self.mentions[name] > 1))
        return " " in name or self.mentions[name] > 1

    def _merge(self, sure: list[str]) -> list[str]:
        """Holmes and Mr. Holmes are Sherlock Holmes, where no other name ends so."""
        full = [name for name in sure if " " in name and not _TITLED.match(name)]
        left = []
        for name in sure:
            last = name.split()[-1]
            longer = [one for one in full if one != name and one.split()[-1] == last]
            if any(
                "short" in self.attributes.get(one, {}) and one.startswith(f"{name} ")
                for one in full
            ):
                continue  # the beginning of a name that was found whole
            short = " " not in name or _TITLED.match(name)
            if self.language == "en" and short and len(longer) == 1:
                self._put(longer[0], "also", name)
            else:
                left.append(name)
        return left

    def table(self) -> Table:
        types, words = TYPES[self.language], ATTRIBUTES[self.language]
        sure = self._merge([name for name in self.kinds if self._counts(name)])
        articles = list(dict.fromkeys(one for pair in self.references for one in pair))
        listed = [(name, types[self.kinds[name]]) for name in sure]
        listed += [(name, types["article"]) for name in articles if name not in self.kinds]
        return {
            "entities": [
                {
                    "name": name,
                    "type": kind,
                    "attributes": {
                        words[key]: values[0] if key in ("short", "means") else values
                        for key, values in self.attributes.get(name, {}).items()
                    },
                }
                for name, kind in listed
            ],
            "relations": list(self._relations(set(sure))),
        }

    def _relations(self, sure: set[str]) -> Iterator[dict[str, str]]:
        words = RELATIONS[self.language]
        together = [pair for pair, count in self.pairs.most_common() if count > 1]
        for one, other in [pair for pair in together if sure.issuperset(pair)][:PAIRS]:
            yield {"subject": one, "relation": words["beside"], "object": other}
        for one, other in self.references:
            yield {"subject": one, "relation": words["refers"], "object": other}


def _abbreviates(short: str, name: str) -> bool:
    """Whether the capitals of an abbreviation begin words of the name, in order."""
    initials = iter(word[0].upper() for word in name.split())
    return all(letter in initials for letter in short.upper() if letter.isalpha())


def _says_how_many(fact: Fact) -> bool:
    """A date, or a number of something; 一个 says no more than a."""
    if fact.kind == "date":
        return True
    return fact.kind == "number" and fact.unit not in _COUNT_NOTHING and fact.value != 1


def _amount(sentence: str, fact: Fact) -> str:
    """A number with what it counts, as the sentence writes it."""
    after = counted_noun(sentence, fact.end)
    if fact.kind == "number" and fact.unit and sentence.startswith(fact.unit, fact.end):
        return sentence[fact.start : fact.end] + fact.unit
    return (
        " ".join(f"{fact.text} {after}".split())
        if fact.kind == "number"
        else " ".join(fact.text.split())
    )
