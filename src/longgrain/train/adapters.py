"""Folders of adapters by name > all of them behind one base, each to be chosen by its name, or one merged from them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import orjson
import torch

from longgrain.engine import atomic
from longgrain.errors import PlanError, TrainError
from longgrain.manifest import sha256_of
from longgrain.train.models import BROKEN

CONFIG = "adapter_config.json"
How = Literal[
    "cat", "linear", "ties", "dare_linear", "dare_ties", "ties_svd", "dare_linear_svd",
    "dare_ties_svd",
]  # fmt: skip
# What a model is beside its weights; an adapter's folder has the tokenizer of its model.
WORDS = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
MERGED = "merged"


@dataclass(frozen=True, kw_only=True)
class Merge:
    """How adapters become one. ``weights`` are by name, 1 for all if there are none.

    "cat" adds up what the adapters add to the weights, exactly, at the sum of their ranks. "linear", "ties"
    (Yadav et al. 2023: trim, elect signs, merge) and "dare" (Yu et al. 2024: drop at random, rescale)
    work on the factors A and B apart, which is cheap and rough. With "_svd" they work on the products B A,
    as the papers do on whole weights, and factor the result again at ``rank`` (0 for the sum of ranks).
    """

    how: How = "cat"
    weights: Mapping[str, float] = field(default_factory=dict)
    density: float = 0.5
    """Share of the values that ties and dare keep."""
    rank: int = 0
    seed: int = 17
    """Of what dare drops."""

    def __post_init__(self) -> None:
        """PlanError for what cannot be."""
        if not 0 < self.density <= 1 or self.rank < 0:
            raise PlanError(
                f"density of {self.density} and rank of {self.rank}: nothing would be kept; give a "
                "density in 0..1 and a rank of 1 or more"
            )


def base_of(named: Mapping[str, Path]) -> str:
    """Where the base of all of them is. TrainError for adapters of different bases, and for what is none."""
    if not named:
        raise PlanError("there is no adapter, so nothing can be put together; give NAME=FOLDER")
    bases = {name: _base(folder) for name, folder in named.items()}
    first, *others = bases
    for other in others:
        if bases[first] != bases[other] and not _alike(Path(bases[first]), Path(bases[other])):
            raise TrainError(
                f"adapter {first} was trained on {bases[first]} and {other} on {bases[other]}, and what "
                "one adds means nothing to the other's weights; train both on one base"
            )
    return bases[first]


def _base(folder: Path) -> str:
    try:
        found = orjson.loads((folder / CONFIG).read_bytes())
        return str(found["base_model_name_or_path"])
    except (OSError, ValueError, KeyError) as error:
        raise TrainError(
            f"{folder} holds no adapter that can be read ({type(error).__name__}: {error}); give a "
            "folder that `longgrain train --method lora` wrote without --merge"
        ) from error


def _alike(one: Path, other: Path) -> bool:
    """Whether two folders hold the same model, byte for byte."""
    names = {path.name for at in (one, other) for path in at.glob("*.safetensors")}
    files = [name for name in sorted(names) if not name.startswith("path.")]
    if not files or not all((at / name).is_file() for at in (one, other) for name in files):
        return False
    return all(sha256_of(one / name) == sha256_of(other / name) for name in files)


def behind(named: Mapping[str, Path]) -> Any:
    """The base, once in memory, with all adapters; `model.set_adapter(name)` chooses, the first is chosen.

    A PeftModel. ``with model.disable_adapter():`` gives the base alone.
    """
    import peft
    from transformers import AutoModelForCausalLM

    base = base_of(named)
    for name in named:
        if not name.isidentifier():
            raise PlanError(
                f"adapter {name!r}: PEFT keeps it under that name; use letters, digits and _"
            )
    (first, place), *others = named.items()
    try:
        model = AutoModelForCausalLM.from_pretrained(base, dtype="auto")
        found = peft.PeftModel.from_pretrained(model, str(place), adapter_name=first)
        for name, folder in others:
            found.load_adapter(str(folder), adapter_name=name)
    except BROKEN as error:
        raise TrainError(
            f"the adapters {', '.join(named)} cannot be put behind {base} ({type(error).__name__}: "
            f"{error}); look whether the base is still there and all were trained on it"
        ) from error
    return found.eval()


def merge(model: Any, names: Sequence[str], asked: Merge) -> Any:
    """The model with one more adapter, "merged", chosen. TrainError where PEFT cannot make it."""
    if asked.weights and {*asked.weights} != {*names}:
        raise PlanError(
            f"weights are of {', '.join(asked.weights)}, the adapters are {', '.join(names)}; name each "
            "of them once"
        )
    ranks = [int(model.peft_config[name].r) for name in names]
    how: dict[str, Any] = {} if asked.how in ("cat", "linear") else {"density": asked.density}
    if asked.how.endswith("svd"):
        how["svd_rank"] = asked.rank or sum(ranks)
    torch.manual_seed(asked.seed)
    try:
        model.add_weighted_adapter(
            list(names),
            [asked.weights.get(name, 1.0) for name in names],
            MERGED,
            combination_type=asked.how,
            **how,
        )
    except ValueError as error:
        raise TrainError(
            f"{asked.how} cannot merge {', '.join(names)} of ranks {ranks} ({error}); use cat or one of "
            "the _svd, which take different ranks"
        ) from error
    model.set_adapter(MERGED)
    return model


def gather(named: Mapping[str, Path], out: Path) -> Path:
    """A folder with each adapter in a folder of its name, all behind the same base; ``out``."""
    behind(named)  # so that what is written can be loaded
    base = _kept_base(base_of(named), named, out)
    for name, folder in named.items():
        (out / name).mkdir(parents=True, exist_ok=True)
        for file in ("adapter_model.safetensors", *WORDS):
            if (folder / file).is_file():
                shutil.copyfile(folder / file, out / name / file)
        values = orjson.loads((folder / CONFIG).read_bytes()) | {"base_model_name_or_path": base}
        with atomic(out / name / CONFIG) as part:
            part.write_bytes(orjson.dumps(values, option=orjson.OPT_INDENT_2))
    return out


def _kept_base(base: str, named: Mapping[str, Path], out: Path) -> str:
    """Where the base is from now on: one that lies in an adapter's folder goes along."""
    inside = any(folder.resolve() in Path(base).resolve().parents for folder in named.values())
    if not inside:
        return base
    shutil.copytree(base, out / "base", dirs_exist_ok=True)
    return str(out / "base")


def write_merged(named: Mapping[str, Path], asked: Merge, out: Path, *, whole: bool) -> Path:
    """One adapter made of all, or with ``whole`` the model with it added; with the first one's tokenizer."""
    model = merge(behind(named), [*named], asked)
    out.mkdir(parents=True, exist_ok=True)
    first = next(iter(named.values()))
    if whole:
        model.merge_and_unload(adapter_names=[MERGED]).save_pretrained(out)
    else:
        model.peft_config[MERGED].base_model_name_or_path = _kept_base(base_of(named), named, out)
        model.save_pretrained(out, selected_adapters=[MERGED])
        for path in (out / MERGED).iterdir():  # PEFT writes it below its name
            path.replace(out / path.name)
        (out / MERGED).rmdir()
    for file in WORDS:
        if (first / file).is_file():
            shutil.copyfile(first / file, out / file)
    return out
