"""longgrain train: what a training leaves, how it goes on after a kill, and what it refuses."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tokenizers

from longgrain.errors import PlanError, TrainError
from longgrain.run import Run
from longgrain.train import Settings, train
from longgrain.train import order as ordering
from longgrain.train.record import Record
from training import config_file, torch, transformers

TESTS = Path(__file__).parent


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(config_file(tmp_path_factory.mktemp("config"), hidden_size=32, intermediate_size=64))


@pytest.fixture(scope="session")
def tuned(small_run: Run, config: str, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """A training of two epochs; nothing may write to its folder."""
    folder = tmp_path_factory.mktemp("tuned") / "out"
    return train(small_run, Settings(config=config, epochs=2, accumulate=4, lr=3e-3), folder)


def quick(config: str, **changes: Any) -> Settings:
    """Three short steps."""
    return Settings(**{"config": config, "steps": 3, "accumulate": 1, "lr": 1e-3, **changes})


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    name = "adapter_model" if (folder / "adapter_model.safetensors").exists() else "model"
    return dict(load_file(folder / f"{name}.safetensors"))


def same(one: Path, other: Path) -> bool:
    a, b = weights(one), weights(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# --- what it leaves ---


def test_training_lowers_the_loss_on_rows_that_were_not_seen(tuned: Record) -> None:
    looks = tuned.found["valid"]["looks"]
    assert looks[0]["step"] == 0
    assert tuned.found["valid"]["loss"] < 0.95 * looks[0]["loss"]


def test_the_record_says_what_was_trained_on(tuned: Record, small_run: Run) -> None:
    written = json.loads((tuned.folder / "train.json").read_bytes())
    assert written["found"] == tuned.found
    seen, rows = tuned.found["trained_on"], list(small_run.rows("train"))
    assert seen["rows"] == 2 * len(rows)
    assert seen["tokens"] == 2 * small_run.manifest["packing"]["train"]["tokens"]
    learned = small_run.manifest["roles"]["train"].values()
    assert seen["learned"] == 2 * sum(role["learned"] for role in learned)
    assert seen["examples"] == 2 * sum(len(row.seq_lengths) for row in rows)
    assert tuned.asked["run"]["plan_id"] == small_run.manifest["plan_id"]
    assert tuned.asked["settings"]["normalise"] == "example"
    assert tuned.found["seconds"] > 0
    assert tuned.found["peak_memory_mb"] > 100
    assert {"torch", "transformers"} <= tuned.found["versions"].keys()
    assert tuned.found["model"]["fingerprint_before"] != tuned.found["model"]["fingerprint_after"]


def test_the_validation_loss_is_the_one_of_each_example_alone(
    tuned: Record, small_run: Run
) -> None:
    from longgrain.train.batches import apart

    model = transformers.AutoModelForCausalLM.from_pretrained(tuned.folder)
    each = []
    for row in small_run.rows("valid"):
        for one in apart(row):
            ids = torch.tensor(one.input_ids).long()
            with torch.no_grad():
                logits = model(input_ids=ids[None], use_cache=False).logits[0, :-1]
            loss = torch.nn.functional.cross_entropy(logits, ids[1:], reduction="none")
            each.append(float(loss[torch.tensor(one.weights)[1:] > 0].mean()))
    assert tuned.found["valid"]["loss"] == pytest.approx(np.mean(each), rel=1e-5)


def test_the_model_loads_with_its_tokenizer_and_template(tuned: Record, small_run: Run) -> None:
    words = transformers.AutoTokenizer.from_pretrained(tuned.folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(tuned.folder)
    chat = [{"role": "user", "content": "灯笼在哪里?"}]
    prompt = words.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    ids = words(prompt, add_special_tokens=False, return_tensors="pt")["input_ids"]
    own = tokenizers.Tokenizer.from_str(small_run.tokenizer.source)
    assert ids[0].tolist() == own.encode(prompt, add_special_tokens=False).ids
    assert model.generate(ids, max_new_tokens=2, do_sample=False).shape[1] == ids.shape[1] + 2


def test_each_step_is_logged_for_people_and_for_tensorboard(tuned: Record) -> None:
    lines = [json.loads(line) for line in (tuned.folder / "log.jsonl").read_bytes().splitlines()]
    steps = [line for line in lines if "loss" in line]
    assert [line["step"] for line in steps] == list(range(1, tuned.found["steps"] + 1))
    assert all(line["tokens_per_second"] > 0 for line in steps)
    assert steps[-1]["epoch"] == 2.0
    assert [line["step"] for line in lines if "eval_loss" in line] == [0, 4, 8]
    board = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = board.EventAccumulator(str(tuned.folder / "tensorboard")).Reload()
    assert len(events.Scalars("train/loss")) == tuned.found["steps"]


# --- seeds, kills and going on ---


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        train(small_run, quick(config, seed=seed), tmp_path / name)
    assert same(tmp_path / "one", tmp_path / "again")
    assert not same(tmp_path / "one", tmp_path / "other")


def started(run: Run, settings: Settings, folder: Path) -> subprocess.Popen[bytes]:
    """A training in a process of its own."""
    code = (
        "import sys, json, torch; torch.set_num_threads(1)\n"
        "from longgrain.train import Settings, train\n"
        "run, asked, out = sys.argv[1:]\n"
        "train(run, Settings(**json.loads(asked)), out)\n"
    )
    asked = json.dumps(settings.as_dict())
    return subprocess.Popen([sys.executable, "-c", code, str(run.folder), asked, str(folder)])


def test_a_training_that_was_killed_goes_on_to_the_same_weights(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    """Killed in its second epoch, with dropout, so that order and random state must be kept."""
    pytest.importorskip("peft", reason="peft is not installed (extra train)")
    asked = quick(config, steps=14, batch=2, save_every=3, method="lora", dropout=0.1)
    straight = train(small_run, asked, tmp_path / "straight")
    killed = started(small_run, asked, tmp_path / "killed")
    place = tmp_path / "killed/checkpoints/checkpoint-9/trainer_state.json"
    deadline = time.monotonic() + 120
    while not place.exists() and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL, "it had finished before it could be killed"
    (place.parent.parent / "checkpoint-99").mkdir()  # as a kill in the middle of saving leaves it
    (place.parent.parent / "checkpoint-99" / "model.safetensors").write_bytes(b"half")
    record = train(small_run, asked, tmp_path / "killed")
    assert record.found["resumed_from"] in ("checkpoint-9", "checkpoint-12")
    assert same(tmp_path / "straight", tmp_path / "killed")
    assert record.found["trained_on"] == straight.found["trained_on"]
    assert record.found["steps"] == 14
    lines = [json.loads(one) for one in (tmp_path / "killed/log.jsonl").read_bytes().splitlines()]
    assert [one["step"] for one in lines if "loss" in one] == list(range(1, 15))


def test_a_training_goes_on_from_each_of_its_checkpoints_to_the_same_weights(
    tuned: Record, small_run: Run, tmp_path: Path
) -> None:
    """All weights, two epochs, four batches a step."""
    folder = tmp_path / "out"
    asked = Settings(**tuned.asked["settings"])
    Record.asking(folder, small_run, asked).write()
    first = min((tuned.folder / "checkpoints").iterdir(), key=lambda one: int(one.name[11:]))
    shutil.copytree(first, folder / "checkpoints" / first.name)
    record = train(small_run, asked, folder)
    assert record.found["resumed_from"] == "checkpoint-4"
    assert same(folder, tuned.folder)
    assert record.found["valid"] == tuned.found["valid"]


def test_a_finished_training_is_not_done_again_and_another_one_not_over_it(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    told: list[str] = []
    first = train(small_run, quick(config), tmp_path / "out")
    again = train(small_run, quick(config), tmp_path / "out", tell=told.append)
    assert again.found == first.found
    assert told == [f"{tmp_path / 'out'} is finished already"]
    with pytest.raises(TrainError, match=r"seed 17 > 18.*--replace"):
        train(small_run, quick(config, seed=18), tmp_path / "out")
    train(small_run, quick(config, seed=18), tmp_path / "out", replace=True)
    mine = config_file(tmp_path / "mine", hidden_size=32)
    train(small_run, quick(str(mine)), tmp_path / "another")
    config_file(tmp_path / "mine", hidden_size=64)
    with pytest.raises(TrainError, match=r"other files of model"):
        train(small_run, quick(str(mine)), tmp_path / "another")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.docx").write_text("mine")
    with pytest.raises(TrainError, match="is not empty and holds no training"):
        train(small_run, quick(config), tmp_path / "full", replace=True)
    assert (tmp_path / "full" / "thesis.docx").exists()


def test_training_stops_when_the_validation_loss_does_and_keeps_the_best(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    asked = quick(config, steps=40, lr=0.3, schedule="constant", evaluate_every=1, patience=2)
    found = train(small_run, asked, tmp_path / "out").found
    losses = [one["loss"] for one in found["valid"]["looks"]]
    assert found["steps"] < 40
    assert found["kept_step"] == 1 + losses[1:].index(min(losses[1:]))
    assert found["valid"]["loss"] == pytest.approx(min(losses[1:]), rel=1e-6)
    assert found["trained_on"]["rows"] == found["steps"]


# --- adapters ---


def test_adapters_are_trained_alone_and_merge_to_the_same_model(
    small_run: Run, tuned: Record, tmp_path: Path
) -> None:
    peft = pytest.importorskip("peft", reason="peft is not installed (extra train)")
    asked = Settings(model=str(tuned.folder), method="lora", rank=4, steps=4, accumulate=1, lr=1e-2)
    record = train(small_run, asked, tmp_path / "lora")
    assert record.found["model"]["trained_parameters"] < 0.05 * record.found["model"]["parameters"]
    base = transformers.AutoModelForCausalLM.from_pretrained(tuned.folder)
    ids = torch.arange(64)[None]
    with torch.no_grad():
        before = base(input_ids=ids).logits
        loaded = peft.PeftModel.from_pretrained(base, tmp_path / "lora")
        found = loaded(input_ids=ids).logits
    assert float((found - before).abs().max()) > 1e-3
    train(small_run, Settings(**{**asked.as_dict(), "merge": True}), tmp_path / "merged")
    merged = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    with torch.no_grad():
        assert float((merged(input_ids=ids).logits - found).abs().max()) < 1e-5


def test_adapters_over_a_new_model_come_with_it(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    pytest.importorskip("peft", reason="peft is not installed (extra train)")
    record = train(small_run, quick(config, method="lora"), tmp_path / "out")
    loaded = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    assert (tmp_path / "out/base/model.safetensors").exists()
    assert sum(one.numel() for one in loaded.parameters()) == record.found["model"]["parameters"]


def test_four_bits_without_bitsandbytes_are_refused(
    small_run: Run, tuned: Record, tmp_path: Path
) -> None:
    from importlib.util import find_spec

    if find_spec("bitsandbytes"):
        pytest.skip("bitsandbytes is installed")
    asked = Settings(model=str(tuned.folder), method="qlora", steps=1)
    with pytest.raises(TrainError, match="bitsandbytes, which is not installed"):
        train(small_run, asked, tmp_path / "out")


def test_adapters_over_four_bits_learn_after_a_look_at_validation_rows_too(
    small_run: Run, tuned: Record, tmp_path: Path
) -> None:
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed (extra qlora)")
    from longgrain.train.job import prepared
    from longgrain.train.tuning import trainer_of

    asked = Settings(model=str(tuned.folder), method="qlora", steps=1, accumulate=1, clip=0.0)
    found: list[dict[str, Any]] = []

    class Caught(transformers.TrainerCallback):  # type: ignore[misc]
        def on_pre_optimizer_step(self, *args: Any, model: Any, **kwargs: Any) -> None:
            found.append(
                {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
            )

    for first in (True, False):
        trainer = trainer_of(prepared(small_run, asked, tmp_path), first=first)
        trainer.add_callback(Caught())
        trainer.train()
    assert len(found[0]) == 28  # two matrices for each of seven layers, twice
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[1])
    assert max(float(one.abs().max()) for one in found[0].values()) > 0


# --- order ---


@pytest.mark.parametrize("batching", ["packed", "sorted"])
@pytest.mark.parametrize("order", ["shuffled", "short-to-long", "as-packed"])
def test_every_row_comes_once_an_epoch(order: Any, batching: Any) -> None:
    lengths = np.random.default_rng(1).integers(1, 100, 23)
    for number in range(3):
        made = ordering.epoch(lengths, 4, order=order, batching=batching, seed=5, number=number)
        assert sorted(row for one in made for row in one) == list(range(23))
        assert [len(one) for one in made] == [4, 4, 4, 4, 4, 3]


def test_orders_are_what_they_are_called() -> None:
    lengths = np.random.default_rng(2).integers(1, 1000, 64)

    def epoch(number: int, **how: Any) -> list[list[int]]:
        return ordering.epoch(lengths, 4, seed=5, number=number, **how)

    rising = epoch(0, order="short-to-long", batching="packed")
    listed = lengths[[row for one in rising for row in one]]
    assert (np.diff(listed) >= 0).all()
    assert epoch(0, order="shuffled", batching="packed") != epoch(
        1, order="shuffled", batching="packed"
    )
    alike = epoch(0, order="shuffled", batching="sorted")
    spread = np.mean([np.ptp(lengths[one]) for one in alike])
    assert spread < 0.2 * np.mean(
        [np.ptp(lengths[one]) for one in epoch(0, order="shuffled", batching="packed")]
    )
    assert [min(lengths[one]) for one in alike] != sorted(min(lengths[one]) for one in alike)


def test_epochs_and_steps_say_how_many_batches_there_are(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    from longgrain.train.job import prepared

    rows = len(list(small_run.rows("train")))

    def count(**how: Any) -> int:
        asked = {"config": config, "accumulate": 2, "batch": 4, **how}
        return len(prepared(small_run, Settings(**asked), tmp_path).batches)

    each = -(-rows // 4)
    assert count() == each
    assert count(epochs=2.5) == round(2.5 * each)
    assert count(epochs=0.01) == 1
    assert count(steps=7) == 14


def test_a_training_that_loses_the_order_of_the_rows_says_so(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    packing = small_run.manifest["packing"]
    staged = {
        **small_run.manifest,
        "packing": {**packing, "train": {**packing["train"], "stages": 3}},
    }

    class Staged(Run):
        manifest = staged

    for order, words in (("shuffled", True), ("as-packed", False)):
        said: list[str] = []
        train(
            Staged(small_run.folder),
            quick(config, steps=1, order=order),
            tmp_path / order,
            tell=said.append,
        )
        assert any("an order of 3 stages" in one for one in said) == words


def test_short_rows_are_trained_before_long_ones(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    from longgrain.train.job import prepared

    asked = Settings(config=config, order="short-to-long", batching="sorted", batch=2, epochs=1)
    job = prepared(small_run, asked, tmp_path)
    sizes = [len(job.train[n].input_ids) for one in job.batches for n in one]
    assert sizes == sorted(sizes)
    assert len(sizes) == sum(len(row.seq_lengths) for row in small_run.rows("train"))


# --- positions ---


def test_stretched_positions_stay_with_the_model(small_run: Run, tmp_path: Path) -> None:
    short = str(config_file(tmp_path, hidden_size=32, max_position_embeddings=512))
    with pytest.raises(TrainError, match=r"has 1,\d\d\d tokens.*has 512 positions.*--rope yarn"):
        train(small_run, quick(short), tmp_path / "refused")
    asked = quick(short, rope="yarn", rope_factor=4.0, rope_base=50000.0)
    train(small_run, asked, tmp_path / "out")
    kept = transformers.AutoConfig.from_pretrained(tmp_path / "out")
    assert kept.max_position_embeddings == 2048
    assert kept.rope_parameters["rope_type"] == "yarn"
    assert kept.rope_parameters["rope_theta"] == 50000.0
    assert kept.rope_parameters["original_max_position_embeddings"] == 512


@pytest.mark.parametrize("rope", ["linear", "yarn", "llama3"])
def test_scaled_positions_keep_examples_apart_and_change_the_model(rope: Any, config: str) -> None:
    from longgrain.train import models

    plain = Settings(config=config)
    asked = Settings(config=config, rope=rope, rope_factor=4.0)
    one, other = (models.begun(s, models.config_of(s), "sdpa") for s in (plain, asked))
    positions = torch.cat([torch.arange(100), torch.arange(900)])[None]
    ids = torch.randint(0, 32000, (1, 1000), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        packed = other(input_ids=ids, position_ids=positions, use_cache=False).logits[0, 100:]
        alone = other(input_ids=ids[:, 100:], use_cache=False).logits[0]
        assert float((packed - alone).abs().max()) <= 1e-5
        assert float((one(input_ids=ids[:, 100:]).logits[0] - alone).abs().max()) > 1e-4


# --- what it refuses ---


def with_tokenizer(folder: Path, tuned: Record, change: Any) -> str:
    """The tuned model with a changed tokenizer.json."""
    folder.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer_config.json"):
        (folder / name).write_bytes((tuned.folder / name).read_bytes())
    values = json.loads((tuned.folder / "tokenizer.json").read_bytes())
    change(values)
    (folder / "tokenizer.json").write_text(json.dumps(values), "utf-8")
    return str(folder)


def test_a_tokenizer_with_other_ids_is_refused_with_the_token(
    small_run: Run, tuned: Record, tmp_path: Path
) -> None:
    def swap(values: dict[str, Any]) -> None:
        vocab = values["model"]["vocab"]
        vocab["e"], vocab["t"] = vocab["t"], vocab["e"]

    model = with_tokenizer(tmp_path / "model", tuned, swap)
    with pytest.raises(TrainError, match=r"the token '[et]' has id \d+, in .* it has id \d+"):
        train(small_run, Settings(model=model, steps=1), tmp_path / "out")


def test_a_tokenizer_that_cuts_words_otherwise_is_refused(
    small_run: Run, tuned: Record, tmp_path: Path
) -> None:
    model = with_tokenizer(
        tmp_path / "model", tuned, lambda values: values["model"]["merges"].reverse()
    )
    with pytest.raises(TrainError, match="have the same tokens but cut"):
        train(small_run, Settings(model=model, steps=1), tmp_path / "out")


def test_a_tokenizer_file_that_only_looks_different_is_taken(
    small_run: Run, tuned: Record, tmp_path: Path
) -> None:
    model = with_tokenizer(tmp_path / "model", tuned, lambda values: values.update(truncation=None))
    assert train(small_run, Settings(model=model, steps=1), tmp_path / "out").finished


def test_a_tokenizer_that_cannot_be_compared_is_refused(
    small_run: Run, tuned: Record, tmp_path: Path
) -> None:
    model = with_tokenizer(tmp_path / "model", tuned, lambda values: None)
    (tmp_path / "model/tokenizer.json").rename(tmp_path / "model/tokenizer.model")
    with pytest.raises(TrainError, match=r"has tokenizer\.model and no tokenizer\.json"):
        train(small_run, Settings(model=model, steps=1), tmp_path / "out")
    (tmp_path / "model/tokenizer.model").unlink()
    train(small_run, Settings(model=model, steps=1), tmp_path / "out")
    own, of_run = (tmp_path / "out/tokenizer.json").read_text("utf-8"), small_run.tokenizer.source
    assert own == of_run


def test_a_vocabulary_that_is_too_small_is_refused(small_run: Run, tmp_path: Path) -> None:
    small = str(config_file(tmp_path, vocab_size=1000))
    with pytest.raises(TrainError, match="has a vocabulary of 1,000"):
        train(small_run, quick(small), tmp_path / "out")


def test_a_loss_that_is_no_number_stops_the_training(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    asked = quick(config, steps=8, lr=1e30, warmup=0.0, clip=0.0, schedule="constant")
    with pytest.raises(TrainError, match=r"the loss is (nan|inf) in step \d.*lower --lr"):
        train(small_run, asked, tmp_path / "out")
    assert not Record.load(tmp_path / "out").finished  # type: ignore[union-attr]


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """The system refuses to write more into one file, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_takes_no_more_is_said_and_the_training_goes_on_later(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    asked = quick(config)
    with (
        files_up_to(1 << 20),
        pytest.raises(TrainError, match=r"could not be written.*same command"),
    ):
        train(small_run, asked, tmp_path / "out")
    assert train(small_run, asked, tmp_path / "out").finished


def test_a_disk_without_room_is_said_before_training(tmp_path: Path) -> None:
    from longgrain.train import fit

    needed = fit.bytes_on_disk(10**15, 10**15, keep=2)
    with pytest.raises(TrainError, match=r"take about 40,000,000\.0 GB.*--keep"):
        fit.room(tmp_path / "not" / "there", needed)
    fit.room(tmp_path, 1)


@pytest.mark.parametrize("kind", ["mamba", "bloom"])
def test_a_model_that_cannot_keep_examples_apart_is_refused(
    kind: str, small_run: Run, tmp_path: Path
) -> None:
    """One carries its state over the border, the other takes no positions at all."""
    leaky = tmp_path / "leaky.json"
    sizes: dict[str, Any] = {"vocab_size": 32003, "hidden_size": 32, "num_hidden_layers": 2}
    more = {"mamba": {"state_size": 8}, "bloom": {"n_head": 2, "n_layer": 2}}[kind]
    leaky.write_text(json.dumps({"model_type": kind, **sizes, **more}), "utf-8")
    with pytest.raises(TrainError, match="lets one example see another"):
        train(small_run, quick(str(leaky)), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    apart = quick(str(leaky), batching="sorted", steps=1)
    assert train(small_run, apart, tmp_path / "apart").finished


@pytest.mark.parametrize("kind", ["qwen3", "gemma3_text", "gpt2", "qwen3_moe"])
def test_other_kinds_of_models_are_trained(kind: str, small_run: Run, tmp_path: Path) -> None:
    sizes = {"n_embd": 64, "n_layer": 2, "n_head": 2, "n_positions": 2048}
    small = {"head_dim": 32, "sliding_window": 128, "num_experts": 4}
    small |= {"moe_intermediate_size": 64, "num_experts_per_tok": 2}
    model = config_file(tmp_path, model_type=kind, **(sizes if kind == "gpt2" else small))
    found = train(small_run, quick(str(model)), tmp_path / "out").found
    assert found["valid"]["loss"] < found["valid"]["looks"][0]["loss"]


@pytest.mark.parametrize(
    "changes",
    [{"precision": "bfloat16"}, {"precision": "mixed"}, {"recompute": True}],
    ids=lambda changes: next(iter(changes)),
)
def test_precision_and_recomputing_change_little(
    changes: dict[str, Any], small_run: Run, config: str, tmp_path: Path
) -> None:
    found = train(small_run, quick(config, **changes), tmp_path / "out").found
    plain = train(small_run, quick(config), tmp_path / "plain").found
    close = 1e-6 if "recompute" in changes else 5e-3
    assert found["valid"]["loss"] == pytest.approx(plain["valid"]["loss"], rel=close)
    assert found["precision"] == changes.get("precision", "float32")


def test_a_mask_that_would_take_the_place_of_the_models_own_is_refused(
    small_run: Run, tmp_path: Path
) -> None:
    narrow = config_file(tmp_path, model_type="mistral", sliding_window=64, hidden_size=32)
    asked = quick(str(narrow), mask="grains")
    with pytest.raises(TrainError, match="layers that see 64 tokens"):
        train(small_run, asked, tmp_path / "out")
    assert train(small_run, quick(str(narrow), steps=1), tmp_path / "block").finished


def test_a_mask_larger_than_allowed_is_refused(small_run: Run, config: str, tmp_path: Path) -> None:
    with pytest.raises(TrainError, match=r"more than the 0\.00 GiB that it may have"):
        train(small_run, quick(config, mask_memory=0.001), tmp_path / "out")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_attention_that_this_machine_cannot_train_with_is_refused(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    with pytest.raises(TrainError, match="no backward pass on a CPU"):
        train(small_run, quick(config, attention="flex_attention"), tmp_path / "one")
    asked = quick(config, attention="flash_attention_2", mask="grains")
    with pytest.raises(TrainError, match="flash attention knows no mask 'grains'"):
        train(small_run, asked, tmp_path / "two")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"config": ""}, "exactly one of them"),
        ({"model": "x"}, "exactly one of them"),
        ({"batch": 0}, "batch of 0 trains nothing"),
        ({"epochs": 0.0, "steps": 0}, "epochs train nothing"),
        ({"rope_factor": 2.0}, "stretches nothing"),
        ({"merge": True}, "merge adds adapters"),
        ({"method": "qlora"}, "has none yet"),
        ({"mask": "window", "window": 0}, "would not even see itself"),
        ({"mask": "window", "global_roles": "questions"}, "do not exist"),
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PlanError, match=words):
        Settings(**{"config": "tiny.json", **changes})


