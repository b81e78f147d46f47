"""A plan and a sample of it > what a whole build will take, kept with the run; forecast against fact.

Calls and tokens are counted kind by kind (`longgrain.yields`); disk file by file; seconds and
memory as the sample took them, and what grows with the number of drafts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import log2
from pathlib import Path
from typing import Any

import orjson

from longgrain.callfile import CallFile
from longgrain.engine import atomic
from longgrain.make import component
from longgrain.plan import Between, Plan
from longgrain.run import Run
from longgrain.types import Request, Side
from longgrain.yields import (
    Sampled,
    Spending,
    a_wave,
    doubt,
    rates,
    spendings,
    spent_before,
    within,
)

FILE, LEDGER = "forecast.json", "calls.sqlite"
# Steps whose work grows with the documents, not with the examples.
FIXED_STEPS = ("read", "split", "write", "report")
FIXED_FILES = (
    *("documents.parquet", "grains.parquet", "report.html", "README.md", "plan.yaml", "state.json"),
    *("manifest.json", FILE),
)
# Written after the manifest, which holds the comparison; they are no part of it.
PAGES = ("report.html", "README.md", "manifest.json")
# Memory grows with drafts (what is noted of each, the ledger's keys, lines of the account's tables)
# and with the tokens of rows until the buffers they are written through are full: KB a draft, MB a
# million tokens, millions of tokens. Measured on builds of 200 to 12,000 (docs/forecast.md).
DRAFT_KB, ROWS_MB, ROWS_FULL = 6.0, 5.0, 8.0
# Seconds that a step takes before its first example.
START = {"draft": 0.2, "assemble": 0.05, "rows": 0.08}
# More than this off, and the report says so.
NEAR = 0.15
# Bytes of a token in a prompt, on average of English and Chinese.
A_TOKEN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a whole build will take: its own seconds and the teacher's, bytes of disk, MB of memory.

    ``basis`` is how it was made: "counted" (what would be asked, with assumed yields), "pilot"
    (the teacher was asked for ``sampled`` examples), "sample" (a free teacher was) or "whole" (for
    all of them). ``share`` of the drafts will be made before a cap is reached, and ``uncapped``
    is the money, calls and tokens of all. None is what was not measured.
    """

    plan_id: str
    basis: str
    sampled: int
    examples: int
    drafts: int
    calls: int
    teacher: str
    prompt_tokens: int
    reply_tokens: int
    money: float
    currency: str = ""
    prices_of: str = ""
    give_or_take: float = 0.0
    tokens: int = 0
    rows: int = 0
    seconds: float | None = None
    teacher_seconds: float | None = None
    memory_mb: int | None = None
    files: Mapping[str, int] = field(default_factory=dict)
    share: float = 1.0
    cap: str = ""
    uncapped: Mapping[str, float] = field(default_factory=dict)
    kinds: tuple[Mapping[str, Any], ...] = ()
    said: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    """The ledger's keys of a pilot's calls: they count towards the caps of the build."""

    @property
    def exact(self) -> bool:
        """Whether the sample was the whole plan."""
        return self.basis == "whole"

    @property
    def disk(self) -> int:
        """Bytes of all files of the run."""
        return sum(self.files.values())


def forecast(
    plan: Plan,
    sample: Run,
    wall: float,
    grains: Mapping[Side, int],
    ledger: Path | None = None,
) -> Forecast:
    """From a sample that was built whole; work on documents is counted once.

    ``wall`` is how many seconds the sample took in all, its report included; ``grains`` how many
    each side has to ask about; ``ledger`` is where its calls lie, if not in its folder.
    """
    manifest = sample.manifest
    sampled = Sampled(
        plan=sample.plan,
        calls=manifest["teacher"]["calls"],
        made=manifest["drafted"],
        asked=sample.plan.teacher.use == plan.teacher.use,
    )
    found = counted(plan, sampled, grains)
    made = max(1, sum(sampled.made.values()))
    scale = found.drafts / made
    packing = manifest["packing"].values()
    tokens = sum(one["tokens"] for one in packing)
    longer = (tokens + _unlucky(plan, manifest)) / max(1, tokens)
    teacher = sum(float(row["seconds"]) for row in sampled.calls)
    return replace(
        found,
        asked=tuple(manifest["keys"]),
        tokens=round(scale * longer * tokens),
        rows=round(scale * longer * sum(one["rows"] for one in packing)),
        seconds=_own_seconds(manifest, wall, teacher, scale),
        memory_mb=_memory(manifest["peak_memory_mb"], found.drafts - made, tokens, scale),
        files=_files(sample.folder, scale, longer)
        | _ledger(ledger or sample.folder / LEDGER, found.calls - _calls(sampled)),
    )


def _ledger(path: Path, more: int) -> dict[str, int]:
    """Bytes of a ledger with so many calls more."""
    with CallFile(path) as file:
        stored = file.total().requests
    size = path.stat().st_size
    return {LEDGER: size + round(size * more / max(1, stored))}


