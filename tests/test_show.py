"""The views of one example: what each must show, and that hostile words stay words."""

from __future__ import annotations

import dataclasses
import io

import pytest

from longgrain.encode import Piece
from longgrain.show import Shown, ShownSpan, html, spans_of, table, terminal, trained
from longgrain.shown import Fold, shortened, turns, visible
from longgrain.types import Given, Grain
from standin import HOSTILE, QUESTIONS, shown


def printed(view: object, width: int = 100, *, coloured: bool = False) -> str:
    from rich.console import Console

    out = io.StringIO()
    colours = "truecolor" if coloured else None
    console = Console(file=out, width=width, force_terminal=coloured, color_system=colours)
    console.print(view)
    return out.getvalue()


@pytest.mark.parametrize("code", ["en", "zh"])
def test_the_terminal_shows_header_evidence_question_answer_and_legend(code: str) -> None:
    said = printed(terminal(shown("integration", code, 1)))
    assert "in2 · train · integration" in said
    assert "evidence at depth 40%, 73%" in said
    assert "009.md" in said
    assert QUESTIONS[code][0] in said
    assert QUESTIONS[code][1] in said
    assert "underlined: learned from" in said


def test_no_line_is_wider_than_the_terminal() -> None:
    from rich.cells import cell_len

    said = printed(terminal(shown("fine", "zh", 0))) + printed(table(shown("fine", "zh", 0)))
    assert max(cell_len(line) for line in said.splitlines()) <= 100


def test_distractors_are_folded_unless_the_whole_is_asked_for() -> None:
    one = shown("fine", "en", 0)
    short, whole = printed(terminal(one)), printed(terminal(one, whole=True))
    assert "… 118 tokens …" in short
    assert "17 distractors from 17 documents, 2,176 tokens" in short
    assert "… 118 tokens …" not in whole
    assert whole.count("blue ledger before noon") > 3 * short.count("blue ledger before noon")


def test_learned_words_are_underlined_and_others_are_not() -> None:
    said = printed(terminal(shown("fine", "en", 0)), coloured=True)
    before_answer = said[: said.index("The blue ledger")].rsplit("\x1b[", 1)[1]
    before_question = said[: said.index("Which ledger")].rsplit("\x1b[", 1)[1]
    assert before_answer.startswith("1;4;")
    assert not before_question.startswith("1;4;")


def test_the_strip_is_tall_where_the_evidence_is() -> None:
    lines = printed(terminal(shown("fine", "en", 0))).splitlines()
    assert "█" in lines[2][20:40]
    assert "█" not in lines[2][40:90]


def test_the_table_has_every_span_with_its_place() -> None:
    one = shown("integration", "zh", 1)
    said = printed(table(one))
    body = [line for line in said.splitlines() if " glue " in line or " cut " in line]
    assert len([line for line in body if " cut " in line]) == 24
    assert "3690-4092" in said
    assert "0.396" in said
    assert "009.md › " in said


def test_the_tokens_view_delimits_each_token() -> None:
    one = shown("fine", "en", 0)
    assert trained(one, whole=True).plain.count("│") == len(one.trained) == one.tokens
    assert "… 94 tokens …" in trained(one).plain


def test_control_characters_cannot_reach_the_terminal() -> None:
    hostile = "\x1b[2J\x07 " + HOSTILE
    span = ShownSpan(role="question", text=hostile, tokens=9, first_token=0, message=0)
    one = Shown(id="0" * 16, recipe="in2", side="train", language="en", kind="x", spans=(span,))
    for view in (terminal(one), table(one), trained(one)):
        said = printed(view)
        assert not {"\x1b", "\x07", "\u202e"} & set(said)
    assert visible("a\x1bb\u202ec\ud800\n") == "a␛b⟨U+202E⟩c⟨U+D800⟩\n"


def test_template_words_go_with_the_message_they_open_or_end() -> None:
    found = turns(shown("fine", "en", 0))
    assert [turn.speaker for turn in found] == ["user", "assistant"]
    assert [part.text for part in found[1].parts if isinstance(part, ShownSpan)] == [
        "\n",
        "<|im_start|>",
        "assistant\n",
        "The blue ledger",
        "<|im_end|>",
        "\n",
    ]


def test_turns_hold_every_span_once_and_in_order() -> None:
    one = shown("integration", "en", 1)
    found: list[ShownSpan] = []
    for turn in turns(one):
        for part in turn.parts:
            found += part.spans if isinstance(part, Fold) else [part]
    assert tuple(found) == one.spans


def test_metadata_before_evidence_is_not_folded_away() -> None:
    parts = turns(shown("fine", "en", 0))[0].parts
    at = next(i for i, p in enumerate(parts) if isinstance(p, ShownSpan) and p.role == "evidence")
    before = parts[at - 1]
    assert isinstance(before, ShownSpan)
    assert before.role == "metadata"


def test_a_short_span_is_not_shortened() -> None:
    span = ShownSpan(role="distractor", text="短" * 200, tokens=40, first_token=0)
    assert shortened(span) == "短" * 200
    longer = dataclasses.replace(span, tokens=41)
    assert shortened(longer) == "短" * 30 + " … 41 tokens … " + "短" * 20


def test_spans_of_counts_tokens_places_and_what_is_learned() -> None:
    grain = Grain(doc_id="d", path=(1, 2), kind="cut", start=5, end=9)
    rule = Given(source="rule", id="r")
    pieces = [
        Piece(text="<s>", role="glue", loss=0.0, origin=rule, control=1),
        Piece(text="四字在此", role="evidence", loss=0.0, origin=grain, message=0),
        Piece(text="好", role="answer", loss=1.0, origin=rule, message=1),
    ]
    found = spans_of(
        pieces,
        [1, 4, 2],
        speakers=("user", "assistant"),
        depths=(0.25,),
        place=lambda grain: (f"{grain.doc_id}.md", ("第一章",)),
    )
    assert [(s.first_token, s.tokens, s.learned) for s in found] == [
        (0, 1, 0),
        (1, 4, 0),
        (5, 2, 2),
    ]
    assert found[1].depth == 0.25
    assert found[1].about == "d.md › 第一章 · cut 1.2 · characters 5 to 9 · 4 tokens"
    assert (found[2].speaker, found[2].source) == ("assistant", "")


def test_the_first_token_of_an_example_is_never_counted_as_learned() -> None:
    rule = Given(source="rule", id="r")
    piece = Piece(text="all of it", role="answer", loss=1.0, origin=rule, message=0)
    (span,) = spans_of([piece], [3], speakers=("text",), place=lambda grain: ("", ()))
    assert span.learned == 2


def test_the_page_escapes_documents_and_shows_every_span() -> None:
    page = html(shown("fine", "en", 0))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
    assert page.count("<tr") == 1 + len(shown("fine", "en", 0).spans)
    assert "Tokens as trained" in page


def test_the_page_has_no_tokens_where_none_are_given() -> None:
    page = html(dataclasses.replace(shown("fine", "zh", 0), trained=()))
    assert "Tokens as trained" not in page
    assert "北水库的读数记入哪一本登记簿？" in page
