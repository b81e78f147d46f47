"""A proof's name and a folder > models trained on designed data, what they can do, and thresholds met or missed.

Everything is made by the package's own recipes, rows, trainer and probes, on a model of two layers that
begins with random weights. `docs/proof.md` has the results.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from longgrain.prove.verdict import Verdict

__all__ = ["NAMES", "Proved", "prove"]

Name = Literal["position", "mask", "erasure", "forgetting"]
NAMES: tuple[Name, ...] = ("position", "mask", "erasure", "forgetting")


@dataclass(frozen=True, kw_only=True)
class Part:
    """One seed of a proof, for a process of its own."""

    proof: Name
    seed: int
    folder: Path
    full: bool
    questions: int

    @property
    def name(self) -> str:
        """Names it in errors."""
        return f"{self.proof}, seed {self.seed}"


@dataclass(frozen=True, kw_only=True)
class Proved:
    """What was measured, by seed, and the thresholds."""

    proof: Name
    full: bool
    results: Sequence[Mapping[str, Any]]
    verdicts: Sequence[Verdict]
    seconds: Mapping[str, float]
    machine: Mapping[str, Any]

    @property
    def met(self) -> bool:
        """Whether no threshold is missed."""
        return all(one.met for one in self.verdicts)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        return {**asdict(self), "met": self.met}


def prove(
    proof: Name,
    out: Path | str,
    *,
    full: bool = False,
    seeds: Sequence[int] = (0, 1, 2),
    questions: int = 2000,
    workers: int = 2,
    tell: Callable[[str], None] = lambda words: None,
) -> Proved:
    """Runs a proof in a folder and writes proof.json and proof.html there.

    Trainings and results that lie there are kept, so a run that was stopped goes on, and a larger
    one (``full``, more ``seeds``) takes up the smaller. PlanError for what cannot be.
    """
    from longgrain.engine import run
    from longgrain.errors import PlanError
    from longgrain.prove import page
    from longgrain.prove.forgotten import of_forgetting
    from longgrain.prove.verdict import of_erasure, of_mask, of_position

    folder = Path(out)
    if proof not in NAMES or not seeds or questions < 10:
        raise PlanError(
            f"proof {proof!r}, seeds {list(seeds)}, {questions} questions: there is nothing to prove; "
            f"name one of {', '.join(NAMES)}, a seed or more, and 10 questions or more"
        )
    _claim(folder, proof, questions)
    parts = [
        Part(proof=proof, seed=one, folder=folder, full=full, questions=questions) for one in seeds
    ]
    tell(f"{proof}, seeds {', '.join(map(str, seeds))}")
    results: list[Mapping[str, Any]] = []
    found = run(_one, parts, workers=min(workers, len(parts)))
    for part, some in zip(parts, found, strict=True):
        tell(f"{part.name} is done")
        results += some
    judges = {"position": of_position, "mask": of_mask, "erasure": of_erasure}
    judge = {**judges, "forgetting": of_forgetting}[proof]
    made = Proved(
        proof=proof,
        full=full,
        results=results,
        verdicts=tuple(judge(results)),
        seconds={name: _spent(results, name) for name in ("wall", "cpu")},
        machine=_machine(workers),
    )
    page.write(made, folder)
    return made


def _claim(folder: Path, proof: Name, questions: int) -> None:
    """Writes down what the folder is for. PlanError where it is for something else."""
    import orjson

    from longgrain.engine import atomic
    from longgrain.errors import PlanError

    told = {"proof": proof, "questions": questions}
    path = folder / "asked.json"
    if path.is_file() and orjson.loads(path.read_bytes()) != told:
        raise PlanError(
            f"{folder} holds another proof ({path.read_text('utf-8')}), so results would be mixed; give "
            "another folder with --out"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with atomic(path) as part:
        part.write_bytes(orjson.dumps(told))


def _spent(results: Sequence[Mapping[str, Any]], name: str) -> float:
    """Seconds of all that was measured, in whichever call; each base once."""
    bases = {(one["seed"], one["arm"]["theta"]): one["base"] for one in results if one.get("base")}
    parts = [*(one for one in results if "seconds" in one), *bases.values()]
    return round(sum(float(one["seconds"][name]) for one in parts), 1)


def _one(part: Part) -> list[Mapping[str, Any]]:
    """All arms of one seed, in this process, with one thread: results do not depend on the others."""
    import torch

    from longgrain.prove.lab import Lab

    torch.set_num_threads(1)
    folder = part.folder / f"seed-{part.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    lab = Lab(folder=folder, seed=part.seed)
    return _arms(part, lab)


def _arms(part: Part, lab: Any) -> list[Mapping[str, Any]]:
    if part.proof == "position":
        from longgrain.prove import position

        more = (*position.CONTROLS, *position.LORA)
        # The sweep is of one seed: it shows where the figures come from and proves nothing.
        sweep = position.SWEEP if part.seed == 0 else ()
        arms = (*position.BOTH, *((*more, *sweep) if part.full else ()))
        return position.measured_all(lab, arms, part.questions)
    if part.proof == "mask":
        from longgrain.prove import mask

        return mask.measured_all(lab)
    if part.proof == "forgetting":
        from longgrain.prove import forgetting

        return forgetting.measured_all(
            lab, (*forgetting.ARMS, *(forgetting.SWEEP if part.full else ()))
        )
    from longgrain.prove import erasing

    return erasing.measured_all(lab)


def _machine(workers: int) -> dict[str, Any]:
    from longgrain.train.record import versions

    return {
        "cores": os.cpu_count() or 0,
        "processes": workers,
        "machine": platform.machine(),
        "python": platform.python_version(),
        **versions(),
    }
