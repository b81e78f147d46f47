"""The words typed after ``longgrain prove`` > a proof in a folder, and which thresholds it met."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from longgrain.prove import Proved

Name = Literal["position", "mask", "erasure", "forgetting"]
Flag = Annotated[bool, Parameter(negative=(), show_default=False)]


def prove(
    proof: Name,
    /,
    *,
    full: Flag = False,
    seeds: str = "0,1,2",
    questions: int = 2000,
    workers: int = 2,
    out: Path | None = None,
) -> None:
    """Show on a small model that the design of the data does what it is for; goes on where it stopped.

    Ends with 1 where a threshold is missed. Needs the extra ``train``, no GPU and no network.

    Parameters
    ----------
    proof
        position (data asked about everywhere finds the middle), mask (wrong answers that are not
        learned are not given), erasure (a strategy stays without its prompt), forgetting (what each
        measure against forgetting does, beside the same training without it).
    full
        Of position, also the controls, LoRA, and a sweep over theta, edge and steps; of forgetting
        the sweep by which settings were chosen.
    seeds
        Which ones, with commas.
    questions
        Of each probe of position.
    workers
        Seeds that run at a time, each in a process of one thread.
    out
        The folder for models, answers and the page; proofs/PROOF if it is not given.
    """
    from longgrain import terminal
    from longgrain.prove.shown import show

    folder = out or Path("proofs") / proof
    found = _proved(
        proof, folder, full=full, seeds=_numbers(seeds), questions=questions, workers=workers
    )
    show(terminal.console(), found)
    print(f"\nwrote {folder / 'proof.html'}")
    sys.exit(0 if found.met else 1)


def _proved(proof: Name, folder: Path, **how: Any) -> Proved:
    """The proof; what keeps it from running is said in words."""
    from longgrain import terminal
    from longgrain.errors import TrainError
    from longgrain.prove import prove as run

    try:
        with terminal.steps() as steps:
            return run(proof, folder, **how, tell=steps.tell)
    except ModuleNotFoundError as error:
        raise TrainError(
            f"a proof trains models and needs {error.name}, which is not installed; "
            "`pip install 'longgrain[train]'`"
        ) from error
    except KeyboardInterrupt:
        terminal.console(stderr=True).print("\nstopped; the same command goes on where it stopped")
        sys.exit(130)


def _numbers(seeds: str) -> list[int]:
    """``0,1,2`` as numbers. Raises PlanError for what is none."""
    from longgrain.errors import PlanError

    found = [one.strip() for one in seeds.split(",") if one.strip()]
    if not all(one.isdigit() for one in found):
        raise PlanError(f"seeds {seeds!r} are no numbers, so none can be run: write 0,1,2")
    return [int(one) for one in found]
