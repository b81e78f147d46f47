"""A seed's folder > models that learned a new task with each measure against forgetting and without, and what they can still do.

One base has learned the old task. Each arm goes on from it with the same steps of the new task, but for
its measure; settings were chosen on seeds 100 and 101 (`SWEEP`), so results are for other seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

from longgrain.errors import PlanError
from longgrain.probe import Asked, probe
from longgrain.prove.lab import Clock, Lab, kept
from longgrain.prove.orders import SIGNS, SYMBOLS, pairs, write_pairs
from longgrain.train.record import Record

BASE_STEPS, BASE_RATE = 300, 3e-3
STEPS, RATE, BATCH = 80, 1e-3, 2
SHORT = 30  # steps in which an even mix has not learned the new task yet
RANK, LORA_RATE = 4, 1e-3
LENGTH = 256  # of contexts, of which these tasks have none: it only has to fit the validation side
VALID = 0.1

Kind = Literal["one", "mix", "stages", "named", "merged"]


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One measure; ``beside`` names the arm that differs in nothing else."""

    name: str
    beside: str = "none"
    kind: Kind = "one"
    settings: Mapping[str, Any] = field(default_factory=dict)


LORA = {"method": "lora", "rank": RANK, "lr": LORA_RATE}
ARMS = (
    Arm(name="none", beside=""),
    Arm(name="joint", kind="mix", settings={"mix": "fixed"}),
    Arm(name="replay 10%", settings={"replay": 0.1}),
    Arm(name="replay 30%", settings={"replay": 0.3}),
    Arm(name="L2", settings={"l2": 5.0}),
    Arm(name="EWC", settings={"ewc": 1e8}),
    Arm(name="SI", settings={"si": 10.0}),
    Arm(name="LoRA", settings={**LORA, "merge": True}),
    Arm(name="WiSE-FT", settings={"average": 0.5}),
    Arm(name="short, even mix", beside="", kind="mix", settings={"mix": "fixed", "steps": SHORT}),
    Arm(
        name="short, DoReMi",
        beside="short, even mix",
        kind="mix",
        settings={"mix": "doremi", "mix_rate": 0.03, "steps": SHORT},
    ),
    Arm(
        name="short, Sheared",
        beside="short, even mix",
        kind="mix",
        settings={"mix": "sheared", "mix_rate": 0.1, "steps": SHORT, "evaluate_every": 3},
    ),
    Arm(name="stages", beside="", kind="stages"),
    Arm(name="stages, replay 30%", beside="stages", kind="stages", settings={"replay": 0.3}),
    Arm(name="adapters by name", kind="named"),
    *(
        Arm(
            name=f"adapters, {name}",
            beside="adapters by name",
            kind="merged",
            settings={"how": how, "weight": weight},
        )
        for name, how, weight in (
            ("cat", "cat", 0.5),
            ("linear", "linear", 0.5),
            ("TIES", "ties_svd", 0.5),
            ("DARE", "dare_linear_svd", 0.5),
        )
    ),
)
SWEEP = (
    *(Arm(name=f"L2, {one:g}", settings={"l2": one}) for one in (0.3, 1.0, 5.0)),
    *(Arm(name=f"EWC, {one:g}", settings={"ewc": one}) for one in (1e6, 1e7, 1e8)),
    *(Arm(name=f"SI, {one:g}", settings={"si": one}) for one in (3.0, 10.0, 100.0)),
    *(
        Arm(name=f"LoRA, rate {one:g}", settings={**LORA, "merge": True, "lr": one})
        for one in (1e-3, 2e-3, 5e-3)
    ),
    *(Arm(name=f"WiSE-FT, {one:g}", settings={"average": one}) for one in (0.3, 0.5, 0.7)),
    *(
        Arm(
            name=f"short, {mix}, {rate:g}",
            beside="short, even mix",
            kind="mix",
            settings={"mix": mix, "mix_rate": rate, "steps": SHORT, "evaluate_every": 3},
        )
        for mix in ("doremi", "sheared")
        for rate in (0.03, 0.1, 1.0)
    ),
    *(
        Arm(
            name=f"stages, replay {share:.0%}",
            beside="stages",
            kind="stages",
            settings={"replay": share},
        )
        for share in (0.1, 0.3)
    ),
    *(
        Arm(
            name=f"adapters, {how}, {weight:g}",
            beside="adapters by name",
            kind="merged",
            settings={"how": how, "weight": weight},
        )
        for how in ("cat", "linear", "ties_svd", "dare_linear_svd")
        for weight in (0.5, 1.0)
    ),
)


def measured_all(lab: Lab, arms: Sequence[Arm] = ARMS) -> list[Mapping[str, Any]]:
    """The base and the arms of one seed; what an earlier call measured is kept."""
    named = {"base": partial(_base, lab), **{one.name: partial(_arm, lab, one) for one in arms}}
    places = {name: lab.folder / "results" / f"{_file(name)}.json" for name in named}
    return [kept(places[name], make) for name, make in named.items()]


def _file(name: str) -> str:
    return name.replace(", ", "-").replace(" ", "-").replace("%", "")