def _memory(peak: int, more: int, tokens: int, scale: float) -> int:
    """MB: the peak of the sample, and what more drafts and tokens add."""
    before, after = min(ROWS_FULL, tokens / 1e6), min(ROWS_FULL, scale * tokens / 1e6)
    return round(peak + more * DRAFT_KB / 1000 + (after - before) * ROWS_MB)


def _calls(sampled: Sampled) -> int:
    return sum(int(row["asked"]) for row in sampled.calls)


def _own_seconds(manifest: Mapping[str, Any], wall: float, teacher: float, scale: float) -> float:
    """Without the time that the teacher took."""
    steps = {one["step"]: float(one["seconds"]) for one in manifest["steps"]}
    steps["draft"] = max(0.0, steps.get("draft", 0.0) - teacher)
    growing = sum(
        max(0.0, seconds - START.get(step, 0.0))
        for step, seconds in steps.items()
        if step not in FIXED_STEPS
    )
    return max(0.0, wall - teacher) + (scale - 1) * growing


def _unlucky(plan: Plan, manifest: Mapping[str, Any]) -> float:
    """Tokens that the sample has too few: a handful of examples takes the shortest lengths first."""
    missing = 0.0
    for quota in manifest["quotas"].values():
        lengths = quota["lengths"]
        for number, low, high in zip(
            lengths["made"], lengths["edges"], lengths["edges"][1:], strict=False
        ):
            middle = (low + high) / 2 if isinstance(plan.layout.lengths, Between) else high
            missing += number * (_a_draft(plan) - middle)
    return missing


def _files(folder: Path, scale: float, longer: float) -> dict[str, int]:
    """Bytes of each file but the ledger; those of all rows and of all examples together."""
    sizes: dict[str, int] = {}
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.name.startswith(LEDGER):
            times = 1 if path.name in FIXED_FILES else scale
            times *= longer if path.name.startswith("rows-") else 1
            name = _family(path.name)
            sizes[name] = sizes.get(name, 0) + round(times * path.stat().st_size)
    return sizes


def _family(name: str) -> str:
    return next((f"{one}-*.parquet" for one in ("rows", "examples") if name.startswith(one)), name)


def counted(plan: Plan, sampled: Sampled, grains: Mapping[Side, int]) -> Forecast:
    """Drafts, calls, tokens and money; nothing of what only a build can measure."""
    entry = plan.teacher
    teacher = component("teachers", entry.use, entry.settings)
    rounds = 1 if getattr(teacher, "prompted", False) else 6
    asking = {side: rounds * count for side, count in grains.items()}
    at_once = int(getattr(teacher, "concurrency", 1))
    whole = spendings(plan, sampled, asking, at_once)
    room, before = _room(plan, teacher, whole), spent_before(sampled)
    found = within(whole, calls=entry.max_calls, money=room, before=before)
    examples = sum(one.examples for one in plan.recipes)
    drafts = sum(one.drafts for one in found)
    all_of_it = examples <= sum(one.examples for one in sampled.plan.recipes)
    basis = _basis(sampled, all_of_it)
    total = {name: sum(getattr(one, name) for one in found) for name in _SUMS}
    return Forecast(
        plan_id=plan.id,
        basis=basis,
        sampled=sum(sampled.made.values()),
        examples=examples,
        drafts=round(drafts),
        calls=round(total["calls"]),
        teacher=str(teacher.name),
        prompt_tokens=round(total["prompt_tokens"]),
        reply_tokens=round(total["reply_tokens"]),
        money=total["money"],
        currency=str(getattr(teacher, "currency", "") or ""),
        prices_of=str(getattr(teacher, "prices_of", None) or ""),
        give_or_take=doubt(sampled, found) if basis in ("pilot", "sample") else 0.0,
        tokens=round(drafts * _a_draft(plan)),
        teacher_seconds=_teacher_seconds(sampled, found, at_once),
        share=drafts / max(1e-9, sum(one.drafts for one in whole)),
        cap=_cap(plan, found, whole),
        uncapped={name: sum(getattr(one, name) for one in whole) for name in _SUMS},
        kinds=tuple(_by_kind(found)),
        said=tuple(_assumed(plan, sampled, basis)),
    )


_SUMS = ("calls", "prompt_tokens", "reply_tokens", "money")


def _teacher_seconds(sampled: Sampled, found: Sequence[Spending], at_once: int) -> float | None:
    """A build begins with one call in flight, and doubles them with every wave."""
    wave = a_wave(sampled)
    if wave is None or not sampled.asked:
        return None
    return wave * (sum(one.waves for one in found) + log2(max(1, at_once)))


def _basis(sampled: Sampled, all_of_it: bool) -> str:
    free = sampled.plan.teacher.use in ("extractive", "scripted")
    if not sampled.asked:
        return "counted"
    return "whole" if all_of_it else "sample" if free else "pilot"


def _room(plan: Plan, teacher: Any, whole: Sequence[Spending]) -> float | None:
    """The money that will be spent under the cap: the last call must fit with the most it can cost."""
    cap, most = plan.teacher.max_money, getattr(teacher, "most", None)
    if cap is None or most is None:
        return cap
    calls = max(1.0, sum(one.calls for one in whole))
    prompt = int(A_TOKEN * sum(one.prompt_tokens for one in whole) / calls)
    return max(0.0, cap - float(most(Request(task="", prompt=(("user", "x" * prompt),))).money))