def test_a_model_that_is_not_there_is_refused(small_run: Run, tmp_path: Path) -> None:
    for asked in (
        Settings(model=str(tmp_path / "none")),
        Settings(config=str(tmp_path / "no.json")),
    ):
        with pytest.raises(TrainError, match="no configuration that can be read"):
            train(small_run, asked, tmp_path / "out")


# --- several processes ---


def test_two_processes_learn_what_one_does(small_run: Run, config: str, tmp_path: Path) -> None:
    """An epoch of an odd number of rows: two at a time in one process, or one in each of two."""
    asked = Settings(config=config, epochs=1, accumulate=2, lr=1e-3, schedule="constant")
    one = train(small_run, asked, tmp_path / "one")
    code = tmp_path / "both.py"
    code.write_text(
        "import sys, json, torch; torch.set_num_threads(1)\n"
        "from longgrain.train import Settings, train\n"
        "train(sys.argv[1], Settings(**json.loads(sys.argv[2])), sys.argv[3])\n"
    )
    both = json.dumps({**asked.as_dict(), "accumulate": 1})
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    words = [str(small_run.folder), both, str(tmp_path / "two")]
    ran = subprocess.run(
        [*command, str(code), *words],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    two = Record.load(tmp_path / "two")
    assert two is not None
    rows = len(list(small_run.rows("train")))
    assert one.found["trained_on"]["rows"] == rows
    assert two.found["trained_on"]["rows"] == rows + rows % 2
    logs = []
    for name in ("one", "two"):
        lines = (tmp_path / name / "log.jsonl").read_bytes().splitlines()
        logs.append([json.loads(line)["loss"] for line in lines if b'"loss"' in line])
    assert len(logs[0]) == len(logs[1]) == -(-rows // 2)
    assert logs[1][:-1] == pytest.approx(logs[0][:-1], abs=1e-4)
    assert two.found["valid"]["looks"][0] == pytest.approx(one.found["valid"]["looks"][0])


# --- the command ---


def test_the_command_trains_and_says_what_came_of_it(
    small_run: Run, config: str, tmp_path: Path
) -> None:
    words = [sys.executable, "-c", "from longgrain.cli import main; main()", "train"]
    words += [str(small_run.folder), "--config", config, "--steps", "2", "--mask", "grains"]
    words += ["--out", str(tmp_path / "out"), "--accumulate", "2"]
    ran = subprocess.run(
        words, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert ran.returncode == 0, ran.stderr
    assert "2 of 2" in ran.stdout
    assert "step 2/2  validation loss" in ran.stderr
    assert "100.0% trained" in " ".join(ran.stdout.split())
    assert Record.load(tmp_path / "out").asked["settings"]["mask"] == "grains"  # type: ignore[union-attr]
