"""Adapters of one base: chosen by name, merged by each way as it is defined, refused where they do not belong together."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from longgrain import cli
from longgrain.errors import PlanError, TrainError
from longgrain.run import Run
from longgrain.train import Settings, train
from training import config_file, torch, transformers

pytest.importorskip("peft", reason="peft is not installed (extra train)")
adapters: Any = pytest.importorskip("longgrain.train.adapters")


def lora(run: Run, folder: Path, **changes: Any) -> Path:
    torch.set_num_threads(1)
    how = {"steps": 2, "accumulate": 1, "lr": 1e-2, "method": "lora", "rank": 4}
    train(run, Settings(**{**how, **changes}), folder)
    return folder


@pytest.fixture(scope="session")
def tuned(small_run: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A base, two adapters on it, and one on another base."""
    folder = tmp_path_factory.mktemp("adapters")
    config = str(config_file(folder, hidden_size=32, intermediate_size=64))
    for name, seed in (("base", 1), ("other", 2)):
        train(small_run, Settings(config=config, steps=1, seed=seed), folder / name)
    base = str(folder / "base")
    return {
        "base": folder / "base",
        "law": lora(small_run, folder / "law", model=base, seed=3),
        "code": lora(small_run, folder / "code", model=base, seed=4),
        "stranger": lora(small_run, folder / "stranger", model=str(folder / "other")),
    }


@pytest.fixture
def pair(tuned: dict[str, Path]) -> dict[str, Path]:
    return {name: tuned[name] for name in ("law", "code")}


LAYER = "model.layers.1.mlp.up_proj"


def added(model: Any, name: str) -> Any:
    """What an adapter adds to the weights of one layer."""
    return model.get_submodule(f"base_model.model.{LAYER}").get_delta_weight(name).detach()


def deltas(pair: dict[str, Path]) -> tuple[Any, Any]:
    model = adapters.behind(pair)
    return added(model, "law"), added(model, "code")


def merged(pair: dict[str, Path], **how: Any) -> Any:
    weights = {"law": 0.5, "code": 2.0}
    asked = adapters.Merge(**{"weights": weights, **how})
    return added(adapters.merge(adapters.behind(pair), [*pair], asked), "merged")


def near(one: Any, other: Any) -> bool:
    return bool(torch.allclose(one, other, rtol=1e-3, atol=1e-6))


# --- by name ---


def test_an_adapter_is_chosen_by_its_name_and_the_base_stays_as_it_was(
    pair: dict[str, Path], tuned: dict[str, Path]
) -> None:
    ids = torch.tensor([[5, 6, 7, 8]])
    model = adapters.behind(pair)
    base = transformers.AutoModelForCausalLM.from_pretrained(tuned["base"]).eval()
    with torch.no_grad():
        for name, place in pair.items():
            model.set_adapter(name)
            alone = transformers.AutoModelForCausalLM.from_pretrained(place).eval()
            assert torch.equal(model(ids).logits, alone(ids).logits)
            assert not torch.equal(model(ids).logits, base(ids).logits)
        with model.disable_adapter():
            assert torch.equal(model(ids).logits, base(ids).logits)


def test_a_folder_of_adapters_has_a_model_under_each_name(
    pair: dict[str, Path], tuned: dict[str, Path], tmp_path: Path
) -> None:
    adapters.gather(pair, tmp_path / "both")
    ids = torch.tensor([[5, 6, 7, 8]])
    for name, place in pair.items():
        one, other = (
            transformers.AutoModelForCausalLM.from_pretrained(at).eval()
            for at in (tmp_path / "both" / name, place)
        )
        with torch.no_grad():
            assert torch.equal(one(ids).logits, other(ids).logits)
        values = json.loads((tmp_path / "both" / name / "adapter_config.json").read_bytes())
        assert values["base_model_name_or_path"] == str(tuned["base"])


def test_a_base_that_lies_with_its_adapter_goes_along(small_run: Run, tmp_path: Path) -> None:
    config = str(config_file(tmp_path, hidden_size=32, intermediate_size=64))
    named = {
        name: lora(small_run, tmp_path / name, config=config, lr=rate)
        for name, rate in (("one", 1e-2), ("two", 2e-2))
    }
    assert adapters.base_of(named) == str(tmp_path / "one" / "base")  # alike, byte for byte
    adapters.gather(named, tmp_path / "both")
    values = json.loads((tmp_path / "both/two/adapter_config.json").read_bytes())
    assert values["base_model_name_or_path"] == str(tmp_path / "both" / "base")
    assert (tmp_path / "both/base/model.safetensors").is_file()


def test_a_model_that_is_asked_is_another_one_when_its_base_is(
    pair: dict[str, Path], tuned: dict[str, Path], tmp_path: Path
) -> None:
    """So that answers of an adapter are not taken for those of the same adapter on another base."""
    from longgrain.teachers._causal import contents

    base = Path(shutil.copytree(tuned["base"], tmp_path / "base"))
    law = Path(shutil.copytree(pair["law"], tmp_path / "law"))
    config = json.loads((law / "adapter_config.json").read_bytes())
    config["base_model_name_or_path"] = str(base)
    (law / "adapter_config.json").write_text(json.dumps(config), "utf-8")
    before = [*contents(law)]
    assert [*contents(law)] == before
    shutil.copyfile(
        tuned["stranger"].parent / "other/model.safetensors", base / "model.safetensors"
    )
    assert [*contents(law)] != before


# --- merged ---