def _cap(plan: Plan, found: Sequence[Spending], whole: Sequence[Spending]) -> str:
    """The settings of the caps that will be reached, "" for none."""
    if sum(one.calls for one in found) >= sum(one.calls for one in whole) - 1e-6:
        return ""
    entry = plan.teacher
    caps = (("max_calls", entry.max_calls), ("max_money", entry.max_money))
    return " and ".join(f"{name} {value:g}" for name, value in caps if value is not None)


def _a_draft(plan: Plan) -> float:
    """Tokens of an example, on average: the middle of the lengths that the plan asks for."""
    lengths = plan.layout.lengths
    if isinstance(lengths, Between):
        return (lengths.min + lengths.max) / 2
    return sum(lengths) / len(lengths)


def _by_kind(found: Sequence[Spending]) -> Iterator[dict[str, Any]]:
    for kind in dict.fromkeys(one.kind for one in found):
        mine = [one for one in found if one.kind == kind]
        yield {
            "kind": kind,
            **{name: sum(getattr(one, name) for one in mine) for name in ("drafts", *_SUMS)},
        }


def _assumed(plan: Plan, sampled: Sampled, basis: str) -> Iterator[str]:
    """What a reader must know of the numbers."""
    asking = [rate for rate in rates(sampled) if rate.asks and rate.calls != float("inf")]
    yields = ", ".join(f"{rate.kind} {1 / rate.calls:.2f}" for rate in asking if rate.calls)
    if basis == "counted" and asking:
        counter = "its tokenizer" if plan.teacher.settings.get("tokenizer") else "the plan's"
        yield (
            f"nobody was asked: yields are assumed to be those of questions by rule ({yields} "
            f"drafts a call), and so are the replies; prompts are counted with {counter}"
            + ("" if counter == "its tokenizer" else " tokenizer, not the model's")
        )
        yield "a pilot measures them: --pilot 100 asks for 100 of the examples, and a build uses them"
    elif basis == "pilot":
        yield f"measured by a pilot of {sum(sampled.made.values())} drafts ({yields} a call)"
    for rate in rates(sampled):
        if rate.calls == float("inf"):
            yield f"no draft of kind {rate.kind!r} could be made in the sample, so none is counted"


# --- kept with the run ------------------------------------------------------------------------------


def keep(found: Forecast, folder: Path) -> None:
    """Writes the forecast into the folder of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    with atomic(folder / FILE) as part:
        part.write_bytes(orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2))


def kept(folder: Path, plan_id: str) -> Forecast | None:
    """The forecast of a plan in a folder, if there is one that can be read."""
    try:
        found = Forecast(**orjson.loads((folder / FILE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.plan_id == plan_id else None


def against(found: Forecast, manifest: Mapping[str, Any], disk: int) -> list[dict[str, Any]]:
    """Forecast and fact of each figure that was forecast: ``off`` is their difference as a share.

    ``manifest`` is that of the finished build, ``disk`` the bytes of its files but the pages.
    """
    teacher, packing = manifest["teacher"], manifest["packing"].values()
    names = ("asked", *_SUMS[1:])
    spent = {name: sum(float(row[name]) for row in teacher["calls"]) for name in names}
    took = sum(float(one["seconds"]) for one in manifest["steps"])
    pages = sum(found.files.get(name, 0) for name in PAGES)
    seconds = (found.seconds or 0) + (found.teacher_seconds or 0)
    whole = found.seconds is not None and found.teacher_seconds is not None
    rows: list[tuple[str, float | None, float]] = [
        ("drafts", found.drafts, sum(manifest["drafted"].values())),
        ("calls", found.calls, spent["asked"]),
        ("prompt tokens", found.prompt_tokens, spent["prompt_tokens"]),
        ("reply tokens", found.reply_tokens, spent["reply_tokens"]),
        ("money", found.money, spent["money"]),
        ("tokens in rows", found.tokens, sum(one["tokens"] for one in packing)),
        ("seconds", seconds if whole else None, took),
        ("MB of disk", (found.disk - pages) / 1e6 if found.files else None, disk / 1e6),
        ("MB of memory", found.memory_mb, manifest["peak_memory_mb"]),
    ]
    return [
        {
            "figure": name,
            "forecast": told,
            "fact": fact,
            "off": (told - fact) / fact if fact else None,
        }
        for name, told, fact in rows
        if told is not None and (told or fact)
    ]


def compared(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of `against` in words, nothing where there was no forecast; ``far`` is too far off."""
    return [
        {
            "figure": one["figure"],
            "forecast": _said(one["forecast"]),
            "fact": _said(one["fact"]),
            "off": "–" if one["off"] is None else f"{one['off']:+.0%}",
            "far": abs(one["off"] or 0) > NEAR,
        }
        for one in manifest.get("forecast", {}).get("against", ())
    ]


def _said(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 or number == int(number) else f"{number:,.2f}"
