"""A survey of a small folder: counts that add up, kinds of question, copies, trouble, table, JSON, page."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from longgrain import cli, intents, suited
from longgrain import survey_page as page
from longgrain.errors import SourceError
from longgrain.intents import INTENTS, answerable
from longgrain.lines import read_lines
from longgrain.survey import Survey, survey
from longgrain.terms import terms
from longgrain.trouble import TROUBLES, troubles
from small import handbook, shelve

MOJIBAKE = "Les mÃ©thodes sont dÃ©crites dans le chapitre, et lâ€™auteur prÃ©cise les rÃ©sultats.\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Handbooks in both languages, copies of two of them, and files with trouble."""
    folder = shelve(tmp_path_factory.mktemp("survey") / "documents", english=5, chinese=4)
    text = (folder / "handbook-0.md").read_text("utf-8")
    (folder / "word-for-word.md").write_text(text, "utf-8")
    near = re.sub(r"\b(\w+)(\W+)(\w+)(\W+lamp)", r"\3\2\1\4", handbook(1))
    (folder / "reworded.md").write_text(near.replace("Handbook 1", "Second edition"), "utf-8")
    (folder / "wrong.txt").write_text(MOJIBAKE * 40, "utf-8")
    (folder / "short.txt").write_text("Only this.", "utf-8")
    (folder / "broken.jsonl").write_text('{"text": "One good line of text."}\n{oops\n', "utf-8")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n")
    return folder


@pytest.fixture(scope="module")
def found(place: Path) -> Survey:
    return survey(place)


def of(found: Survey, source: str) -> int:
    return next(i for i, one in enumerate(found.documents) if one.source == source)


# --- counts ---


def test_tokens_of_documents_chapters_languages_and_lengths_add_up(found: Survey) -> None:
    assert found.tokens == sum(one.tokens for one in found.documents)
    for one in found.documents:
        assert one.tokens == sum(chapter.tokens for chapter in one.chapters)
    assert found.tokens == sum(one.tokens for one in found.languages)
    assert found.tokens == sum(tokens for _, _, tokens in found.lengths)
    assert len(found.documents) == sum(count for _, count, _ in found.lengths)


def test_sentences_by_kind_add_up_over_chapters_and_documents(found: Survey) -> None:
    for kind in INTENTS:
        held = [one.intents.get(kind, 0) for one in found.documents]
        assert found.intents[kind] == (sum(held), sum(map(bool, held)))
        for one in found.documents:
            in_chapters = sum(chapter.intents.get(kind, 0) for chapter in one.chapters)
            assert in_chapters == one.intents.get(kind, 0)


def test_what_is_read_and_what_is_dropped_are_all_that_there_is(found: Survey) -> None:
    assert {one.id for one in found.dropped} == {"broken.jsonl#2", "picture.png"}
    assert found.sources == 15
    # The picture gives none, the second text of two equal ones is counted among the copies.
    assert len(found.documents) == 15 - 1 - 1


def test_chapters_have_their_titles_and_levels_are_counted(found: Survey) -> None:
    one = found.documents[of(found, "handbook-0.md")]
    assert next(chapter.title for chapter in one.chapters if chapter.title) == "Orlan station"
    assert one.levels["chapter"] == 5
    assert found.levels["chapter"] >= 10


def test_the_result_does_not_depend_on_the_number_of_processes(place: Path, found: Survey) -> None:
    assert survey([place], workers=2).json() == found.json()


def test_languages_are_told_with_their_script(found: Survey) -> None:
    spoken = {(one.language, one.script): one.documents for one in found.languages}
    assert spoken["zh", "Hans"] == 4
    assert spoken["en", ""] >= 6


# --- what can be asked ---


