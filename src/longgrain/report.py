"""A finished run > report.html: one page that opens offline, with everything counted on the way.

The page is made from the manifest, dropped.parquet and a few examples. Its claims ("every token
accounted for") are checked against the numbers first; what does not add up is said at the top.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from longgrain import charts
from longgrain.coverage import coverage
from longgrain.forecast import NEAR, compared
from longgrain.mix_table import mixes
from longgrain.plan import Plan
from longgrain.reviewed import summary
from longgrain.show import Shown, environment, percent
from longgrain.types import ROLES, SIDES, Side

Manifest = Mapping[str, Any]

STEPS = {
    "read": "sources read as documents",
    "cut": "documents cut into grains",
    "split": "grains put on a side",
    "draft": "questions asked of the teacher",
    "check": "drafts checked",
    "assemble": "drafts laid out in a context",
    "balance": "examples weighed for the wished mix",
    "encode": "examples turned into tokens",
    "rows": "examples written in rows",
    "pack": "examples put into rows",
    "report": "this page and the card",
}
# What a manifest may leave out when a run had none of it.
_MISSING = ("guards", "baseline", "forms", "quotas", "packing", "roles", "straddling", "lengths")
EMPTY: dict[str, Any] = {
    **{key: {} for key in (*_MISSING, "forecast", "balance")},
    "altered": {"done": {}, "not done": {}},
    "self_checks": {},
    "notes": [],
}
# An example of more characters has its distractors shortened, so that the page stays small.
ROOM = 40_000
CANDIDATES, EXAMPLES, DROPPED = 10, 6, 3


class Run(Protocol):
    """What the report and the card need of a finished run."""

    @property
    def folder(self) -> Path: ...
    @property
    def manifest(self) -> Manifest: ...
    @property
    def plan(self) -> Plan: ...
    def shown(self, side: Side, limit: int) -> Iterator[Shown]:
        """At most ``limit`` examples of a side, laid out."""
        ...


def write_report(run: Run) -> Path:
    """Writes ``report.html`` into the run's folder, under a temporary name first; the path."""
    path = run.folder / "report.html"
    part = path.with_suffix(".html.part")
    part.write_text(_page(run), "utf-8")
    return part.replace(path)


def _page(run: Run) -> str:
    m = {**EMPTY, **run.manifest}
    lost, counts = _dropped(run.folder / "dropped.parquet")
    wrong = unbalanced(m, counts)
    shown = _chosen(run)
    template = environment().get_template("report.html")
    return template.render(
        m=m,
        plan=run.plan.as_yaml(),
        summary=in_words(m),
        sound="" if wrong else _sound(m),
        warnings=[*wrong, *_warnings(m)],
        figures=figures(m),
        dropped=lost,
        **way(m),
        sides=_sides(m),
        split_by=split_by(m),
        lengths=histograms(m, "lengths", "tokens"),
        spread=_spread(m),
        depths=histograms(m, "depths", "depth"),
        coverage=coverage(m["documents"]),
        **_roles(m),
        mixes=mixes(m),
        kinds=_kinds(m),
        baseline=charts.overlap(m["baseline"]) if m["baseline"] else None,
        baseline_height=f"{4 + 1.7 * len(m['baseline']):.1f}rem",
        forms=[_forms(language, counted) for language, counted in sorted(m["forms"].items())],
        **_examples(shown),
        against=compared(m),
        reviewed=summary(m.get("review", {})),
    )


def unbalanced(m: Manifest, counts: Mapping[str, int] | None = None) -> list[str]:
    """What does not add up, in plain words: steps, roles against rows, the list of dropped items.

    ``counts`` holds the items of dropped.parquet by step, None where there is no such file.
    """
    wrong = []
    for step in m["steps"]:
        lost = sum(step["dropped"].values())
        name, asked, made = step["step"], step["asked"], step["made"]
        if asked != made + lost:
            wrong.append(
                f"Step {name} does not add up: {asked:,} asked, {made:,} made, {lost:,} dropped."
            )
        if counts is not None and counts.get(name, 0) != lost:
            wrong.append(
                f"Step {name} counted {lost:,} dropped, but dropped.parquet lists "
                f"{counts.get(name, 0):,}."
            )
    for side, packed in m["packing"].items():
        tokens = sum(role["tokens"] for role in m["roles"].get(side, {}).values())
        if tokens != packed["tokens"]:
            wrong.append(
                f"The rows of {side} hold {packed['tokens']:,} tokens, but its roles add up to "
                f"{tokens:,}."
            )
    return wrong


