"""Law 9: a gold answer scores 1 on its own check, an empty reply 0, another answer below 1."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from longgrain.build import build
from longgrain.checks import answerable
from longgrain.facts import derive, same_answer
from longgrain.run import Run
from longgrain.sentences import sentence_ends
from longgrain.types import Example, Grain, Reply, Span
from small import small_plan

HANDBOOKS = Path(__file__).parents[2] / "examples" / "demo" / "documents"
JOINED = ("compare", "sum", "order", "bridge")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Questions of every form, in English and Chinese, by the extractive teacher."""
    folder = tmp_path_factory.mktemp("gold")
    shares = {"fine": 0.5, "integration": 0.5}
    plan = small_plan(
        folder,
        sources=[str(HANDBOOKS)],
        teacher="extractive",
        recipes=[{"use": "in2", "examples": 160, "shares": shares}],
    )
    return build(plan, folder / "run")


def examples(run: Run) -> Iterator[Example]:
    return (example for side in run.sides for example in run.examples(side))


def evidence(example: Example, texts: Mapping[str, str]) -> list[str]:
    """The sentences of the evidence grains."""
    found = []
    for message in example.views["train"]:
        for span in message.spans:
            if isinstance(span, Span) and span.role == "evidence":
                words, start = span.words(texts), 0
                for end in sentence_ends(words).tolist():
                    found.append(words[start:end])
                    start = end
    return found


def score(example: Example, texts: Mapping[str, str], reply: str) -> float:
    """1 for a reply that says what the evidence says, else 0; an empty reply says nothing."""
    derived = derive(dict(example.lineage), evidence(example, texts))
    return float(bool(reply) and derived is not None and same_answer(derived, reply))


def problems(example: Example, texts: Mapping[str, str], answer: str) -> list[str]:
    """What the check says when the example's answer is this one."""
    check = answerable.Answerable()
    return list(check.problems(answered(example, answer), texts))


def answered(example: Example, answer: str) -> Example:
    """The example with another answer."""
    said = Reply(teacher="a test", call="", text=answer)
    *asked, last = example.views["train"]
    spans = tuple(
        replace(span, origin=said, text=answer)
        if isinstance(span, Span) and span.role == "answer"
        else span
        for span in last.spans
    )
    lineage = {**example.lineage, "answer": answer}
    return replace(example, views={"train": (*asked, replace(last, spans=spans))}, lineage=lineage)


def others(example: Example, listed: list[Example]) -> list[str]:
    """Answers of the same form to other questions, that say something else."""
    own = str(example.lineage["answer"])
    same = [
        str(o.lineage["answer"]) for o in listed if o.lineage["form"] == example.lineage["form"]
    ]
    return [answer for answer in same if not same_answer(answer, own)][:5]


def breaches(run: Run) -> list[str]:
    """What of the law the examples of a run break."""
    found, texts, listed = [], run.texts(), list(examples(run))
    for example in listed:
        gold, form = str(example.lineage["answer"]), example.lineage["form"]
        if score(example, texts, gold) != 1 or problems(example, texts, gold):
            found.append(f"{form}: the gold answer {gold!r} does not score 1")
        if score(example, texts, "") != 0:
            found.append(f"{form}: an empty reply scores")
        if form not in JOINED and not problems(example, texts, ""):
            found.append(f"{form}: the check lets an empty answer pass")
        if any(score(example, texts, other) for other in others(example, listed)):
            found.append(f"{form}: another answer scores")
    return found


def test_gold_scores_one_nothing_scores_zero_and_another_answer_less(run: Run) -> None:
    assert breaches(run) == []


def test_the_law_was_tried_on_every_form_in_both_languages(run: Run) -> None:
    seen: dict[str, set[str]] = {}
    for example in examples(run):
        seen.setdefault(str(example.lineage["language"]), set()).add(str(example.lineage["form"]))
        assert example.lineage["by"] == "extractive"
    assert {"number", "compare", "sum"} <= seen["en"]
    assert {"number", "compare", "sum"} <= seen["zh"]
    assert len(seen["en"] | seen["zh"]) >= 6


def test_another_answer_of_one_sentence_is_not_in_the_evidence(run: Run) -> None:
    texts = run.texts()
    for example in examples(run):
        if example.lineage["form"] in ("number", "date", "name"):
            assert problems(example, texts, "Zanzibar 987654") == ["answer is not in the evidence"]


def test_without_one_evidence_grain_the_answer_of_joined_facts_is_gone(run: Run) -> None:
    texts = run.texts()
    for example in examples(run):
        grains = [
            span.origin
            for message in example.views["train"]
            for span in message.spans
            if isinstance(span, Span) and span.role == "evidence"
        ]
        assert len(grains) == (1 if example.lineage["kind"] == "fine" else max(2, len(grains)))
        for grain in grains:
            assert isinstance(grain, Grain)
            blank = " " * (grain.end - grain.start)
            text = texts[grain.doc_id]
            without = {**texts, grain.doc_id: text[: grain.start] + blank + text[grain.end :]}
            assert score(example, without, str(example.lineage["answer"])) == 0


def test_control_a_wrong_gold_answer_is_caught(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Run._example

    def wrong(self: Run, *parts: Any) -> Example:
        return answered(whole(self, *parts), "Zanzibar 987654")

    monkeypatch.setattr(Run, "_example", wrong)
    assert any("gold answer" in one for one in breaches(run))


def test_control_a_score_that_takes_anything_is_caught(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "score", lambda example, texts, reply: 1.0)
    said = {one.partition(": ")[2] for one in breaches(run)}
    assert said == {"an empty reply scores", "another answer scores"}
