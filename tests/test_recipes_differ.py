"""Two recipes do not ask alike: the question forms that each pair has in common are counted.

The *form* of an example is what its user says in the trained view, in the recipe's own words:

1. Of the spans of the user's turns that are not context, the words of role ``question`` (of role
   ``instruction`` where a turn has no question) are taken, in order.
2. They are cut into words, numbers, marks and single Chinese characters, and Traditional characters
   are read as Simplified.
3. Every longest run of three or more of these that also stands in the words the example quotes
   (its context) becomes a blank; so does whatever stands between quotation marks, every number, and
   every capitalised word inside a sentence. Neighbouring blanks are one.

What is left is how something is asked for, whatever it is asked about. The share of a pair is the
number of forms that both recipes have, over the number of forms of the recipe that has fewer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import ClassVar

import pytest

from longgrain import shelf
from longgrain.build import build
from longgrain.plan import Plan
from longgrain.protocols import Materials
from longgrain.recipes.pam import Pam
from longgrain.run import Run
from longgrain.scripts import simplified
from longgrain.types import SIDES, Draft, Dropped, Example, Given, Grain, Span

CORPORA = Path(__file__).parents[1].parent / "shared" / "data" / "corpora"
DOCUMENTS = (
    "en/gov/nist-sp800-63a.md",
    "en/tech/hf-course-ch6.md",
    "en/books/frankenstein.md",
    "zh/law/minfadian.md",
    "zh/tech/d2l-optimization.md",
    "zh/books/rulinwaishi-hant.md",
)
# Raw text for pre-training asks nothing, so it has no form.
NAMES = [name for name in shelf.names("recipes") if name != "pretrain"]
PAIRS = list(combinations(NAMES, 2))
EACH = 40
# Shortest run of the context's own words that is taken for what is asked about.
RUN = 3
MOST = 0.05
CONTEXT = ("evidence", "distractor", "summary", "metadata")
BLANK = "_"

_PIECES = re.compile(r"[㐀-鿿]|\d[\d.,%]*|[^\W\d_㐀-鿿]+(?:[’'-]\w+)*|[^\w\s]|_+")
_OPENS = {"“": "”", "「": "」", "『": "』", "‘": "’", "《": "》", '"': '"'}
_STOPS = frozenset(".!?:…。！？：")

pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="shared/data/corpora is not here")


@dataclass(frozen=True, kw_only=True)
class Renamed(Pam):
    """Self-correction under another name: the copy that has to be caught."""

    name: ClassVar[str] = "renamed"

    def draft(self, kind: str, materials: Materials, wanted: int) -> Iterator[Draft | Dropped]:
        """The drafts of self-correction, under the other name."""
        for item in super().draft(kind, materials, wanted):
            yield replace(item, recipe=self.name) if isinstance(item, Draft) else item


def form(example: Example, texts: Mapping[str, str]) -> str:
    """How the example asks, without what it asks about (see the head of this file)."""
    context, said = [], []
    for message in example.trained:
        spans = [one for one in message.spans if isinstance(one, Span)]
        context += [one.words(texts) for one in spans if isinstance(one.origin, Grain)]
        if message.speaker != "user":
            continue
        ours = [one for one in spans if one.role not in CONTEXT and one.grain is None]
        asked = [one for one in ours if one.role == "question"]
        said += [one.words(texts) for one in asked or ours if one.role != "glue"]
    return form_of(" ".join(said), " ".join(context))


def form_of(said: str, context: str) -> str:
    """The words with what the context has, quotes, numbers and names blanked out."""
    words = _PIECES.findall(simplified(said))
    held = "\0" + "\0".join(_PIECES.findall(simplified(context).lower())) + "\0"
    blanked = list(_unnamed(_unquoted(words)))
    left: list[str] = []
    at = 0
    while at < len(blanked):
        end = at
        while end < len(blanked) and BLANK not in blanked[at : end + 1]:
            if f"\0{chr(0).join(blanked[at : end + 1]).lower()}\0" not in held:
                break
            end += 1
        run = end - at >= RUN
        left += [BLANK] if run else [blanked[at]]
        at = end if run else at + 1
    return " ".join(one for n, one in enumerate(left) if one != BLANK or left[n - 1 : n] != [BLANK])


def _unquoted(words: list[str]) -> Iterator[str]:
    opening = closing = ""
    depth = 0
    for word in words:
        if depth:
            depth += (word == opening != closing) - (word == closing)
            if not depth:
                yield BLANK
        elif word in _OPENS:
            opening, closing, depth = word, _OPENS[word], 1
        else:
            yield word
    if depth:
        yield BLANK


def _unnamed(words: Iterator[str]) -> Iterator[str]:
    before = "."
    for word in words:
        named = word[0].isupper() and before not in _STOPS and word != "I"
        yield BLANK if named or word[0].isdigit() or word[0] == "_" else word.lower()
        before = word


def shared(one: set[str], other: set[str]) -> float:
    """Forms that both have, over those of the one that has fewer."""
    return len(one & other) / max(1, min(len(one), len(other)))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    copy = f"{__name__}:Renamed"
    plan = Plan.of(
        {
            "name": "how-they-ask",
            "sources": [str(CORPORA / name) for name in DOCUMENTS],
            "recipes": [{"use": name, "examples": EACH} for name in (*NAMES, copy)],
            "split": {"valid": 0.0, "test": 0.0},
            "layout": {"lengths": {"min": 512, "max": 2048}, "short": 512},
        }
    )
    return build(plan, tmp_path_factory.mktemp("differ") / "run")


@pytest.fixture(scope="module")
def forms(run: Run) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    texts = run.texts()
    for example in (one for side in SIDES for one in run.examples(side)):
        if example.trained[0].speaker == "text":  # raw text asks for nothing
            continue
        found.setdefault(example.recipe, set()).add(form(example, texts))
    return found


def test_a_recipe_has_many_forms(forms: dict[str, set[str]]) -> None:
    assert {name: len(forms[name]) >= 8 for name in NAMES} == dict.fromkeys(NAMES, True)


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=lambda name: name)
def test_two_recipes_share_few_question_forms(
    one: str, other: str, forms: dict[str, set[str]]
) -> None:
    share = shared(forms[one], forms[other])
    assert share <= MOST, sorted(forms[one] & forms[other])


def test_the_matrix_is_shown(
    forms: dict[str, set[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        print("\nshare of question forms in common, %; forms of each on the diagonal")
        print(" " * 10 + "".join(f"{name[:9]:>10}" for name in NAMES))
        for one in NAMES:
            row = [
                len(forms[one]) if one == other else round(100 * shared(forms[one], forms[other]))
                for other in NAMES
            ]
            print(f"{one[:9]:<10}" + "".join(f"{cell:>10}" for cell in row))
    assert forms.keys() >= set(NAMES)


def test_a_renamed_copy_is_caught(forms: dict[str, set[str]]) -> None:
    assert shared(forms["pam"], forms["renamed"]) > 5 * MOST
    for name in set(NAMES) - {"pam"}:
        assert shared(forms[name], forms["renamed"]) <= MOST, name


@pytest.mark.parametrize(
    ("said", "context", "expected"),
    [
        ("Who built the old bridge in Sandry?", "They built the old bridge.", "who _ in _ ?"),
        ("How many of “a red ____” were there in 1902?", "", "how many of _ were there in _ ?"),
        ("請問「三號庫」建於哪一年？", "三号库建于1988年。", "请 问 _ 建 于 哪 一 年 ？"),
    ],
)
def test_a_form_leaves_out_what_is_asked_about(said: str, context: str, expected: str) -> None:
    assert form_of(said, context) == expected


@pytest.mark.parametrize("name", ["pearl", "compress"])
def test_an_instruction_does_not_always_come_with_the_same_wording_of_the_question(
    name: str, run: Run
) -> None:
    """Wordings drawn by one number would make no more pairs than there are wordings of one."""
    beside: dict[str, set[str]] = {}
    for example in (one for side in SIDES for one in run.examples(side) if one.recipe == name):
        said = [s for message in example.trained for s in message.spans if isinstance(s, Span)]
        own = {s.role: s.origin.id for s in reversed(said) if isinstance(s.origin, Given)}
        if {"instruction", "question"} <= own.keys():
            asked = f"{example.lineage['template']} {own['question']}"
            beside.setdefault(asked.split("/")[-1], set()).add(own["instruction"])
    assert not beside or any(len(found) > 1 for found in beside.values()), beside
