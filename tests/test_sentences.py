"""Sentences end where a reader would end them, in English and in Chinese."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from longgrain.lines import BLANK, BREAK, read_lines
from longgrain.sentences import sentence_ends


def sentences(text: str) -> list[str]:
    lines = read_lines(text)
    ends = sentence_ends(lines)
    starts = lines.text_start(np.append(0, ends[:-1])[: len(ends)])
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


ENGLISH = [
    "Mr. Smith met Dr. Jones at 3.14 p.m. yesterday.|It rained.",
    "J. R. R. Tolkien wrote it.|Isaac Newton and J. Bond did not.",
    "The U.S. Government said so.|He lives in the U.S.|The end came.",
    "See Fig. 3, No. 5 and Sec. 4.2.|No.|I will not.",
    "Use rope, e.g. hemp, i.e. plants, etc. and wax.|Next.",
    "Smith et al. Ropes, Inc. sells it vs. Wax Ltd. of St. Ives.|Done.",
    '"Really?" he asked.|"Yes!"|She left.',
    "“Go.”|He went.|(See below.)|Then it broke.|[He fell.]|Up.",
    "Well... maybe.|Wait...|What?!|No.",
    "It holds.[12]|It broke.[3][4]|So did he.",
    "Open example.com/a.b?c=d at v1.2.3 now.|Good.",
    "Is that so?|Yes.|**Bold ends.**|*So does this.*|Good.",
    "she came back.|then he left again.|A new one.",
    "He scored 12.|Then he left in 1984.|The year was good.",
    "I am the one.|So am I.|He left.",
]

CHINESE = [
    "“你好！”他说。|我走了。",
    "“走吧。”|宝玉笑道：“好。”|众人都笑了。",
    "他想：“真的吗？”|于是走了。|（完。）",
    "「是的。」他說，「好。」|『真的？』|她走了。",
    "他读《怎么办？》一书。|圆周率是3.14。|价格是３．１４元。",
    "我……|不知道。|好；|不好！",
    "他说．|“来．”|于是走了．",
    '他说.|"好."|使用Rust的println!宏。|再见.|走.',
    '他说．|"你好．"|"我好．"|他走了．',
    "【注意。】|绳子断了！！|真的？！|是。”",
    "见第3.2节。|Dr. 王来了.|好。",
]


@pytest.mark.parametrize("marked", ENGLISH)
def test_english_sentences_end_where_marked(marked: str) -> None:
    expected = marked.split("|")
    assert sentences(" ".join(expected)) == expected


@pytest.mark.parametrize("marked", CHINESE)
def test_chinese_sentences_end_where_marked(marked: str) -> None:
    expected = marked.split("|")
    assert [part.strip() for part in sentences(marked.replace("|", ""))] == expected


def test_lines_that_are_blocks_end_sentences_and_wrapped_lines_do_not() -> None:
    text = (
        "A sentence that\ngoes on. Then\n\nno stop here\n\n- one\n- two goes\n  on\n"
        "1. three. Four.\n"
        "| a. B | c |\n| d | e |\n# Heading\nBody\n```\nx = 1. # A. B\ny = 2\n```\n"
        "（一）甲\n（二）乙\n"
    )
    assert sentences(text) == [
        "A sentence that\ngoes on.",
        "Then",
        "no stop here",
        "- one",
        "- two goes\n  on",
        "1. three.",
        "Four.",
        "| a. B | c |",
        "| d | e |",
        "# Heading",
        "Body",
        "```",
        "x = 1. # A. B",
        "y = 2",
        "```",
        "（一）甲",
        "（二）乙",
    ]


def test_crlf_is_one_line_break() -> None:
    assert sentences("one\r\ntwo\r\n\r\nthree\rfour") == ["one\r\ntwo", "three\rfour"]


def test_text_without_words_has_no_sentences() -> None:
    assert sentences("") == sentences(" \n\t\u3000") == []


def test_lone_surrogates_and_emoji_are_ordinary_characters() -> None:
    assert sentences("a\ud800. 👩‍👩‍👧! 好\udfff。x") == ["a\ud800.", "👩‍👩‍👧!", "好\udfff。", "x"]


def test_blank_is_what_python_calls_blank() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    classes = read_lines(every).classes
    assert ((classes & BLANK) != 0).tolist() == [character.isspace() for character in every]
    assert not ((classes & BREAK) != 0)[(classes & BLANK) == 0].any()


def test_an_unclosed_fence_is_text() -> None:
    assert sentences("```\none. Two.\n\nthree") == ["```\none.", "Two.", "three"]
