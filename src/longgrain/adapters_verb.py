"""The words typed after ``longgrain adapters`` > adapters behind one base in a folder, or one merged from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

Flag = Annotated[bool, Parameter(negative=(), show_default=False)]
How = Literal[
    "none", "cat", "linear", "ties", "dare_linear", "dare_ties", "ties_svd", "dare_linear_svd",
    "dare_ties_svd",
]  # fmt: skip


def adapters(
    *named: str,
    out: Path,
    merge: How = "none",
    weights: str = "",
    density: float = 0.5,
    rank: int = 0,
    whole: Flag = False,
    seed: int = 17,
) -> None:
    """Put adapters behind one base, to be chosen by name, or merge them into one.

    Parameters
    ----------
    named
        NAME=FOLDER of each adapter that `train --method lora` wrote.
    out
        The folder to write. Without --merge OUT/NAME is a model that `probe` takes.
    merge
        cat adds up exactly; ties and dare drop what is small or at random; see docs/train.md.
    weights
        How much of each, NAME=NUMBER with commas; 1 if it is not given.
    density
        Share of the values that ties and dare keep.
    rank
        Of what the _svd make; 0 for the sum of ranks.
    whole
        Write the whole model with the merged adapter added.
    seed
        Of what dare drops.
    """
    from longgrain.errors import PlanError, TrainError

    places = _places(named, least=2 if merge != "none" else 1)
    if merge == "none" and (weights or whole or rank):
        raise PlanError(
            "weights, whole and rank say how adapters are merged; give --merge, as in cat"
        )
    if out.exists() and any(out.iterdir()):
        raise TrainError(
            f"{out} is not empty, so its files might be lost; give a new folder with --out"
        )
    try:
        from longgrain.train import adapters as many
        from longgrain.train import measures
    except ModuleNotFoundError as error:
        raise TrainError(
            f"adapters need {error.name}, which is not installed; `pip install 'longgrain[train]'`"
        ) from error
    if merge == "none":
        many.gather(places, out)
        listed = "\n".join(f"  {name:<12} {out / name}" for name in places)
        print(f"{len(places)} adapters behind {many.base_of(places)}\n{listed}")
        return
    shares = measures.numbers("weights", weights, [*places])
    asked = many.Merge(how=merge, weights=shares, density=density, rank=rank, seed=seed)
    many.write_merged(places, asked, out, whole=whole)
    print(f"{', '.join(places)} merged ({merge}) into {out}")


def _places(named: tuple[str, ...], *, least: int) -> dict[str, Path]:
    """The folder of each name. PlanError for a name twice, and for fewer than there have to be."""
    from longgrain.errors import PlanError
    from longgrain.train import measures

    parts = [measures.pairs("adapters", one) for one in named]
    found = {name: Path(folder) for one in parts for name, folder in one.items()}
    if len(found) < max(len(named), least):
        raise PlanError(
            f"adapters {' '.join(named)}: each needs a name of its own, and a merge two of them; write "
            "law=tuned/law code=tuned/code"
        )
    return found
