"""Messages in a frame > ids and the tokens of every span, also where tokens lie over borders."""

from __future__ import annotations

from datetime import date

import pytest

from kinds import KINDS, Kinds
from longgrain.chat import BLANKS, ChatTemplate, Content, Literal
from longgrain.encode import Straddling, encode, pieces
from longgrain.tokens import Tokenizer
from longgrain.types import Grain, Message, Slot, Span
from trial import span

RAW = (Content(0),)


def raw(*spans: Span) -> tuple[Message, ...]:
    return (Message(speaker="text", spans=spans),)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.load("longgrain")


def dealt(tokenizer: Tokenizer, *spans: Span) -> tuple[list[int], Straddling]:
    [found] = encode([pieces(raw(*spans), RAW, {})], tokenizer)
    return found.counts.tolist(), found.straddling


def test_a_token_over_two_spans_goes_to_the_learned_one(tokenizer: Tokenizer) -> None:
    assert len(tokenizer.encode(["through"])[0]) == 1
    learned, read = span("answer", "ough", 1.0), span("question", "thr")
    assert dealt(tokenizer, read, learned) == ([0, 1], Straddling(1, 0, 0))
    assert dealt(tokenizer, span("answer", "thr", 1.0), span("question", "ough"))[0] == [1, 0]


def test_a_token_that_touches_a_masked_attempt_weighs_nothing(tokenizer: Tokenizer) -> None:
    attempt, answer = span("attempt", "thr"), span("answer", "ough", 1.0)
    assert dealt(tokenizer, attempt, answer) == ([1, 0], Straddling(0, 1, 0))
    learned = span("attempt", "thr", 0.5)
    assert dealt(tokenizer, learned, answer) == ([0, 1], Straddling(1, 0, 0))


def test_a_token_over_two_spans_that_are_read_goes_to_the_first(tokenizer: Tokenizer) -> None:
    spans = (span("evidence", "thr"), span("distractor", "ou"), span("question", "gh"))
    assert dealt(tokenizer, *spans) == ([1, 0, 0], Straddling(0, 0, 1))


def test_empty_spans_have_no_tokens_and_lose_none(tokenizer: Tokenizer) -> None:
    spans = (span("plan", ""), span("answer", "through", 1.0), span("plan", "", 1.0))
    assert dealt(tokenizer, *spans) == ([0, 1, 0], Straddling(0, 0, 0))
    assert dealt(tokenizer, span("plan", "")) == ([0], Straddling(0, 0, 0))


def test_bytes_of_one_character_stay_together(tokenizer: Tokenizer) -> None:
    text = "\U0001f9ff"
    size = len(tokenizer.encode([text])[0])
    assert size > 1
    assert dealt(tokenizer, span("plan", text), span("answer", text, 1.0))[0] == [size, size]


@pytest.mark.parametrize("kind", KINDS)
def test_many_conversations_at_once_are_each_as_if_alone(kind: str, kinds: Kinds) -> None:
    tokenizer = Tokenizer.load(str(kinds.file(kind)))
    frame = ChatTemplate.load("chatml", tokenizer, date(2026, 1, 1)).frame(("user", "assistant"))
    talks = [
        pieces(
            (
                Message(speaker="user", spans=(span("question", words),)),
                Message(speaker="assistant", spans=(span("answer", words[::2], 1.0),)),
            ),
            frame,
            {},
        )
        for words in ("Three bells.", "", "三个钟，敲了。", " \n x", "<|im_end|>")
    ]
    for alone, together in zip(talks, encode(talks, tokenizer), strict=True):
        [one] = encode([alone], tokenizer)
        assert one.ids.tolist() == together.ids.tolist()
        assert one.counts.tolist() == together.counts.tolist()
    assert encode([], tokenizer) == []


def test_what_a_template_trims_moves_the_end_of_the_span(tokenizer: Tokenizer) -> None:
    frame = (Literal("A:"), Content(0, BLANKS, BLANKS), Literal("!"))
    spans = (span("plan", " \n"), span("answer", "\n word \t", 1.0), span("verdict", "\n\n"))
    texts = [piece.text for piece in pieces(raw(*spans), frame, {})]
    assert texts == ["A:", "", "word", "", "!"]
    lines = (Content(0, "\n", "\n"),)
    assert [p.text for p in pieces(raw(span("answer", "\n x \n")), lines, {})] == [" x "]


def test_quoted_words_come_from_their_document_and_slots_say_nothing() -> None:
    grain = Grain(doc_id="d", path=(0,), kind="cut", start=4, end=9)
    message = Message(speaker="text", spans=(Slot(), Span(role="evidence", origin=grain)))
    [piece] = pieces((message,), RAW, {"d": "The bells rang."})
    assert (piece.text, piece.origin) == ("bells", grain)