def _dropped(path: Path) -> tuple[list[Mapping[str, str]], dict[str, int] | None]:
    """The first few dropped items of each step and reason, and how many there are at each step."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    if not path.is_file():
        return [], None
    kept: dict[tuple[str, str], list[Mapping[str, str]]] = defaultdict(list)
    counts: Counter[str] = Counter()
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches():
            table = pa.Table.from_batches([batch])
            groups = table.group_by(["step", "reason"], use_threads=False)
            for one in groups.aggregate([([], "count_all")]).to_pylist():
                step, reason = one["step"], one["reason"]
                counts[step] += one["count_all"]
                wanted = DROPPED - len(kept[step, reason])
                if wanted > 0:
                    same = (pc.field("step") == step) & (pc.field("reason") == reason)
                    kept[step, reason] += table.filter(same).slice(0, wanted).to_pylist()
    return [item for items in kept.values() for item in items], dict(counts)


def shortfalls(m: Manifest) -> list[str]:
    """What the run itself says it fell short of, and every bin that is further off than one."""
    said = []
    for side, quota in m["quotas"].items():
        said += [f"{side}: {line}" for line in quota.get("shortfalls", ())]
        for name in ("lengths", "depths"):
            bins = quota.get(name, {"wished": (), "made": ()})
            off = charts.furthest(bins["wished"], bins["made"])
            if off > 1 + 1e-9:
                said.append(f"{side}: a bin of {name} is {off:.1f} examples off its quota.")
    return said


def _warnings(m: Manifest) -> list[str]:
    said = shortfalls(m)
    found = m["baseline"].get("integration")
    if found and found["asked"] and found["hit"] / found["asked"] >= charts.INTEGRATION_LIMIT:
        share = percent(found["hit"] / found["asked"])
        said.append(
            f"Matching words alone answers {share} of the integration questions; the limit is 30%."
        )
    said += [
        f"{side}: {len(packed['too_long']):,} examples are longer than a row and were left out."
        for side, packed in m["packing"].items()
        if packed["too_long"]
    ]
    far = [one["figure"] for one in compared(m) if one["far"]]
    if far:
        said.append(
            f"The forecast was off by more than {percent(NEAR)} on {', '.join(far)}: see Cost."
        )
    return said


def in_words(m: Manifest) -> str:
    """The run in plain words."""
    documents, sides = m["documents"], m["packing"]
    languages = Counter(one["language"] for one in documents)
    named = {"en": "English", "zh": "Chinese"}
    spoken = ", ".join(f"{n:,} {named.get(code, code)}" for code, n in languages.most_common())
    examples = _and(f"{examples_of(m, side):,} for {side}" for side in sides)
    rows, tokens = (sum(p[key] for p in sides.values()) for key in ("rows", "tokens"))
    return (
        f"From {len(documents):,} documents ({spoken}) of {sum(d['tokens'] for d in documents):,} "
        f"tokens came {sum(examples_of(m, side) for side in sides):,} examples ({examples}): "
        f"{tokens:,} tokens in {rows:,} rows of up to {m['row_length']:,}. "
        f"{percent(_learned(m) / max(tokens, 1))} of the tokens are learned from; "
        "the rest is read."
    )


def _sound(m: Manifest) -> str:
    tokens = sum(p["tokens"] for p in m["packing"].values())
    return (
        "Every token is accounted for: at every step, what was asked for is what was made plus "
        f"what was dropped, and the roles of all {tokens:,} tokens add up to the rows."
    )


def _and(parts: Iterator[str]) -> str:
    *first, last = [*parts] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def examples_of(m: Manifest, side: str) -> int:
    """Examples of a side: what its kinds add up to, less those left out when it was balanced."""
    if side in m.get("balance", {}):
        return int(m["balance"][side]["examples"])
    kinds = m["quotas"].get(side, {}).get("kinds", {})
    return sum(int(kind["made"]) for kind in kinds.values())


def _learned(m: Manifest) -> int:
    return sum(role["learned"] for side in m["roles"].values() for role in side.values())


def figures(m: Manifest) -> list[tuple[str, str, str]]:
    """The numbers under the summary: label, value, what it is made of."""
    tokens = sum(p["tokens"] for p in m["packing"].values())
    room = sum(p["rows"] * p["length"] for p in m["packing"].values())
    rows = sum(p["rows"] for p in m["packing"].values())
    bound = sum(p["lower_bound"] for p in m["packing"].values())
    lost = sum(sum(step["dropped"].values()) for step in m["steps"])
    seconds, memory = sum(step["seconds"] for step in m["steps"]), m["peak_memory_mb"]
    asked, grains = (sum(d[key] for d in m["documents"]) for key in ("asked", "grains"))
    return [
        ("Tokens written", _large(tokens), f"{_learned(m):,} learned from"),
        (
            "Rows filled",
            percent(tokens / max(room, 1)),
            f"{rows:,} rows, at least {bound:,} needed",
        ),
        ("Grains asked about", percent(asked / max(grains, 1)), f"{asked:,} of {grains:,}"),
        ("Dropped", f"{lost:,}", "each with a reason"),
        ("Time", _time(seconds), f"{memory:,} MB of memory at most"),
        ("Teacher", f"{m['teacher']['asked']:,}", f"calls to {m['teacher']['name']}"),
    ]


def _large(count: int) -> str:
    return f"{count / 1e6:,.1f} M" if count >= 10_000_000 else f"{count:,}"


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min {rest} s"


def way(m: Manifest) -> dict[str, Any]:
    steps, longest = [], max([step["seconds"] for step in m["steps"]] or [0]) or 1
    for step in m["steps"]:
        lost = sum(step["dropped"].values())
        reasons = sorted(step["dropped"].items(), key=lambda item: (-item[1], item[0]))
        steps.append(
            {
                **step,
                "said": step.get("said") or STEPS.get(step["step"], ""),
                "lost": lost,
                "kept": step["made"] / step["asked"] if step["asked"] else 0,
                "reasons": reasons,
                "time": step["seconds"] / longest,
            }
        )
    return {
        "steps": steps,
        "seconds": sum(step["seconds"] for step in m["steps"]),
        "cpu_seconds": sum(step["cpu_seconds"] for step in m["steps"]),
    }


def split_by(m: Manifest) -> str:
    """What was kept together when sides were split."""
    auto = "by document where there are enough, else by chapter"
    return auto if m["split"]["by"] == "auto" else f"by {m['split']['by']}"


def _sides(m: Manifest) -> list[dict[str, Any]]:
    return [
        {
            "name": side,
            **found,
            "examples": examples_of(m, side),
            "rows": m["packing"].get(side, {}).get("rows", 0),
            "written": m["packing"].get(side, {}).get("tokens", 0),
        }
        for side, found in m["split"]["sides"].items()
    ]


def histograms(m: Manifest, key: str, unit: str) -> list[charts.Chart]:
    return [
        charts.histogram(side, quota[key], unit=unit)
        for side, quota in m["quotas"].items()
        if key in quota and sum(quota[key]["wished"])
    ]


def _spread(m: Manifest) -> list[tuple[str, list[int]]]:
    """Shortest, 10%, median, 90% and longest of the examples' lengths."""
    import numpy as np

    return [
        (side, np.quantile(v, [0, 0.1, 0.5, 0.9, 1], method="nearest").astype(int).tolist())
        for side, v in m["lengths"].items()
        if v
    ]


