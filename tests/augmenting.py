"""Documents and drafts by hand for the tests of augmentation: every planted answer is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from longgrain.materials import SideMaterials
from longgrain.plan import Plan
from longgrain.types import Draft, Given, Grain, Message, Slot, Span
from small import materials_of

OWN = Given(source="longgrain.test", id="own")
EN = (
    "# Gates\n\nThe east gate may hold 40 carts. Every west wall must have 55 lamps. "
    "A north tower is 12 metres high. Numerous guards are able to see the harbour.\n\n"
    "It is said that the guards sing. They sing well.\n"
)
ZH = "# 城门\n\n东门可容纳40辆车。西门应当有55盏灯。北塔的高度为12米。守卫按照章程巡逻。\n\n据说他们唱歌。他们唱得很好。\n"


def shelved(folder: Path, **changes: Any) -> SideMaterials:
    """The training side of the two documents, all of them."""
    documents = folder / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    (documents / "en.md").write_text(EN, "utf-8")
    (documents / "zh.md").write_text(ZH, "utf-8")
    values: dict[str, Any] = {
        "sources": ["documents"],
        "split": {"valid": 0.0, "test": 0.0},
        "layout": {"lengths": {"min": 512, "max": 1024}},
        **changes,
    }
    plan = Plan.of(values, folder=str(folder))
    return materials_of(plan, folder / "work")["train"]


def quoting(materials: SideMaterials, language: str, answer: str, **meta: Any) -> Draft:
    """A draft of layout none whose messages quote a whole document, and whose answer quotes a sentence."""
    doc_id = next(
        one for one in materials.documents if materials.document(one).meta["language"] == language
    )
    text = materials.store.texts[doc_id]
    ends = "。" if language == "zh" else ". "
    sentence = next(one for one in text.split("\n\n")[1].split(ends) if answer in one)
    start = text.index(sentence)
    whole = Grain(doc_id=doc_id, path=(), kind="document", start=0, end=len(text))
    quoted = Grain(doc_id=doc_id, path=(), kind="sentence", start=start, end=start + len(sentence))
    numbers = materials.numbers(whole)
    asked = {"en": "How many are there, for example, in all?", "zh": "一共有多少？"}[language]
    told = {
        "en": "Read the passages below and answer the question that follows them.",
        "zh": "阅读下面的材料，回答材料后面的问题。",
    }[language]
    user = (
        Span(role="instruction", origin=OWN, text=told),
        Span(role="glue", origin=OWN, text="\n\n"),
        Span(role="evidence", origin=whole),
        Span(role="glue", origin=OWN, text="\n\n"),
        Span(role="question", origin=OWN, text=asked),
    )
    said = (
        Span(role="reasoning", origin=quoted, loss=1.0),
        Span(role="answer", origin=OWN, text=f" {answer}", loss=1.0),
    )
    about = {"kind": "k", "form": "number", "template": "t", "language": language}
    return Draft(
        recipe="test",
        seed=1,
        evidence=tuple(materials.grain(number) for number in numbers),
        messages=(
            Message(speaker="user", spans=user),
            Message(speaker="assistant", spans=said),
        ),
        answer=answer,
        meta={
            **about,
            **{"layout": "none", "keep_order": False, "evidence": list(numbers)},
            **{"rivals": [], "hard": [], "operands": [answer], **meta},
        },
    )


def asking(
    question: str, answer: str, *, language: str = "en", instruction: str = "", **meta: Any
) -> Draft:
    """A question over a pool with one short answer; no document behind it."""
    told = (
        instruction
        or {
            "en": "Read the passages below and answer the question that follows them.",
            "zh": "阅读下面的材料，回答材料后面的问题。",
        }[language]
    )
    user = (
        Span(role="instruction", origin=OWN, text=told),
        Span(role="glue", origin=OWN, text="\n\n"),
        Slot(),
        Span(role="question", origin=OWN, text=question),
    )
    about = {"kind": "k", "form": "number", "template": "t", "language": language}
    return Draft(
        recipe="test",
        seed=1,
        evidence=(),
        messages=(
            Message(speaker="user", spans=user),
            Message(
                speaker="assistant",
                spans=(Span(role="answer", origin=OWN, text=f"{answer}.", loss=1.0),),
            ),
        ),
        answer=answer,
        meta={
            **about,
            **{"layout": "long", "keep_order": False, "evidence": [], "rivals": [], "hard": []},
            **{"operands": [answer], **meta},
        },
    )


def said(draft: Draft, role: str) -> list[str]:
    """The inline words of a role."""
    return [
        span.text or ""
        for one in draft.messages
        for span in one.spans
        if isinstance(span, Span) and span.role == role
    ]
