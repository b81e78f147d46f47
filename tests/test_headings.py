"""Headings are found in Markdown, in plain text and in real books, and nowhere else."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from longgrain.errors import SourceError
from longgrain.headings import find_headings, heading_title
from longgrain.lines import read_lines
from longgrain.plain_headings import number_value
from longgrain.types import KINDS

CORPORA = Path(__file__).parents[1].parent / "shared" / "data" / "corpora"
needs_corpora = pytest.mark.skipif(not CORPORA.is_dir(), reason="shared/data/corpora is not here")
BODY = "The ropes were tested in the morning, and every one of them was found to hold the load.\n\n"


def found(text: str, **meta: object) -> list[tuple[str, str]]:
    headings = find_headings(read_lines(text), meta)
    spans = zip(headings.kinds.tolist(), headings.starts, headings.ends, strict=True)
    return [(KINDS[kind], heading_title(text[start:end])) for kind, start, end in spans]


def titles(text: str, **meta: object) -> list[str]:
    return [title for _, title in found(text, **meta)]


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("CHAPTER I", "chapter"),
        ("Chapter 12. The Ropes", "chapter"),
        ("CHAPTER XIV: Of Ropes.", "chapter"),
        ("Chapter Twelve", "chapter"),
        ("BOOK THE FIRST", "part"),
        ("PART II", "part"),
        ("Volume 3", "part"),
        ("第一回　甄士隐梦幻识通灵", "chapter"),
        ("第三章 绳索", "chapter"),
        ("第三章绳索", "chapter"),
        ("第一編　總則", "part"),
        ("第二卷", "part"),
        ("卷三", "part"),
        ("第十二節　監護", "section"),
        ("Preface", "chapter"),
        ("前言", "chapter"),
        ("4.2 Ropes", "section"),
        ("4.2.1 Ropes and knots", "section"),
        ("THE ROPES AND THE KNOTS", "section"),
    ],
)
def test_a_heading_is_found_in_plain_text(heading: str, kind: str) -> None:
    text = (
        f"CHAPTER XC\n\n{BODY}{heading}\n\n{BODY}" if kind == "section" else f"{heading}\n\n{BODY}"
    )
    assert found(text, markup="plain")[-1] == (kind, heading.replace("　", " "))


@pytest.mark.parametrize(
    "line",
    [
        "Chapter 12 describes the ropes and",
        "Part of the load was lost.",
        "Book I had never read such a thing,",
        "第四回中既将薛家母子在荣府内寄居等事略已表明，此回则暂不能写矣．",
        "第三章的内容与此不同。",
        "1984 was a year of ropes.",
        "3.14 is a number",
        "1. Tie the rope.",
        "I went home.",
        "IV",
        "“L.”",
        "* * *",
        "THE END",
        "一天，他来了。",
    ],
)
def test_a_line_of_the_body_is_no_heading(line: str) -> None:
    assert titles(f"{BODY}{line}\n\n{BODY}", markup="plain") == []


def test_bare_numbers_are_headings_where_they_run_on_from_one() -> None:
    for names in (
        ["I", "II", "III"],
        ["I. Ropes", "II. Knots"],
        ["1 Ropes", "2 Knots"],
        ["一、绳", "二、结"],
    ):
        text = "".join(f"{name}\n\n{BODY}" for name in names)
        assert titles(text, markup="plain") == names
        assert titles(text.replace(names[0], names[-1] + " x"), markup="plain") == []


def test_a_list_is_no_row_of_headings() -> None:
    assert titles("1. Rope\n\n2. Wax\n\n3. Oil\n\n" + BODY, markup="plain") == []
    assert titles(f"{BODY}一、绳\n\n二、蜡\n\n三、油\n\n{BODY}", markup="plain") == []


@pytest.mark.parametrize("leader", ["", " ........ 12", "……12", "\t12"])
def test_a_table_of_contents_makes_no_chapters(leader: str) -> None:
    for names in (
        [f"CHAPTER {number}. Ropes" for number in ("I", "II", "III", "IV")],
        [f"第{number}章 绳索" for number in "一二三四"],
    ):
        contents = "".join(f"{name}{leader}\n\n" for name in names)
        text = contents + "".join(f"{name}\n\n{BODY}" for name in names)
        headings = find_headings(read_lines(text), {"markup": "plain"})
        assert len(headings) == 4
        assert headings.starts.min() == len(contents)


def test_chapters_may_begin_again_in_every_part() -> None:
    parts = [
        f"PART {part}\n\n" + "".join(f"CHAPTER {n}\n\n{BODY}" for n in ("I", "II")) for part in "AB"
    ]
    kinds = [kind for kind, _ in found("".join(parts), markup="plain")]
    assert kinds == ["part", "chapter", "chapter"] * 2


def test_a_title_right_below_a_chapter_belongs_to_its_heading() -> None:
    assert titles(f"CHAPTER I\nThe Ropes\n\n{BODY}") == ["CHAPTER I The Ropes"]


def test_an_article_is_headed_by_its_mark_alone() -> None:
    text = "第十二条 绳索应当坚固。\n\n第十二条之一　绳索干燥。\n\n第四条的规定除外。\n"
    assert found(text) == [("section", "第十二条"), ("section", "第十二条之一")]


def test_markdown_headings_respect_fences_and_front_matter() -> None:
    text = (
        "---\ntitle: x\n# no\n---\n# Title\n\n## One ##\n\n```\n# no\n```\n\n"
        "Two\n---\n\nbody\nlast\n---\n\n##三\n\n    # no\n\n#no\n\n| a |\n|---|\n\n"
        "### [Four](x) **b** <a name='y'></a>\n"
    )
    assert found(text, markup="markdown") == [
        ("document", "Title"),
        ("chapter", "One"),
        ("chapter", "Two"),
        ("chapter", "三"),
        ("section", "Four b"),
    ]


def test_markdown_without_marks_is_read_as_plain_text() -> None:
    assert titles(f"CHAPTER I\n\n{BODY}", markup="markdown") == ["CHAPTER I"]


def test_given_headings_are_taken_as_they_are() -> None:
    text = "  One  \nbody\nTwo\nCHAPTER I\nEnd"
    expected = [("chapter", "One"), ("section", "Two"), ("chapter", "End")]
    assert found(text, headings=[[0, 7, 1], [13, 16, 2], [27, 30, 1]]) == expected


@pytest.mark.parametrize("given", [[[0, 99, 1]], [[0, 5, 1], [3, 7, 1]], [[4, 2, 1]], [[-1, 2, 1]]])
def test_given_headings_that_cannot_be_are_refused(given: list[list[int]]) -> None:
    with pytest.raises(SourceError, match="so the document has no tree"):
        find_headings(read_lines("One two three"), {"headings": given})


@pytest.mark.parametrize(
    ("number", "value"),
    [
        *[("12", 12), ("１２", 12), ("XIV", 14), ("xc", 90), ("Twelve", 12), ("second", 2)],
        *[("十二", 12), ("一百二十", 120), ("一零三", 103), ("两百", 200), ("下", 3), ("B", 2)],
    ],
)
def test_numbers_are_read(number: str, value: int) -> None:
    assert number_value(number) == value


COUNTS = {
    "en/books/dracula.txt": {"chapter": 27},
    "en/books/pride-and-prejudice.md": {"chapter": 61},
    "en/books/origin-of-species.md": {"chapter": 19, "section": 86},
    "zh/books/hongloumeng.txt": {"chapter": 120},
    "zh/books/sanguoyanyi.txt": {"chapter": 120},
    "zh/books/rulinwaishi-hant.md": {"chapter": 56},
    "zh/law/minfadian.md": {"chapter": 84, "article": 1260},
    "zh/law/xingfa.md": {"article": 505},
    "zh/law/minsu-jieshi-2022.md": {"chapter": 23, "article": 550},
}


def real(name: str) -> str:
    return (CORPORA / name).read_bytes().decode("utf-8")


def counted(text: str, markup: str) -> Counter[str]:
    names = found(text, markup=markup)
    kinds = Counter(kind for kind, _ in names)
    kinds["article"] = sum(bool(re.fullmatch("第.+条(之.)?", title)) for _, title in names)
    kinds["节"] = sum(bool(re.match("第.{1,3}节", title)) for _, title in names)
    return kinds


@needs_corpora
@pytest.mark.parametrize("name", COUNTS)
def test_a_real_document_has_its_headings(name: str) -> None:
    counts = counted(real(name), "markdown" if name.endswith(".md") else "plain")
    assert {kind: counts[kind] for kind in COUNTS[name]} == COUNTS[name]


@needs_corpora
def test_moby_dick_has_135_numbered_chapters() -> None:
    names = titles(real("en/books/moby-dick.md"), markup="markdown")
    assert sum(bool(re.match("[IVXLC]+ — ", name)) for name in names) == 135


@needs_corpora
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("en/books/pride-and-prejudice.md", {"chapter": 61}),
        ("zh/books/rulinwaishi-hant.md", {"chapter": 56}),
        ("zh/books/laocanyouji.md", {"chapter": 20}),
        ("zh/law/minfadian.md", {"part": 8, "chapter": 85, "节": 37, "article": 1260}),
        ("zh/law/minsu-jieshi-2022.md", {"chapter": 23, "article": 550}),
    ],
)
def test_a_real_document_without_its_marks_keeps_its_headings(
    name: str, expected: dict[str, int]
) -> None:
    counts = counted(re.sub(r"(?m)^#+ +", "", real(name)), "plain")
    assert {kind: counts[kind] for kind in expected} == expected
