"""Law 4: weight lies on the loss spans and the ends of learned turns, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kinds import KINDS, Kinds
from longgrain.chat import ChatTemplate
from longgrain.encode import encode, pieces
from longgrain.plan import Plan
from longgrain.rows import IGNORED, Row
from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.types import Message, Role
from reference import Encoded, chatml
from trial import span


def pairs(run: Run, kinds: Kinds, kind: str) -> list[tuple[Row, slice, Encoded]]:
    """Each example's place in its row, and what it should be."""
    expected, texts, found = {}, run.texts(), []
    for side in run.sides:
        for example in run.examples(side):
            conversation = chatml(example.views["train"], texts)
            expected[example.id] = kinds.reference(kind).encode(conversation)
        for row in run.rows(side):
            ends = np.cumsum(row.seq_lengths)
            for name, end, size in zip(row.example_ids, ends, row.seq_lengths, strict=True):
                found.append((row, slice(int(end - size), int(end)), expected[name]))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_weights_and_labels_of_rows_are_those_of_the_spans(kind: str, kinds: Kinds) -> None:
    for row, place, one in pairs(kinds.run(kind), kinds, kind):
        assert np.allclose(row.weights[place], one.weights)
        labels = [i if w > 0 else IGNORED for i, w in zip(one.ids, one.weights, strict=True)]
        assert row.labels[place].tolist() == labels
        assert row.position_ids[place].tolist() == list(range(len(one.ids)))
        assert any(w == 0.5 for w in one.weights) or len(one.ids) < 40


@pytest.mark.parametrize("kind", KINDS)
def test_straddling_tokens_are_counted(kind: str, kinds: Kinds) -> None:
    run = kinds.run(kind)
    counts = np.sum([one.straddling for *_, one in pairs(run, kinds, kind)], axis=0)
    stored = run.manifest["straddling"]["train"]
    assert [stored[name] for name in ("learned", "masked", "plain")] == counts.tolist()
    if kind != "wordpiece":  # its few English pieces are letters, which no border falls into
        assert stored["learned"] > 0
        assert stored["masked"] > 0


def test_control_masks_laid_on_the_words_alone_break_the_law(kinds: Kinds) -> None:
    """Encoding each span by itself, as peers do, gives other tokens and other weights."""
    run, reference, broken = kinds.run("qwen"), kinds.reference("qwen"), 0
    texts = run.texts()
    for example in run.examples("train"):
        answer = [words for words in chatml(example.views["train"], texts) if words.loss > 0]
        alone = sum(len(reference.ids(words.text)) for words in answer if not words.control)
        whole = reference.encode(chatml(example.views["train"], texts))
        broken += alone + 1 != sum(weight > 0 for weight in whole.weights)
    assert broken > 0


def test_control_a_mask_of_the_whole_answer_breaks_the_law(kinds: Kinds) -> None:
    for row, place, one in pairs(kinds.run("qwen"), kinds, "qwen"):
        whole = [role not in ("instruction", "question", "glue") for role in one.roles]
        assert (row.weights[place] > 0).tolist() != whole


ROLES: list[Role] = ["instruction", "question", "plan", "attempt", "verdict", "answer", "reasoning"]
WORDS = st.text(alphabet=" \nab.,12中文，。👍🏽\u0301é", max_size=8)
SPANS = st.lists(
    st.tuples(st.sampled_from(ROLES), WORDS, st.sampled_from([0.0, 0.0, 0.25, 1.0, 2.0])),
    max_size=8,
)
TURNS = st.lists(SPANS, min_size=1, max_size=4)


def messages(turns: Sequence[Sequence[tuple[Role, str, float]]]) -> tuple[Message, ...]:
    speakers = ("user", "assistant")
    return tuple(
        Message(
            speaker=speakers[i % 2], spans=tuple(span(r, words, loss) for r, words, loss in turn)
        )  # type: ignore[arg-type]
        for i, turn in enumerate(turns)
    )


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(turns=TURNS)
def test_random_messages_with_random_spans_keep_the_law(
    kind: str, kinds: Kinds, turns: list[list[tuple[Role, str, float]]]
) -> None:
    tokenizer = Tokenizer.load(str(kinds.file(kind)))
    template = ChatTemplate.of(Plan(sources=("x",)), tokenizer)
    said = messages(turns)
    listed = pieces(said, template.frame(tuple(m.speaker for m in said)), {})
    [found] = encode([listed], tokenizer)
    expected = kinds.reference(kind).encode(chatml(said, {}))
    assert found.ids.tolist() == expected.ids
    assert int(found.counts.sum()) == len(found.ids)
    losses = np.repeat([piece.loss for piece in listed], found.counts)
    assert losses[1:].tolist() == expected.weights[1:]
    assert tuple(found.straddling) == expected.straddling