def kinds_of(sentence: str) -> set[str]:
    """The kinds of question that one sentence can answer."""
    lines = read_lines(sentence)
    language = "zh" if re.search("[一-鿿]", sentence) else "en"
    said = answerable(lines, sentence, terms(sentence), np.zeros(1, np.int64), language)
    return {kind for kind, mine in zip(INTENTS, said[:, 0], strict=True) if mine}


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("The tower is 64 metres high.", "number"),
        ("这座塔高六十四米。", "number"),
        ("It was opened on 3 May 1921.", "date"),
        ("它在1921年5月3日开放。", "date"),
        ("The letter was sent by Elizabeth Bennet to her aunt.", "name"),
        ("A relying party is defined as\nan entity that relies upon a credential.", "definition"),
        ("宣告失踪是指法院宣告下落不明的人失踪。", "definition"),
        ("Follow these steps to install the valve.", "how"),
        ("首先打开阀门，再接通水泵。", "how"),
        ("Verifiers SHALL NOT store the secret.", "rule"),
        ("当事人应当履行义务。", "rule"),
        ("The pump stopped because the filter was blocked.", "cause"),
        ("由于滤网堵塞，水泵停了。", "cause"),
        ("The new engine is faster than the old one.", "comparison"),
        ("与旧引擎相比，新引擎更快。", "comparison"),
        ("“I will never leave this house again,” said the old man.", "quote"),
    ],
)
def test_a_sentence_can_answer_its_kind_of_question(sentence: str, kind: str) -> None:
    assert kind in kinds_of(sentence)


@pytest.mark.parametrize(
    "sentence", ["The garden was quiet and the gate stood open.", "花园很安静，大门开着。"]
)
def test_a_sentence_without_a_cue_answers_none(sentence: str) -> None:
    assert not kinds_of(sentence)


def test_a_block_of_code_counts_once_and_its_words_not_at_all() -> None:
    text = "Run it.\n\n```python\nmust = 64\nname = 'because'\n```\n\nDone.\n"
    made = _survey_of(text)
    assert dict(made.documents[0].intents) == {"code": 1}


def _survey_of(text: str, name: str = "one.md") -> Survey:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, "utf-8")
        return survey(path)


def test_an_example_stands_in_its_document(found: Survey, place: Path) -> None:
    one = found.documents[of(found, "handbook-2.md")]
    text = " ".join((place / one.source).read_text("utf-8").split())
    assert one.examples["number"] in text


def test_every_kind_has_a_question() -> None:
    assert tuple(intents.QUESTIONS) == INTENTS


# --- copies ---


def test_an_exact_copy_is_named_and_counted_once(found: Survey) -> None:
    assert found.copies.exact == (("handbook-0.md", "word-for-word.md"),)
    assert "word-for-word.md" not in {one.source for one in found.documents}


def test_a_near_copy_is_grouped_with_its_original_and_its_share_is_told(found: Survey) -> None:
    groups = [group for group in found.copies.documents if "reworded.md" in group.sources]
    assert [group.sources for group in groups] == [("handbook-1.md", "reworded.md")]
    assert 0.5 < groups[0].alike < 1
    assert found.documents[of(found, "reworded.md")].repeated > 0.8
    copied = {one.source: one.of for one in found.copies.chapters if one.of != one.source}
    assert copied == {"reworded.md": "handbook-1.md"}


def test_handbooks_about_other_things_are_no_copies(found: Survey) -> None:
    for number in (0, 2, 3, 4):
        assert found.documents[of(found, f"handbook-{number}.md")].repeated < 0.2


# --- trouble ---


def kinds_of_trouble(text: str, **meta: object) -> set[str]:
    return {one.kind for one in troubles(read_lines(text), meta, len(text) // 4)}


GOOD = "The valve is closed at night, and the pump rests until morning comes again. " * 20


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (GOOD + MOJIBAKE, "mojibake"),
        (GOOD + "锟斤拷锟斤拷锟斤拷", "mojibake"),
        (GOOD + "\ufffd", "characters lost"),
        (GOOD + "\x07", "control characters"),
        (GOOD + "\ue4c2", "unmapped glyphs"),
        ("Short.", "hardly any text"),
        ("words without any stop " * 400, "no punctuation"),
        ("a" * 10_001, "very long lines"),
        ("The whole docu-\nment is set in col-\numns that are nar-\nrow and bro-\nken.\n" * 5,
         "words broken at line ends"),
        ((GOOD + "\n\nHandbook of the harbour\n\n") * 6, "lines that repeat"),
    ],
)  # fmt: skip
def test_trouble_is_found(text: str, kind: str) -> None:
    assert kind in kinds_of_trouble(text)


def test_good_text_has_no_trouble() -> None:
    assert kinds_of_trouble(GOOD) == set()
    assert kinds_of_trouble("泵房在夜里关闭，早晨再开。" * 120) == set()
    assert kinds_of_trouble("café, naïve, “déjà vu” – Ænima. " * 30) == set()


