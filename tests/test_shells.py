"""What stands around a context: encoded once, and joined only where that is exact."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from kinds import Kinds
from longgrain.chat import ChatTemplate
from longgrain.shells import Shells, halves, joins, writing
from longgrain.tokens import Tokenizer
from longgrain.types import ROLES, Draft, Given, Grain, Message, Slot, Span
from trial import span


def draft(before: str = "Read.\n\n", behind: str = "Question: why?") -> Draft:
    user = (span("instruction", before), Slot(), span("question", behind))
    answer = (span("attempt", "thr"), span("answer", "ough.", 1.0))
    return Draft(
        recipe="t",
        seed=1,
        evidence=(),
        messages=(
            Message(speaker="user", spans=tuple(s for s in user if isinstance(s, Slot) or s.text)),
            Message(speaker="assistant", spans=answer),
        ),
        answer="through.",
    )


def chatml(kinds: Kinds, kind: str) -> ChatTemplate:
    return ChatTemplate.load("chatml", Tokenizer.load(str(kinds.file(kind))), date(2026, 1, 1))


@pytest.mark.parametrize(
    ("before", "behind", "joined"),
    [
        ("Read.\n\n", "Why?", True),
        ("Read: ", "Why?", False),
        ("Read.\n\n", "\nWhy?", False),
        ("Read.\n\n", "", False),
        ("", "Why?", True),
    ],
)
def test_a_context_is_joined_behind_a_line_feed_and_before_words_of_its_message(
    before: str, behind: str, joined: bool, kinds: Kinds
) -> None:
    assert joins(*halves(draft(before, behind), chatml(kinds, "qwen"))) is joined


@pytest.mark.parametrize("kind", ["gpt2", "qwen"])
def test_stored_shells_are_the_two_ends_of_the_whole_encoding(
    kind: str, kinds: Kinds, tmp_path: Path
) -> None:
    template, reference = chatml(kinds, kind), kinds.reference(kind)
    made = [draft(), draft("Lies gut.\n\n\n", "为什么？"), draft("", "Q")]
    with writing(tmp_path, template) as writer:
        writer.add(made[:2])
        writer.add(made[2:])
    shells = Shells.open(tmp_path)
    for number, one in enumerate(made):
        user = one.messages[0]
        before, behind = (user.spans[0].text if len(user.spans) > 2 else ""), user.spans[-1].text  # type: ignore[union-attr]
        whole = reference.ids(f"user\n{before}Grain.\n\n{behind}")
        shell = shells[number]
        end = shell.behind.tolist().index(reference.whole.token_to_id("<|im_end|>"))
        start = len(shell.before) - 1
        assert shell.before.tolist()[1:] == whole[:start]
        assert reference.bare.decode(whole[start : len(whole) - end]) == "Grain.\n\n"
        assert shell.behind.tolist()[:end] == whole[len(whole) - end :]
        assert shell.joins
        assert int(shells.tokens[number]) == len(shell.before) + len(shell.behind)


def test_runs_cover_the_shell_and_straddling_tokens_are_kept(kinds: Kinds, tmp_path: Path) -> None:
    template = ChatTemplate.load("chatml", Tokenizer.load("longgrain"), date(2026, 1, 1))
    with writing(tmp_path, template) as writer:
        writer.add([draft()])
    shells = Shells.open(tmp_path)
    shell = shells[0]
    assert int(shell.runs_before.lengths.sum()) == len(shell.before)
    assert int(shell.runs_behind.lengths.sum()) == len(shell.behind)
    assert tuple(shells.straddling(0)) == (0, 1, 0)
    roles = [ROLES[code] for code in shell.runs_behind.roles]
    assert roles == ["question", *["glue"] * 4, "attempt", "answer", "glue", "glue"]
    assert np.flatnonzero(shell.runs_behind.losses).tolist() == [6, 7]


def test_a_draft_without_a_slot_is_one_half(kinds: Kinds) -> None:
    whole = Draft(
        recipe="t", seed=1, evidence=(), answer="",
        messages=(Message(speaker="user", spans=(span("question", "Why?"),)),),
    )  # fmt: skip
    before, behind = halves(whole, chatml(kinds, "qwen"))
    assert [piece.text for piece in before] == [
        "<|im_start|>",
        "user\n",
        "Why?",
        "<|im_end|>",
        "\n",
    ]
    assert behind == []


def test_an_answer_may_quote_a_document(kinds: Kinds, tmp_path: Path) -> None:
    template = chatml(kinds, "qwen")
    text = "The bell was cast in 1889. It is cracked."
    quoted = Span(
        role="answer", loss=1.0, origin=Grain(doc_id="d", path=(0,), kind="cut", start=0, end=26)
    )
    asked = Span(role="question", origin=Given(source="t", id="1"), text="When was it cast?")
    whole = Draft(
        recipe="t",
        seed=0,
        evidence=(),
        messages=(
            Message(speaker="user", spans=(Slot(), asked)),
            Message(speaker="assistant", spans=(quoted,)),
        ),
        answer="1889",
    )
    with writing(tmp_path, template, {"d": text}) as writer:
        writer.add([whole])
    shell = Shells.open(tmp_path)[0]
    learned = shell.behind[np.repeat(shell.runs_behind.losses, shell.runs_behind.lengths) > 0]
    assert template.tokenizer.library.decode(learned.tolist()[:-1]) == text[:26]