def _roles(m: Manifest) -> dict[str, Any]:
    sides = []
    for side, found in m["roles"].items():
        tokens = sum(role["tokens"] for role in found.values())
        learned = sum(role["learned"] for role in found.values())
        roles = [
            {"role": role, **found[role], "share": found[role]["tokens"] / max(tokens, 1)}
            for role in ROLES
            if found.get(role, {}).get("tokens")
        ]
        sides.append(
            {
                "name": side,
                "tokens": tokens,
                "learned": learned,
                "learned_share": learned / max(tokens, 1),
                "roles": roles,
                "by_role": {role["role"]: role for role in roles},
            }
        )
    names = [role for role in ROLES if any(role in side["by_role"] for side in sides)]
    return {"roles": sides, "role_names": names}


def _kinds(m: Manifest) -> dict[str, Any]:
    quotas = {side: quota.get("kinds", {}) for side, quota in m["quotas"].items()}
    names = dict.fromkeys(kind for kinds in quotas.values() for kind in kinds)
    rows = [(name, [kinds.get(name) for kinds in quotas.values()]) for name in names]
    return {"sides": list(quotas), "rows": rows}


Counted = list[tuple[str, int, float]]


def _forms(language: str, counted: Mapping[str, int]) -> tuple[str, str, Counted, Counted]:
    """The forms of one language by count: the first dozen, and the others to unfold."""
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    most = ordered[0][1] or 1
    rows = [(name, count, count / most) for name, count in ordered]
    named = {"en": "English", "zh": "Chinese"}.get(language, language)
    said = f"{named}: {sum(counted.values()):,} questions in {len(rows):,} forms"
    return language, said, rows[:12], rows[12:]


def _chosen(run: Run) -> list[Shown]:
    """The shortest example of each kind and language among the first ones of a side."""
    for side in SIDES:
        found: dict[tuple[str, str], Shown] = {}
        for shown in islice(run.shown(side, CANDIDATES), CANDIDATES):
            key = (shown.kind, shown.language)
            if key not in found or shown.tokens < found[key].tokens:
                found[key] = shown
        if found:
            return [found[key] for key in sorted(found)][:EXAMPLES]
    return []


def _examples(chosen: Sequence[Shown]) -> dict[str, Any]:
    whole = [sum(len(span.text) for span in shown.spans) <= ROOM for shown in chosen]
    said = "The shortest of each kind and language, out of some." if chosen else "There are none."
    if not all(whole):
        said += " In the longer ones, distractors are shortened here."
    present = {role for shown in chosen for role in shown.roles}
    return {
        "examples": list(zip(chosen, whole, strict=True)),
        "examples_said": said,
        "example_roles": [role for role in ROLES if role in present],
    }