def test_a_scan_without_text_and_a_guessed_encoding_are_told() -> None:
    assert "hardly any text" in kinds_of_trouble(GOOD, pages=40)
    assert "guessed encoding" in kinds_of_trouble(GOOD, encoding="gb18030")


def test_troubles_of_the_folder_name_their_documents(found: Survey) -> None:
    named = {kind: {found.documents[i].source for i in at} for kind, at in found.trouble.items()}
    assert named["mojibake"] == {"wrong.txt"}
    assert "short.txt" in named["hardly any text"]
    assert set(named) <= set(TROUBLES)


def test_a_reader_that_fails_costs_its_source_alone(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from longgrain.readers.text import Text

    def fail(self: Text, raw: bytes, source: str) -> None:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(Text, "read", fail)
    made = survey(place, workers=1)
    failed = {one.id for one in made.dropped if one.reason == "looking into it failed"}
    assert failed == {"wrong.txt", "short.txt"}
    assert len(made.documents) > 8


# --- recipes ---


def test_every_recipe_is_judged_or_said_to_have_no_rule(found: Survey) -> None:
    from longgrain import shelf

    assert [*found.recipes, *found.unjudged] == shelf.names("recipes")
    assert set(suited.RULES) == set(suited.SAID)


def test_a_document_with_facts_is_good_for_in2_and_a_broken_one_is_not(found: Survey) -> None:
    fits = {one.source: one.recipes["in2"].fit for one in found.documents}
    assert fits["handbook-2.md"] == "good"
    assert fits["wrong.txt"] == "no"
    assert fits["short.txt"] == "part"
    assert sum(found.recipes["in2"].fits.values()) == len(found.documents)


# --- shown ---


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]):  # type: ignore[no-untyped-def]
    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["longgrain", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsysbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


def test_the_table_fits_a_hundred_columns_and_tells_everything(said, place: Path) -> None:  # type: ignore[no-untyped-def]
    from rich.cells import cell_len

    code, out, _ = said("survey", place)
    assert code == 0
    assert max(map(cell_len, out.splitlines())) <= 100
    for word in ("Simplified Chinese", "mojibake", "word for word", "in2", "picture.png"):
        assert word in out, word


def test_json_is_whole_and_nothing_else_is_on_stdout(said, place: Path, found: Survey) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = said("survey", place, "--json")
    assert code == 0
    assert json.loads(out) == json.loads(found.json())


def test_the_page_tells_every_document_and_topic_and_asks_no_network(
    said,  # type: ignore[no-untyped-def]
    place: Path,
    tmp_path: Path,
    found: Survey,
) -> None:
    out = tmp_path / "pages" / "survey.html"
    assert said("survey", place, "--html", out)[0] == 0
    text = out.read_text("utf-8")
    for one in found.documents:
        assert one.title in text
    for topic in found.topics:
        assert topic.terms[0] in text
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text)
    assert text == page.html(survey(place))


def test_what_a_document_says_cannot_break_the_page() -> None:
    made = _survey_of("# </script><script>alert(1)</script>\n\n" + GOOD)
    assert "<script>alert" not in page.html(made)


def test_an_empty_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no file"):
        survey(tmp_path)


def test_a_folder_in_which_nothing_can_be_read_is_surveyed(tmp_path: Path, said) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n")
    code, out, _ = said("survey", tmp_path, "--html", tmp_path / "page.html")
    assert code == 0
    assert "0 documents from 1 source" in out
    assert (tmp_path / "page.html").is_file()


def test_half_a_million_characters_without_a_break_are_surveyed() -> None:
    made = _survey_of("天地玄黄宇宙洪荒" * 62_500, "long.txt")
    assert {one.kind for one in made.documents[0].trouble} == {"no punctuation", "very long lines"}
    assert made.tokens > 100_000


def test_the_page_of_the_survey_names_every_key_of_the_json(found: Survey) -> None:
    told = (Path(__file__).parent.parent / "docs" / "survey.md").read_text("utf-8")
    keys = json.loads(found.json())
    for key in [*keys, *keys["documents"][0], *keys["documents"][0]["chapters"][0]]:
        assert f"`{key}`" in told, key
