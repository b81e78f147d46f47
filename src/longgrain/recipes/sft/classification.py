"""Sentences and paragraphs > a class by a rule that can be said: kind of statement, heading, folder, keywords."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from longgrain.modality import obligations
from longgrain.protocols import Materials
from longgrain.recipes.sft.found import definitions, quantities
from longgrain.recipes.sft.item import Item, spoken
from longgrain.recipes.sft.passages import WHOLE, paragraphs, sentences
from longgrain.recipes.sft.titles import says_nothing, title_of
from longgrain.types import Dropped, Grain

STATEMENTS = {
    "en": ("definition", "obligation", "prohibition", "permission", "quantity"),
    "zh": ("定义", "义务", "禁止", "许可", "数量"),
}
# "May not" is a chance that is missed as often as a ban: MAY NOT is one.
_PROHIBITION = {
    "en": re.compile(
        r"\b(?i:shall|must)\s+(?i:not|never)\b|\bMAY NOT\b|\b(?:is|are)\s+(?:prohibited|forbidden)\b"
    ),
    "zh": re.compile("不得|禁止|严禁|嚴禁|不准|不许|不許"),
}
_OBLIGATION = {
    "en": re.compile(
        r"\b(?:shall|must)\b(?!\s+(?:not|never))|\b(?:is|are)\s+required\s+to\b", re.I
    ),
    "zh": re.compile("应当|應當|必须|必須"),
}
# The capitals are those of standards; elsewhere "may" is a possibility as often as a permission.
_PERMISSION = {
    "en": re.compile(r"\bMAY\b(?!\s+NOT)|\b(?:is|are)\s+(?:permitted|allowed)\s+to\b"),
    "zh": re.compile("可以"),
}
# Characters with at least one obligation from which a document is one that lays down rules.
NORMATIVE = 800
CHOICES = 6  # headings offered at a time, at most
LONGEST = 400  # characters of a statement
RULES = ("statement", "heading", "folder", "keywords")


def classifications(
    materials: Materials,
    rules: Sequence[str],
    keywords: Mapping[str, Sequence[str]],
    classes: Sequence[str],
) -> Iterator[Item | Dropped]:
    """Items by each of the rules in turn, paragraph by paragraph."""
    folders = _of_documents(materials, rules)
    choices: dict[str, tuple[str, ...]] = {}
    for paragraph in paragraphs(materials, "classification"):
        language = str(materials.document(paragraph.doc_id).meta["language"])
        text = materials.words(paragraph)
        for rule in rules:
            if rule == "statement":
                yield from _statements(materials, paragraph, language)
            elif rule == "keywords":
                yield from _by_keywords(materials, paragraph, text, language, keywords)
            elif rule == "heading":
                if paragraph.doc_id not in choices:
                    choices[paragraph.doc_id] = _headings(materials, paragraph.doc_id)
                yield from _by_heading(materials, paragraph, language, choices[paragraph.doc_id])
            elif label := folders[rule].get(paragraph.doc_id):
                offered = classes or sorted(set(folders[rule].values()))
                if label in offered and len(offered) > 1:
                    yield item(paragraph, language, "class", rule, label, offered)


def item(
    passage: Grain, language: str, purpose: str, rule: str, label: str, classes: Sequence[str],
    **more: Any,
) -> Item:  # fmt: skip
    """A passage, the classes to choose from and its own."""
    joined = "、" if spoken(language) == "zh" else ", "
    if purpose == "topic":
        joined = "；" if spoken(language) == "zh" else "; "
    return Item(
        task="classification",
        form=f"class-{rule.partition(':')[0]}",
        purpose=purpose,
        language=language,
        passage=passage,
        answer=label,
        filled={"classes": joined.join(classes)},
        # Headings are as many as there are sections: they are balanced as one class.
        label="by heading" if rule == "heading" else label,
        data={"task": "classification", "label": label, "labels": list(classes)},
        **more,
    )


# --- by kind of statement ---------------------------------------------------------------------------


def _statements(materials: Materials, paragraph: Grain, language: str) -> Iterator[Item]:
    """The first sentence of the paragraph that is of one kind and no other."""
    names = STATEMENTS[spoken(language)]
    rules = normative(materials, paragraph.doc_id)
    for sentence in sentences(materials, paragraph):
        text = materials.words(sentence)
        if not 12 <= len(text) <= LONGEST or not WHOLE.fullmatch(text):
            continue
        kind = kind_of(text, language, normative=rules)
        if kind is not None and materials.numbers(sentence):
            yield item(sentence, language, "statement", "statement", names[kind], names)
            return


def kind_of(text: str, language: str, *, normative: bool) -> int | None:
    """The one kind of a statement, by its place in `STATEMENTS`; None where it is none or several."""
    spoke = spoken(language)
    deontic = [pattern[spoke].search(text) for pattern in (_OBLIGATION, _PROHIBITION, _PERMISSION)]
    if not normative and (any(deontic) or obligations(text)):
        return None
    kinds = [0] if any(definitions(text, language)) else []
    kinds += [place for place, found in enumerate(deontic, 1) if found]
    if not kinds and not obligations(text) and quantities(text, language):
        kinds = [4]
    return kinds[0] if len(kinds) == 1 else None


def normative(materials: Materials, doc_id: str) -> bool:
    """Whether a document obliges so often that its words of duty are meant as such."""
    known: dict[str, bool] = materials.notes.setdefault("sft-normative", {})
    if doc_id not in known:
        text = materials.document(doc_id).text[:400_000]
        known[doc_id] = len(obligations(text)) * NORMATIVE > len(text)
    return known[doc_id]


# --- by heading -------------------------------------------------------------------------------------


def _headings(materials: Materials, doc_id: str) -> tuple[str, ...]:
    """The titles of a document's chapters and sections that say something."""
    nodes = [one for one in materials.tree(doc_id) if one.kind == "heading" and len(one.path) > 1]
    titles = (title_of(materials.words(one)) for one in nodes)
    fit = (one for one in titles if len(one) <= 60 and not re.search(r"[?？。]", one))
    return tuple(dict.fromkeys(one for one in fit if not says_nothing(one, one)))


