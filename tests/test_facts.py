"""Numbers, dates, names, terms and quotes in English and Chinese, equal answers, what follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longgrain.facts import (
    Fact,
    Language,
    combine,
    derive,
    facts,
    has,
    holds,
    kind_of_quantity,
    language_of,
    normalise,
    plain,
    same_answer,
)
from longgrain.modality import negations, obligations
from longgrain.numerals import english_value, han_value


def only(text: str, kind: str, *, names: bool = False) -> list[Fact]:
    return [fact for fact in facts(text, names=names) if fact.kind == kind]


@pytest.mark.parametrize(
    ("text", "said", "value", "unit"),
    [
        ("The first edition had 24 pages.", "24", 24, "page"),
        ("The hall holds 1,200 people in all.", "1,200", 1200, "person"),
        ("It took thirty-one working days.", "thirty-one", 31, "day"),
        ("It took two hundred and five men.", "two hundred and five", 205, "man"),
        ("About 2.5 per cent is lost.", "2.5 per cent", 2.5, "%"),
        ("About 12% is lost.", "12%", 12, "%"),
        ("It cost £1,250 to mend.", "£1,250", 1250, "£"),
        ("They raised $3 million in a year.", "$3 million", 3_000_000, "$"),
        ("The tank holds 150 cubic metres of oil.", "150", 150, "cubic metre"),
        ("The disk has 64GB of room.", "64", 64, "GB"),
        ("The ferry leaves at 18:30 daily.", "18:30", 1110, "clock"),
        ("The ferry leaves at 6:30 p.m. daily.", "6:30 p.m.", 1110, "clock"),
        ("On the 21st try it held.", "21st", 21, "ordinal"),
        ("It is told in Chapter 3 again.", "3", 3, "reference"),
        ("See Windows 10 for more.", "10", 10, "reference"),
        ("铜锅口径34厘米。", "34", 34, "厘米"),
        ("建馆时有职工一百二十人。", "一百二十", 120, "人"),
        ("全年经费3.8万元。", "3.8万", 38_000, "元"),
        ("大约救出2,316册书。", "2,316", 2316, "册"),
        ("湿度升到百分之五十九。", "百分之五十九", 59, "%"),
        ("湿度升到59%。", "59%", 59, "%"),
        ("三分之一的书受潮。", "三分之一", 1 / 3, None),
        ("他在第十七排。", "第十七", 17, "ordinal"),
        ("阀门在2时47分关上。", "2时47分", 167, "clock"),
        ("共賜黃金三百兩。", "三百", 300, "兩"),
    ],
)
def test_a_number_has_its_value_and_what_it_counts(
    text: str, said: str, value: float, unit: str | None
) -> None:
    [fact] = only(text, "number")
    assert (fact.text, fact.unit) == (said, unit)
    assert fact.value == pytest.approx(value)
    assert text[fact.start : fact.end] == said


@pytest.mark.parametrize(
    ("text", "said", "value", "unit"),
    [
        ("It was sealed on 14 March 1871 here.", "14 March 1871", (1871, 3, 14), "day"),
        ("It was sealed on March 14, 1871, here.", "March 14, 1871", (1871, 3, 14), "day"),
        ("Released 2024-05-06 at last.", "2024-05-06", (2024, 5, 6), "day"),
        ("Begun in October 2023 by us.", "October 2023", (2023, 10, 0), "month"),
        ("Nothing happened in 1934 at all.", "1934", (1934, 0, 0), "year"),
        ("It is kept on 5 April each time.", "5 April", (0, 4, 5), "monthday"),
        ("水管在2019年3月12日破裂。", "2019年3月12日", (2019, 3, 12), "day"),
        ("第一版是1980年3月的油印本。", "1980年3月", (1980, 3, 0), "month"),
        ("洪水在一九六一年漫过北堤。", "一九六一年", (1961, 0, 0), "year"),
        ("此書刻於光緒三年。", "光緒三年", (1877, 0, 0), "year"),
        ("民国二十三年重修。", "民国二十三年", (1934, 0, 0), "year"),
        ("每逢5月3日晒书。", "5月3日", (0, 5, 3), "monthday"),
    ],
)
def test_a_date_has_its_year_month_and_day(
    text: str, said: str, value: tuple[int, int, int], unit: str
) -> None:
    [fact] = only(text, "date")
    assert (fact.text, fact.value, fact.unit) == (said, value, unit)


@pytest.mark.parametrize(
    "text",
    [
        "The key x86_64 and 800-63 and 2.0.1 are codes.",
        "See utf-8 for more.",
        "一路走了三四里。",
        "用到一万余元。",
        "二十几个人来了。",
        "二十有六年，初并天下。",
    ],
)
def test_codes_and_rough_counts_are_no_numbers(text: str) -> None:
    assert not only(text, "number")


def test_both_ends_of_a_range_are_numbers() -> None:
    found = facts("处三年以上十年以下有期徒刑，并处二万元以上二十万元以下罚金。", "zh")
    assert [fact.value for fact in found] == [3, 10, 20_000, 200_000]


def test_the_parts_of_a_date_and_of_old_money_are_no_numbers_of_their_own() -> None:
    assert not only("Cut on 14 March 1871 for £3 15s. in brass.", "number")
    assert not only("2019年3月12日破裂。", "number")


def test_english_names_are_capitals_that_are_no_common_words() -> None:
    text = "When Captain Morwen Tasker of Sandry met Mr. E. Hale, English was spoken on Monday."
    assert [fact.text for fact in only(text, "name", names=True)] == [
        "Captain Morwen Tasker",
        "Sandry",
        "Mr. E. Hale",
    ]


def test_a_chapter_and_the_first_word_of_a_sentence_are_no_names() -> None:
    assert not only(
        "Meanwhile nothing moved. Chapter Three begins. Masons came.", "name", names=True
    )


def test_chinese_names_are_persons_and_places() -> None:
    text = "1979年，沈砚秋任首任馆长，邱素琴前往北京。"
    found = {fact.text: fact.unit for fact in only(text, "name", names=True)}
    assert found == {"沈砚秋": "person", "邱素琴": "person", "北京": "place"}


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("一天是阴沉的上午，太阳还不能从云里面挣扎出来。", []),
        ("听说她先前也曾经吃过许多苦，现在可是安乐了。", []),
        ("种子里本含有枝叶花果的胚，长大时才能够发出这些东西来。", []),
        ("為此移關，煩貴縣查點來文事理，遣役協同來差訪該犯潛蹤何處。", []),
        ("鮑文卿當日問揚州去了，把東西都丟在南京。", ["南京"]),
        ("权力机关设在中国各省，检查站在泰山脚下。", ["泰山"]),
    ],
)
def test_a_word_is_no_place_because_a_dictionary_takes_it_for_one(
    text: str, places: list[str]
) -> None:
    found = [fact.text for fact in only(text, "name", names=True) if fact.unit == "place"]
    assert found == places


def test_names_are_looked_for_only_when_asked() -> None:
    assert not only("The road leads to Aldermouth.", "name")


@given(st.text(alphabet=st.sampled_from('三十12 年月日.,%*“”《》"a中An号x'), max_size=24))
def test_a_text_has_a_fact_of_a_kind_where_one_is_found(text: str) -> None:
    languages: tuple[Language, ...] = ("en", "zh")
    for language in languages:
        found = {fact.kind for fact in facts(text, language, names=True)}
        for kind in ("number", "date", "name", "term", "quote"):
            assert has(text, kind, language) == (kind in found)


def test_terms_and_quotes_are_marked_in_the_text() -> None:
    english = 'The **harbour limits** hold `Option<T>`; cut "Ask before you cast off" over it.'
    assert [(fact.kind, fact.text, fact.unit) for fact in facts(english)] == [
        ("term", "harbour limits", "bold"),
        ("term", "Option<T>", "code"),
        ("quote", "Ask before you cast off", None),
    ]
    chinese = "“湿书三分法”见《盐课清册》，她说：“补错的字比破掉的字更难看。”"
    assert [(fact.kind, fact.text, fact.unit) for fact in facts(chinese)] == [
        ("term", "湿书三分法", "named"),
        ("term", "盐课清册", "title"),
        ("quote", "补错的字比破掉的字更难看", None),
    ]


@given(st.text(alphabet="aZ 12,.%$《》“”*`年月日三十百第第一万分之 \n\"'", max_size=60))
def test_every_fact_quotes_its_text(text: str) -> None:
    for language in ("en", "zh"):
        for fact in facts(text, language, names=language == "en"):  # type: ignore[arg-type]
            assert text[fact.start : fact.end] == fact.text != ""


@given(st.integers(0, 9_999_999))
def test_digits_are_read_in_both_languages(number: int) -> None:
    assert english_value(f"{number:,}") == han_value(f"{number:,}") == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("三百二十", 320),
        ("一万二千", 12_000),
        ("两万五", 25_000),
        ("三百零五", 305),
        ("一亿三千万", 130_000_000),
        ("廿三", 23),
        ("三四", None),
        ("一九八六", 1986),
    ],
)
def test_han_numerals_are_read(text: str, value: float | None) -> None:
    assert han_value(text) == value


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("1,200", "1200"),
        ("1 200", "１２００"),
        ("一千二百", "1200"),
        ("十二", "12"),
        ("二十兩", "20兩"),
        ("一万两千", "12000"),
        ("twenty-one", "21"),
        ("30 per cent", "30%"),
        ("百分之三十", "30%"),
        ("B、A、C", "b, a, c"),
        ("It is the Swatch.", "it is the swatch"),
        ("March 14, 1871", "14 March 1871"),
    ],
)
def test_answers_that_say_the_same_are_the_same(first: str, second: str) -> None:
    assert same_answer(first, second)


@pytest.mark.parametrize(
    ("first", "second"), [("12", "1,200"), ("12 pages", "12"), ("B, A, C", "A, B, C"), ("", "12")]
)
def test_answers_that_differ_are_not_the_same(first: str, second: str) -> None:
    assert not same_answer(first, second)


def test_a_text_holds_an_answer_as_whole_words_only() -> None:
    assert holds("It has 1,200 pages.", "1200")
    assert holds("一共十二册。", "12")
    assert not holds("It has 1,200 pages.", "200")
    assert not holds("It has 1,200 pages.", "")


@given(st.text(max_size=40))
def test_to_normalise_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


def test_the_language_is_told_by_the_share_of_han_characters() -> None:
    assert (language_of("A plain sentence."), language_of("一句话。")) == ("en", "zh")


def test_negations_and_obligations_are_found_where_they_stand() -> None:
    text = "Verifiers SHALL NOT wait, and nobody can't go; 不得吸烟，应当登记。"
    assert [text[a:b] for a, b in obligations(text)] == ["SHALL NOT", "不得", "应当"]
    assert [text[a:b] for a, b in negations(text)] == ["NOT", "nobody", "can't", "不得"]


def test_only_like_quantities_can_be_compared() -> None:
    def key(text: str) -> str | None:
        return kind_of_quantity(facts(text)[0])

    assert key("It has 24 pages.") == key("It has 30 pages.") != key("It has 24 rooms.")
    assert key("Built in 1934 here.") == key("Opened on 3 May 1935 here.")
    assert key("It is in Chapter 3 here.") is None


def test_plain_text_has_no_marks_of_emphasis_and_no_line_breaks() -> None:
    assert plain("The **Outer\nHarbour** is wide.") == "The Outer Harbour is wide."
    assert plain("大约\n两千册。") == "大约两千册。"


def test_combining_gives_difference_total_and_order() -> None:
    found = [facts(text)[0] for text in ("24 pages", "7 pages", "30 pages")]
    assert combine("compare", found[:2]) == "17"
    assert combine("sum", found) == "61"
    assert combine("order", found) == "B, A, C"
    assert combine("order", found, descending=True) == "C, A, B"


SENTENCES = ["The first edition had 24 pages.", "The second edition had 30 pages."]
COMPARED = {
    "form": "compare",
    "language": "en",
    "statements": [
        {"before": f"The {nth} edition had ", "after": " pages.", "kind": "number"}
        for nth in ("first", "second")
    ],
}


def test_an_answer_follows_from_all_its_sentences_and_from_no_fewer() -> None:
    assert derive(COMPARED, SENTENCES) == "6"
    assert derive(COMPARED, SENTENCES[:1]) is None
    assert derive(COMPARED, SENTENCES[1:]) is None


def test_nothing_follows_from_two_sentences_that_disagree() -> None:
    assert derive(COMPARED, [*SENTENCES, "The first edition had 25 pages."]) is None


def test_a_bridge_leads_to_the_only_other_sentence_with_the_name() -> None:
    question = {
        "form": "bridge",
        "language": "zh",
        "statements": [{"before": "", "after": "提议借用看台。", "kind": "name"}],
        "asked": ["date", None],
    }
    first, second = "邱素琴提议借用看台。", "1974年，邱素琴琢磨出斜补。"
    assert derive(question, [first, second]) == "1974年"
    assert derive(question, [first]) is derive(question, [second]) is None
    assert derive(question, [first, second, "邱素琴在1990年退休。"]) is None


@pytest.mark.parametrize("digits", ["9" * 400, "亿" * 60, "九" * 400, "1" + "亿" * 80])
def test_a_run_of_digits_without_an_end_is_no_number(digits: str) -> None:
    said = facts(f"about {digits} of them"), facts(f"约有{digits}个人", "zh")
    assert all(isinstance(one, list) for one in said)
