"""Made-up numbers > a stand-in for a finished run: both languages, three sides, 80 documents.

The counts are invented, but they add up as those of a build must; some titles are hostile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from longgrain.plan import Plan
from longgrain.shown import Shown, ShownSpan, ShownToken

HOSTILE = "</title><script>window.hurt = 1</script> \u202eeltit"
WORDS = {
    "en": (
        "The pressure valve of the north cistern is opened on the first Monday of every month, and "
        "the reading is entered in the blue ledger before noon. A reading above 4.2 bar is "
        "reported to the keeper on duty, who closes the sluice & signs the page <b>twice</b>. "
    ),
    "zh": (
        "北水库的压力阀于每月第一个星期一开启，读数须在正午之前记入蓝色登记簿。"
        "读数高于四点二巴时，应当报告值班管理员，由其关闭水闸并签字两次。臺灣分站另行規定。"
    ),
}
QUESTIONS = {
    "en": ("Which ledger is the reading of the north cistern entered in?", "The blue ledger"),
    "zh": ("北水库的读数记入哪一本登记簿？", "蓝色登记簿"),
}
TITLES = {
    "en": ("The Keeper's Handbook", "Handbook of the Waterworks", HOSTILE, "Assertion statements"),
    "zh": ("水务站管理手册", "水務站值班規程（繁體）", "第一回　开闸", "库存盘点办法"),
}
KINDS = ("fine", "integration", "short", "general")
COUNTS = {"train": (248, 68, 36, 8), "valid": (14, 4, 2, 0), "test": (14, 4, 1, 0)}


@dataclass(frozen=True, kw_only=True)
class StandIn:
    """What a finished run offers to the report and the card."""

    folder: Path
    manifest: dict[str, Any]
    plan: Plan

    def shown(self, side: str, limit: int) -> Iterator[Shown]:
        """A few examples of the training side, and none of the others."""
        if side == "train":
            made = [shown(kind, code, i) for i, kind in enumerate(KINDS[:2]) for code in WORDS]
            yield from made[:limit]


def finished(folder: Path) -> StandIn:
    """A run folder with what the report reads: the manifest in hand, dropped.parquet on disk."""
    plan = Plan.of({"name": "waterworks", "sources": ["documents/*.md", "pydoc:topics"]})
    run = StandIn(folder=folder, manifest=manifest(plan), plan=plan)
    dropped = [
        {"step": step["step"], "id": f"{reason}-{i}", "reason": reason, "detail": HOSTILE}
        for step in run.manifest["steps"]
        for reason, count in step["dropped"].items()
        for i in range(count)
    ]
    pq.write_table(pa.Table.from_pylist(dropped), folder / "dropped.parquet")
    return run


def manifest(plan: Plan) -> dict[str, Any]:
    """The manifest of a build of about four million tokens."""
    documents = [_document(i) for i in range(80)]
    roles = {side: _roles(side) for side in COUNTS}
    tokens = {s: sum(role["tokens"] for role in found.values()) for s, found in roles.items()}
    return {
        "name": plan.name,
        "plan_id": plan.id,
        "seed": plan.seed,
        "version": "0.1.0",
        "finished": "2026-01-05T09:30:00Z",
        "tokenizer": {
            "name": "longgrain",
            "sha256": "5e" * 32,
            "encoder": "fastokens",
            "joins": True,
            "vocabulary": 32003,
        },
        "template": {"name": "chatml", "day": "2026-01-01"},
        "row_length": 16384,
        "loss": "Rows keep the raw loss of each span; a trainer divides by the learned tokens of "
        "each example, then by the number of examples in the step.",
        "inputs": [_file("source", d["source"], d["tokens"] * 4) for d in documents],
        "outputs": [_file("file", f"rows-{side}-00000.parquet", n) for side, n in tokens.items()],
        "steps": _steps(),
        "peak_memory_mb": 412,
        "workers": 2,
        "documents": documents,
        "split": {
            "by": "document",
            "sides": {s: _side(documents, s) for s in COUNTS},
            "notes": ["valid and test hold 5% of the tokens each, by groups of near-duplicates"],
        },
        "guards": {
            "ambiguous question refused": 318,
            "rival grain kept out": 1204,
            "near-duplicate of the evidence kept out": 27,
            "hard distractor capped by similarity": 96,
        },
        "baseline": _baseline(),
        "forms": {"en": _forms("en", 22), "zh": _forms("zh", 24)},
        "quotas": {side: _quotas(side) for side in COUNTS},
        "packing": {side: _packing(side, tokens[side]) for side in COUNTS},
        "roles": roles,
        "straddling": {s: {"learned": 3, "masked": 0, "plain": 41} for s in COUNTS},
        "lengths": {s: _lengths(sum(counts)) for s, counts in COUNTS.items()},
        "teacher": {
            "name": "extractive",
            "version": "1",
            "asked": 431,
            "answered": 421,
            "from_ledger": 0,
            "refused": 10,
            "prompt_tokens": 0,
            "reply_tokens": 0,
            "money": 0.0,
            "currency": "",
        },
        "self_checks": {"fastokens agreed on": "80 documents", "joints compared": 4096},
        "notes": ["2 documents were near-duplicates of others and went to the same side."],
    }


def _file(key: str, name: str, size: int) -> dict[str, Any]:
    return {key: name, "sha256": f"{size:064x}", "bytes": size}


def _document(number: int) -> dict[str, Any]:
    code = ("en", "zh")[number % 2]
    rng = np.random.Generator(np.random.PCG64(number))
    side = "test" if number in (7, 21, 33) else "valid" if number in (4, 18) else "train"
    chapters = []
    for i in range(int(rng.integers(8, 40)) if number < 6 else int(rng.integers(1, 6))):
        grains = int(rng.integers(3, 30))
        asked = int(rng.binomial(grains, 0.18 if i % 3 else 0.32))
        name = f"Chapter {i + 1}" if code == "en" else f"第{i + 1}章"
        chapters.append(
            {"title": name, "tokens": grains * 121, "grains": grains, "asked": asked, "side": side}
        )
    names = TITLES[code]
    return {
        "id": f"{number:016x}",
        "source": f"documents/{number:03}.md",
        "title": names[number // 2] if number < 8 else f"{names[number % 2]}, {number}",
        "language": code,
        "tokens": sum(c["tokens"] for c in chapters),
        "grains": sum(c["grains"] for c in chapters),
        "asked": sum(c["asked"] for c in chapters),
        "side": side,
        "chapters": chapters,
    }


def _side(documents: list[dict[str, Any]], side: str) -> dict[str, int]:
    found = [one for one in documents if one["side"] == side]
    sums = {key: sum(one[key] for one in found) for key in ("tokens", "grains")}
    return {"documents": len(found), **sums}


def _steps() -> list[dict[str, Any]]:
    def step(name: str, asked: int, seconds: float, **dropped: int) -> dict[str, Any]:
        lost = {reason.replace("_", " "): count for reason, count in dropped.items()}
        made = asked - sum(lost.values())
        cpu = round(seconds * 1.3, 2)
        counts = {"asked": asked, "made": made, "dropped": lost}
        return {"step": name, **counts, "seconds": seconds, "cpu_seconds": cpu}

    return [
        step("read", 83, 0.61, empty_text=2, not_valid_UTF_8_nor_GB18030=1),
        step("cut", 80, 0.84),
        step("split", 80, 0.22),
        step("draft", 431, 3.9, no_fact_fits_exactly_one_sentence=10),
        step("check", 421, 0.7, answer_is_in_the_question=6, duplicate_question=4, too_short=2),
        step("assemble", 409, 1.31, pool_of_the_side_is_too_small=7),
        step("encode", 402, 0.95),
        step("pack", 402, 0.2, longer_than_a_row=2),
    ]


def _quotas(side: str) -> dict[str, Any]:
    counts = dict(zip(KINDS, COUNTS[side], strict=True))
    long = counts["fine"] + counts["integration"]
    made = [float(long // 10 + (i < long % 10)) for i in range(10)]
    short = side == "test"
    return {
        "depths": {
            "edges": [i / 10 for i in range(11)],
            "wished": [long / 10] * 10,
            "made": [m + (0.1, -0.1)[i % 2] for i, m in enumerate(made)],
        },
        "lengths": {
            "edges": [2048 + i * 1433.6 for i in range(11)],
            "wished": made,
            "made": made,
        },
        "kinds": {
            kind: {"wished": n + 2 * (short and kind == "fine"), "made": n}
            for kind, n in counts.items()
        },
        "shortfalls": ["2 fine questions fewer than wished: its chapters hold no more facts"]
        if short
        else [],
    }


def _roles(side: str) -> dict[str, dict[str, int]]:
    long = COUNTS[side][0] + COUNTS[side][1]
    each = {
        "instruction": (18, 0),
        "metadata": (310, 0),
        "evidence": (190, 0),
        "distractor": (8320, 0),
        "question": (24, 0),
        "answer": (9, 9),
        "glue": (160, 1),
    }
    return {role: {"tokens": n * long, "learned": m * long} for role, (n, m) in each.items()}


def _packing(side: str, tokens: int) -> dict[str, Any]:
    rows = -(-tokens // 16300)
    too_long = ["a1b2c3d4e5f60718", "0123456789abcdef"] if side == "train" else []
    fill = tokens / (rows * 16384)
    shape = {"rows": rows, "length": 16384, "tokens": tokens, "fill": fill}
    return {**shape, "lower_bound": -(-tokens // 16384), "too_long": too_long}


def _lengths(count: int) -> list[int]:
    return [int(n) for n in np.linspace(640, 16384, count)]


def _baseline() -> dict[str, dict[str, int]]:
    shares = {"number": 61, "date": 66, "name": 58, "term": 49, "quote": 72, "compare": 12}
    shares |= {"sum": 8, "order": 15, "bridge": 24}
    kinds = {kind: {"asked": 100, "hit": hit} for kind, hit in shares.items()}
    return {**kinds, "fine": {"asked": 500, "hit": 306}, "integration": {"asked": 400, "hit": 59}}


def _forms(code: str, count: int) -> dict[str, int]:
    words = "What number stands for {term}" if code == "en" else "{term}的数目是多少"
    return {f"{words} ({i})": 40 - i for i in range(count)}


def shown(kind: str, code: str, number: int, *, distractors: int = 24) -> Shown:
    """An example of two grains of evidence for integration, else one, among distractors."""
    spans: list[ShownSpan] = []

    def add(role: Any, text: str, tokens: int, message: int | None = None, **more: Any) -> None:
        at = sum(span.tokens for span in spans)
        loss = 1.0 if more.get("learned") else 0.0
        spans.append(
            ShownSpan(
                role=role,
                text=text,
                tokens=tokens,
                first_token=at,
                loss=loss,
                message=message,
                speaker={0: "user", 1: "assistant"}.get(message, ""),  # type: ignore[arg-type]
                **more,
            )
        )

    def grain(role: Any, i: int, depth: float | None = None) -> None:
        title = TITLES[code][i % 4]
        place = {"source": f"{i:03}.md", "headings": (title, f"§ {i % 7}")}
        add("metadata", f"[{title} · {i % 7}]\n", 9, 0, **place)
        where = {"kind": "cut", "path": (i % 3, i), "start": i * 410, "end": i * 410 + 402}
        add(role, WORDS[code] * 2, 118, 0, **place, **where, depth=depth)

    evidence = {9, 17} if kind == "integration" else {6 + number}
    question, answer = QUESTIONS[code]
    add("glue", "<|im_start|>", 1)
    add("glue", "user\n", 2)
    add("instruction", {"en": "Answer from the texts.", "zh": "请根据材料回答。"}[code], 6, 0)
    for i in range(distractors):
        add("glue", "\n\n", 1, 0)
        here = i in evidence
        grain("evidence" if here else "distractor", i, (i + 0.5) / distractors if here else None)
    add("glue", "\n\n", 1, 0)
    add("question", question, 14, 0)
    add("glue", "<|im_end|>", 1)
    add("glue", "\n", 1)
    add("glue", "<|im_start|>", 1)
    add("glue", "assistant\n", 2)
    add("answer", answer, 5, 1, learned=5)
    add("glue", "<|im_end|>", 1, learned=1)
    add("glue", "\n", 1)
    return Shown(
        id=f"{number:02}{'ab' if code == 'en' else 'cd'}5f1e9c3a7b204d"[:16],
        recipe="in2",
        side="train",
        language=code,
        kind=kind,
        spans=tuple(spans),
        trained=_tokens(spans),
    )


def _tokens(spans: list[ShownSpan]) -> tuple[ShownToken, ...]:
    """As many tokens as each span says, its words cut evenly."""
    found = []
    for span in spans:
        cuts = np.linspace(0, len(span.text), span.tokens + 1).astype(int)
        weight = 1.0 if span.learned else 0.0
        for low, high in pairwise(cuts):
            word = span.text[low:high]
            found.append(ShownToken(id=len(found), text=word, role=span.role, weight=weight))
    return tuple(found)