def test_cat_adds_up_what_adapters_add(pair: dict[str, Path]) -> None:
    law, code = deltas(pair)
    assert near(merged(pair, how="cat"), 0.5 * law + 2.0 * code)


def test_linear_adds_up_factors_and_not_products(pair: dict[str, Path]) -> None:
    layer = adapters.behind(pair).get_submodule(f"base_model.model.{LAYER}")

    def factor(part: str) -> Any:
        law, code = (getattr(layer, part)[name].weight.detach() for name in pair)
        # alpha is 32 and the rank 4; PEFT takes the root of weight times scale into both factors.
        return (0.5 * 8) ** 0.5 * law + (2.0 * 8) ** 0.5 * code

    assert near(merged(pair, how="linear"), factor("lora_B") @ factor("lora_A"))


def trimmed(one: Any, share: float) -> Any:
    least = one.abs().flatten().topk(int(share * one.numel())).values.min()
    return torch.where(one.abs() >= least, one, 0.0)


def test_ties_trims_elects_a_sign_and_takes_the_mean_of_what_has_it(pair: dict[str, Path]) -> None:
    """At the full rank of the layer, so that nothing is lost in factoring it again."""
    law, code = (trimmed(one, 0.4) for one in deltas(pair))
    both = torch.stack([0.5 * law, 2.0 * code])
    elected = torch.sign(torch.stack([law, code]).sum(0))
    agree = torch.sign(both) == elected
    expected = (both * agree).sum(0) / agree.sum(0).clamp(min=1)
    found = merged(pair, how="ties_svd", density=0.4, rank=32)
    other = (found - expected).abs() > 1e-5 + 1e-3 * expected.abs()
    assert float(other.float().mean()) < 0.01  # where values or votes are as good as equal


def test_dare_drops_a_share_at_random_and_makes_up_for_it(pair: dict[str, Path]) -> None:
    law, code = (0.5 * deltas(pair)[0], 2.0 * deltas(pair)[1])
    found = merged(pair, how="dare_linear_svd", density=0.5, rank=32)
    for keeps_law, keeps_code in ((0, 0), (0, 1), (1, 0), (1, 1)):
        part = (found - 2 * (keeps_law * law + keeps_code * code)).abs() < 1e-5
        assert 0.2 < float(part.float().mean()) < 0.3
    assert near(found, merged(pair, how="dare_linear_svd", density=0.5, rank=32))
    assert not near(found, merged(pair, how="dare_linear_svd", density=0.5, rank=32, seed=1))


@pytest.mark.parametrize(
    ("how", "same"),
    [("dare_linear", "linear"), ("dare_ties", "ties"), ("dare_ties_svd", "ties_svd")],
)
def test_dare_that_drops_nothing_is_the_way_that_it_is_named_after(
    how: str, same: str, pair: dict[str, Path]
) -> None:
    whole = {"density": 1.0, "rank": 0 if "svd" not in how else 32}
    assert near(merged(pair, how=how, **whole), merged(pair, how=same, **whole))
    half = {**whole, "density": 0.5}
    assert not near(merged(pair, how=how, **half), merged(pair, how=same, **half))


def test_adapters_of_different_ranks_cannot_be_merged_factor_by_factor(
    pair: dict[str, Path], tuned: dict[str, Path], small_run: Run, tmp_path: Path
) -> None:
    wide = lora(small_run, tmp_path / "wide", model=str(tuned["base"]), rank=8)
    named = {"law": pair["law"], "wide": wide}
    with pytest.raises(TrainError, match="take different ranks"):
        adapters.merge(adapters.behind(named), [*named], adapters.Merge(how="ties"))
    adapters.merge(adapters.behind(named), [*named], adapters.Merge(how="cat"))


# --- the command ---


def typed(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["longgrain", "adapters", *map(str, words)])
    try:
        cli.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_the_command_writes_a_merged_adapter_and_the_whole_model_that_says_the_same(
    pair: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = [f"{name}={place}" for name, place in pair.items()]
    ids = torch.tensor([[5, 6, 7, 8]])
    said = []
    for name, more in (("adapter", []), ("whole", ["--whole"])):
        assert typed(monkeypatch, *named, "--merge", "cat", "--out", tmp_path / name, *more) == 0
        model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / name).eval()
        with torch.no_grad():
            said.append(model(ids).logits)
        assert (tmp_path / name / "tokenizer.json").is_file()
    assert near(said[0], said[1])
    assert not (tmp_path / "whole" / "adapter_config.json").exists()


def test_what_does_not_belong_together_is_refused(
    tuned: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    law, code, stranger = (f"{name}={tuned[name]}" for name in ("law", "code", "stranger"))
    cases = [
        ((law, stranger), "was trained on"),
        ((law, f"base={tuned['base']}"), "holds no adapter"),
        ((law, law), "a name of its own"),
        ((law, "--merge", "cat"), "a merge two of them"),
        ((law, code, "--whole"), "say how adapters are merged"),
        ((law, code, "--merge", "cat", "--weights", "law=1"), "name each of them once"),
        ((law, f"a.b={tuned['code']}"), "use letters"),
    ]
    for words, reason in cases:
        assert typed(monkeypatch, *words, "--out", tmp_path / "out") == 2
        said = " ".join(capsys.readouterr().err.split())
        assert reason in said
        assert not (tmp_path / "out").exists()
    with pytest.raises(PlanError, match="nothing would be kept"):
        adapters.Merge(density=0.0)
