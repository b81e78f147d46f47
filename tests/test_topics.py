"""Words that name topics, clusters with key terms, scripts: English and Chinese, the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from longgrain.keywords import counted, folded, naming_words
from longgrain.lines import read_lines
from longgrain.scripts import script_of, simplified
from longgrain.topics import Topics, topics

SEA = "The captain steered the ship past the reef while sailors watched the whale near the harbour."
KITCHEN = "The baker kneads the dough, warms the oven and sprinkles flour over each loaf of bread."
LAW = "当事人应当按照合同约定履行义务，违约的一方承担赔偿责任，人民法院依法作出判决。"
SCHOOL = "老师在教室里给学生讲解数学题目，学生认真做作业，期末参加考试，校长颁发奖状。"
THEMES = (SEA, KITCHEN, LAW, SCHOOL)


def passages() -> list[str]:
    """Twelve passages on each theme, no two of the same words in the same order."""
    rng = np.random.Generator(np.random.PCG64(3))
    made = []
    for theme in THEMES:
        parts = theme.split(" ") if theme.isascii() else theme.split("，")
        join = " " if theme.isascii() else "，"
        made += [join.join(rng.permutation(parts * 3).tolist()) for _ in range(12)]
    return made


def found(texts: list[str]) -> Topics:
    return topics(counted(texts), np.array([len(text) for text in texts]))


def test_passages_of_one_theme_share_a_topic_and_no_other_theme_has_it() -> None:
    of = found(passages()).of_passage.reshape(len(THEMES), 12)
    assert [len(set(row.tolist())) for row in of] == [1] * len(THEMES)
    assert len(set(of[:, 0].tolist())) == len(THEMES)


def test_key_terms_are_words_of_their_theme_in_both_languages() -> None:
    made = found(passages())
    of = made.of_passage.reshape(len(THEMES), 12)[:, 0]
    for theme, topic in zip(THEMES, of.tolist(), strict=True):
        terms = made.terms[topic]
        assert len(terms) >= 5
        assert all(term in theme for term in terms)
    said = {term for terms in made.terms for term in terms}
    assert {"ship", "dough", "合同", "学生"} <= said
    assert not {"the", "while", "应当", "按照"} & {term.lower() for term in said}


def test_topics_are_the_same_every_time() -> None:
    first, second = found(passages()), found(passages())
    assert first.terms == second.terms
    assert np.array_equal(first.of_passage, second.of_passage)
    assert np.array_equal(first.places, second.places)


def test_passages_of_one_topic_lie_together_on_the_map() -> None:
    made = found(passages())
    middles = np.stack([made.places[made.of_passage == one].mean(0) for one in range(4)])
    nearest = np.linalg.norm(made.places[:, None] - middles[None], axis=2).argmin(1)
    assert np.array_equal(nearest, made.of_passage)


@pytest.mark.parametrize("texts", [[], ["one"], ["", "", ""], ["12 34", "。。。"]])
def test_too_little_text_has_no_topics(texts: list[str]) -> None:
    made = found(texts)
    assert made.terms == []
    assert made.of_passage.tolist() == [-1] * len(texts)


def test_code_links_and_formulas_name_no_topic() -> None:
    words = naming_words(
        "Tokenizers `load_dataset` see https://example.org/path <b>split</b> text $x+y$"
    )
    assert words == ["Tokenizers", "split", "text"]


def test_chinese_words_are_whole_words_and_latin_ones_among_them_are_kept() -> None:
    words = naming_words("我们使用神经网络训练模型，Tokenizer 会切分文本。")
    assert "神经网络" in words
    assert "Tokenizer" in words
    assert "我们" not in words


def test_traditional_words_are_cut_like_simplified_ones_and_shown_as_written() -> None:
    assert "機器學習" in "".join(naming_words("機器學習模型需要訓練資料。"))
    assert folded("訓練", ()) == folded("训练", ()) == "训练"


def test_plurals_are_counted_with_their_singular_where_there_is_one() -> None:
    assert folded("Models", {"model"}) == "model"
    assert folded("species", {"model"}) == "species"
    assert folded("captain’s", set()) == "captain"


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("机器学习与深度学习的关系，这是为了说明问题。", "Hans"),
        ("機器學習與深度學習的關係，這是為了說明問題。", "Hant"),
        ("这是简体，這是繁體。说说說說", "mixed"),
        ("天地玄黄", "Hans"),
    ],
)
def test_the_script_of_a_chinese_text_is_told(text: str, script: str) -> None:
    assert script_of(read_lines(text).codes) == script


def test_simplified_text_keeps_its_length() -> None:
    text = "資料集 and 詞彙，裡面"
    assert len(simplified(text)) == len(text)
    assert simplified(text) == "资料集 and 词汇，里面"