def _run(lab: Lab, task: str) -> Path:
    folder = lab.folder / "runs" / task
    if (folder / "manifest.json").is_file():
        return folder
    documents = write_pairs(lab.folder / "documents" / task, task)
    how: dict[str, Any] = {"checks": ("quote",), "length": LENGTH, "valid": VALID}
    examples = len(SIGNS[task]) * len(pairs(held_out=False))
    return lab.build(
        task, [documents], "longgrain.prove.orders:Orders", examples, settings={"task": task}, **how
    )


def _train(lab: Lab, name: str, run: str, base: Path | None, **settings: Any) -> Path:
    how = {"steps": STEPS, "batch": BATCH, "lr": RATE, "warmup": 0.05, **settings}
    return lab.train(name, _run(lab, run), base, **how)


def _asked(lab: Lab, model: Path) -> dict[str, float]:
    """Percent of the held-out pairs of each task that are answered right."""
    found = {}
    for task in SIGNS:
        asked = Asked(
            probe="longgrain.prove.answering:Answering",
            model=str(model),
            settings={"task": task},
            questions=SYMBOLS**2,  # more than there are
            seed=lab.seed,
            batch=128,
        )
        name = f"{_file(model.relative_to(lab.folder / 'models').as_posix())}-{task}"
        made = probe(asked, lab.folder / "probes" / name.replace("/", "-"))
        found[task] = round(100 * (made.total(f"{SYMBOLS} symbols").value or 0.0), 2)
    return found


def _base(lab: Lab) -> dict[str, Any]:
    """The model that has learned the old task, with its path recorded."""
    began = Clock.now()
    model = _train(lab, "base", "old", None, steps=BASE_STEPS, lr=BASE_RATE, record_path=True)
    return _result(lab, Arm(name="base", beside=""), _asked(lab, model), began)


def _arm(lab: Lab, arm: Arm) -> dict[str, Any]:
    """One arm trained and asked."""
    began = Clock.now()
    how: dict[Kind, Callable[[Lab, Arm], tuple[dict[str, float], dict[str, Any]]]] = {
        "one": _one,
        "mix": _mixed,
        "stages": _staged,
        "named": _by_name,
        "merged": _merged,
    }
    right, more = how[arm.kind](lab, arm)
    return {**_result(lab, arm, right, began), **more}


def _result(lab: Lab, arm: Arm, right: Mapping[str, float], began: Clock) -> dict[str, Any]:
    return {
        "seed": lab.seed,
        "arm": arm.name,
        "beside": arm.beside,
        "settings": dict(arm.settings),
        **right,
        "questions": {one: len(signs) * len(pairs(held_out=True)) for one, signs in SIGNS.items()},
        "seconds": began.since(),
    }


def _before(lab: Lab) -> Path:
    return lab.folder / "models" / "base"


def _one(lab: Lab, arm: Arm) -> tuple[dict[str, float], dict[str, Any]]:
    older = {"old": str(_run(lab, "old"))}
    model = _train(lab, _file(arm.name), "new", _before(lab), **older, **arm.settings)
    return _asked(lab, model), {"losses": _found(model)["old_valid"]}


def _mixed(lab: Lab, arm: Arm) -> tuple[dict[str, float], dict[str, Any]]:
    """The old task as a source; what is excess is said by the model that learned both evenly."""
    how = {"sources": f"old={_run(lab, 'old')}", **arm.settings}
    if arm.settings["mix"] != "fixed":
        joint = next(one for one in ARMS if one.name == "joint")
        _mixed(lab, joint)
        how["reference"] = str(lab.folder / "models" / "joint")
    model = _train(lab, _file(arm.name), "new", _before(lab), **how)
    return _asked(lab, model), {"mix": _found(model)["mix"]}


def _staged(lab: Lab, arm: Arm) -> tuple[dict[str, float], dict[str, Any]]:
    """The new task, then the third."""
    how = {"old": str(_run(lab, "old")), "then": str(_run(lab, "third")), **arm.settings}
    folder = _train(lab, _file(arm.name), "new", _before(lab), **how)
    last = folder / "2-third"
    return _asked(lab, last), {"forgetting": _found(last)["forgetting"]}


def _adapters(lab: Lab) -> dict[str, Path]:
    """One adapter for the new task and one for the third, on the base."""
    return {
        task: _train(lab, f"adapter-{task}", task, _before(lab), **LORA)
        for task in ("new", "third")
    }


def _by_name(lab: Lab, arm: Arm) -> tuple[dict[str, float], dict[str, Any]]:
    """The old task is asked of the base, each other one of the model under its name."""
    from longgrain.train.adapters import gather

    folder = lab.folder / "models" / "adapters"
    gather(_adapters(lab), folder)
    by = {"old": _before(lab), "new": folder / "new", "third": folder / "third"}
    return {task: _asked(lab, model)[task] for task, model in by.items()}, {}


def _merged(lab: Lab, arm: Arm) -> tuple[dict[str, float], dict[str, Any]]:
    from longgrain.train.adapters import Merge, write_merged

    out = lab.folder / "models" / _file(arm.name)
    named = _adapters(lab)
    weights = dict.fromkeys(named, float(arm.settings["weight"]))
    how = Merge(how=arm.settings["how"], weights=weights, seed=lab.seed)
    write_merged(named, how, out, whole=False)
    return _asked(lab, out), {}


def _found(model: Path) -> Mapping[str, Any]:
    record = Record.load(model)
    if record is None or not record.found:
        raise PlanError(f"{model} was not trained to its end; give the same command again")
    return record.found
