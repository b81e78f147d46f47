"""A document's tree, its cuts and windows, and the headings above a place in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from longgrain.cuts import estimate_token_starts, size_cuts, token_spans, windows
from longgrain.errors import PlanError
from longgrain.grains import cut, heading_path, leaf_borders, tree
from longgrain.lines import Ints, read_lines
from longgrain.types import KINDS, Document

CORPORA = Path(__file__).parents[1].parent / "shared" / "data" / "corpora"
HANDBOOK = """# Handbook

A preface. It is short.

## Part I

### Chapter 2

Ropes hold. They
held.

- one
- two

#### 2.3 Ropes

绳子断了。“真的吗？”他问。
"""


def document(text: str) -> Document:
    return Document.of(text, source="made", meta={"markup": "markdown"})


def shown(text: str) -> list[tuple[str, tuple[int, ...], str]]:
    return [
        (grain.kind, grain.path, text[grain.start : grain.end])
        for grain in cut(document(text), kinds=KINDS[:7])
    ]


def cut_texts(text: str, tokens: Ints | None = None, **settings: object) -> list[str]:
    grains = cut(document(text), token_starts=tokens, kinds=("cut", "window"), **settings)  # type: ignore[arg-type]
    return [text[grain.start : grain.end] for grain in grains]


def test_the_tree_of_a_handbook() -> None:
    part = HANDBOOK[HANDBOOK.index("## Part") : -1]
    chapter, section = part[part.index("### Ch") :], part[part.index("#### 2.3") :]
    assert shown(HANDBOOK) == [
        ("document", (), HANDBOOK),
        ("heading", (0,), "# Handbook"),
        ("paragraph", (1,), "A preface. It is short."),
        ("sentence", (1, 0), "A preface."),
        ("sentence", (1, 1), "It is short."),
        ("part", (2,), part),
        ("heading", (2, 0), "## Part I"),
        ("chapter", (2, 1), chapter),
        ("heading", (2, 1, 0), "### Chapter 2"),
        ("paragraph", (2, 1, 1), "Ropes hold. They\nheld."),
        ("sentence", (2, 1, 1, 0), "Ropes hold."),
        ("sentence", (2, 1, 1, 1), "They\nheld."),
        ("paragraph", (2, 1, 2), "- one\n- two"),
        ("sentence", (2, 1, 2, 0), "- one"),
        ("sentence", (2, 1, 2, 1), "- two"),
        ("section", (2, 1, 3), section),
        ("heading", (2, 1, 3, 0), "#### 2.3 Ropes"),
        ("paragraph", (2, 1, 3, 1), "绳子断了。“真的吗？”他问。"),
        ("sentence", (2, 1, 3, 1, 0), "绳子断了。"),
        ("sentence", (2, 1, 3, 1, 1), "“真的吗？”他问。"),
    ]


def test_a_text_without_words_is_one_document() -> None:
    assert shown("") == [("document", (), "")]
    assert shown(" \n") == [("document", (), " \n")]
    assert cut_texts("") == cut_texts(" \n", mode="exact") == cut_texts("", overlap=3) == []


def test_an_article_holds_the_words_behind_its_mark() -> None:
    text = "第一条 绳索应当坚固。\n第二条 绳索应当干燥。"
    assert [
        words for kind, _, words in shown(text) if kind in ("section", "heading", "sentence")
    ] == [
        "第一条 绳索应当坚固。",
        "第一条",
        "绳索应当坚固。",
        "第二条 绳索应当干燥。",
        "第二条",
        "绳索应当干燥。",
    ]


def test_the_headings_above_a_place() -> None:
    places = np.array(
        [0, HANDBOOK.index("preface"), HANDBOOK.index("They"), HANDBOOK.index("真的")]
    )
    assert heading_path(tree(HANDBOOK), HANDBOOK, places) == [
        (),
        (),
        ("Part I", "Chapter 2"),
        ("Part I", "Chapter 2", "2.3 Ropes"),
    ]


def test_cuts_end_at_the_best_border_in_reach() -> None:
    assert cut_texts("A b c. D e f. G h i. J k.", size=9) == ["A b c. D e f.", "G h i. J k."]
    assert cut_texts("A b c. D e.\n\nF g h. I", size=10) == ["A b c. D e.", "F g h. I"]
    assert cut_texts("a b c d e f g h i j", size=4) == ["a b c d", "e f g h", "i j"]
    text = "绳子很长，所以我们把它们都剪短了"
    assert cut_texts(text, size=8) == [
        "绳子很长，",
        "所以我们把它们都",
        "剪短了",
    ]
    assert cut_texts("a b c d\n\n# H\n\ne f g h. I", size=7) == ["a b c d", "# H\n\ne f g h.", "I"]


def test_a_heading_stays_with_what_it_heads() -> None:
    text = "a b c d e f.\n\n# One\n\ng h i j k l.\n\n# Two\n\nm n o p q r.\n"
    assert cut_texts(text, size=11) == [
        "a b c d e f.",
        "# One\n\ng h i j k l.",
        "# Two\n\nm n o p q r.",
    ]


def test_a_cut_does_not_begin_with_a_closing_quote() -> None:
    assert cut_texts("“绳绳绳绳绳绳绳”他", size=8) == ["“绳绳绳绳绳绳", "绳”他"]


def test_cuts_keep_the_indentation_of_code() -> None:
    text = "    def f():\n        return 1\n\n    alone\n\nend"
    assert cut_texts(text, size=14)[0].startswith("    def f():\n        return 1")
    assert cut_texts("    alone here.\n\n    and there.", size=3) == ["alone here.", "and there."]


def test_exact_cuts_hold_exactly_their_size() -> None:
    lines = read_lines(HANDBOOK)
    tokens = estimate_token_starts(lines)
    starts, ends = size_cuts(lines, leaf_borders(tree(lines)), tokens, size=7, mode="exact")
    first, last = token_spans(tokens, starts, ends)
    assert (last - first + 1).tolist() == [7] * (len(tokens) // 7) + [len(tokens) % 7]


def test_no_cut_goes_through_a_character_of_several_tokens() -> None:
    tokens = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2, 3])
    assert cut_texts("绳绳绳a", tokens, size=4, mode="exact") == ["绳", "绳", "绳a"]
    assert cut_texts("绳绳绳a", tokens, size=4) == ["绳", "绳", "绳a"]
    assert cut_texts("绳绳绳a", tokens, size=2) == ["绳", "绳", "绳", "a"]


def test_windows_overlap_by_tokens() -> None:
    assert cut_texts("a b c d e f g", size=4, overlap=2) == ["a b c d", "c d e f", "e f g"]
    grains = cut(document("a b c d e f g"), size=4, overlap=2, kinds=("window",))
    assert [grain.path for grain in grains] == [(0,), (1,), (2,)]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"size": 0}, "size 0 leaves no token"),
        ({"size": 4, "overlap": 4}, "overlap 4 does not fit"),
        ({"size": 4, "overlap": -1}, "overlap -1 does not fit"),
        ({"mode": "word"}, "mode 'word'"),
        ({"tokens": np.zeros(0, np.int64)}, "no token starts were given"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, object], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        cut_texts("Ropes hold.", **settings)  # type: ignore[arg-type]


def test_kinds_choose_what_comes_back() -> None:
    assert {grain.kind for grain in cut(document(HANDBOOK))} == set(KINDS) - {"window"}
    assert {grain.kind for grain in cut(document(HANDBOOK), kinds=("cut",))} == {"cut"}


@pytest.mark.skipif(not CORPORA.is_dir(), reason="shared/data/corpora is not here")
@pytest.mark.parametrize("name", ["en/books/frankenstein.md", "zh/books/hongloumeng.txt"])
def test_cuts_of_a_real_book_mostly_end_sentences(name: str) -> None:
    text = (CORPORA / name).read_bytes().decode("utf-8")
    lines = read_lines(text)
    table = tree(lines)
    starts, ends = size_cuts(lines, leaf_borders(table), estimate_token_starts(lines), size=128)
    sentence = table.end[table.rows("sentence")]
    assert np.isin(ends, sentence).mean() > 0.97
    assert not {text[start] for start in starts.tolist()} & set("”’」』）】》")
    assert windows(lines, estimate_token_starts(lines), size=128, overlap=64)[0].size > starts.size