def _by_heading(
    materials: Materials, paragraph: Grain, language: str, titles: Sequence[str]
) -> Iterator[Item]:
    """A paragraph that has words of a heading above it, and of none of the others that are offered."""
    text = materials.words(paragraph)
    above = [title_of(one) for one in materials.headings(materials.numbers(paragraph)[0])]
    label = next((one for one in reversed(above) if one in titles and _shares(one, text)), "")
    apart = [one for one in titles if one not in above and not _shares(one, text)]
    apart = [one for one in apart if not _shares(one, label) and not _shares(label, one)]
    if label and len(apart) >= 2:
        start = paragraph.start % len(apart)
        offered = sorted([label, *(apart[start:] + apart[:start])[: CHOICES - 1]])
        yield item(paragraph, language, "topic", "heading", label, offered)


def _shares(title: str, text: str) -> bool:
    return not says_nothing(title, text)


# --- by folder, by what a reader knew, by the user's keywords ---------------------------------------


def _of_documents(materials: Materials, rules: Sequence[str]) -> dict[str, dict[str, str]]:
    """Rule > class of each document, for the rules that look at documents."""
    found: dict[str, dict[str, str]] = {}
    for rule in rules:
        if rule != "folder" and not rule.startswith("meta:"):
            continue
        found[rule] = {}
        for doc_id in materials.documents:
            document = materials.document(doc_id)
            name = PurePosixPath(document.source.replace("\\", "/")).parent.name
            value = name if rule == "folder" else document.meta.get(rule.removeprefix("meta:"))
            if value:
                found[rule][doc_id] = str(value)
    return found


def _by_keywords(
    materials: Materials,
    paragraph: Grain,
    text: str,
    language: str,
    keywords: Mapping[str, Sequence[str]],
) -> Iterator[Item]:
    held = [name for name, words in keywords.items() if any(_says(text, word) for word in words)]
    if len(held) == 1:
        yield item(paragraph, language, "class", "keywords", held[0], list(keywords))
    elif held:
        materials.count("sft: a paragraph with the keywords of several classes is passed over")


def _says(text: str, word: str) -> bool:
    """As a whole word where words have borders."""
    if not word.isascii():
        return word in text
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None
