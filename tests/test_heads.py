"""longgrain train --task: what a head on an encoder learns, leaves, goes on from, and refuses."""

from __future__ import annotations

import gc
import json
import resource
import shutil
from pathlib import Path
from typing import Any

import pytest

from heading import encoder, file_of, sentences, torch, transformers
from longgrain.errors import StepError, TrainError
from longgrain.train import Settings, train
from longgrain.train.record import Record
from longgrain.train_verb import train as verb


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    # Accelerate collects garbage after each training: all modules again, a second each time.
    gc.freeze()


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of sentences, a BERT and a ModernBERT. Nothing may write to it."""
    folder = tmp_path_factory.mktemp("heads")
    file_of(folder / "sentences.jsonl", sentences(300))
    encoder(folder / "bert")
    encoder(folder / "modern", "bpe")
    return folder


def asked(place: Path, task: Any = "classification", **changes: Any) -> Settings:
    model = "modern" if task == "classification" else "bert"
    given = {"epochs": 6, "batch": 16, "accumulate": 1, "lr": 5e-3, "warmup": 0.1, "overlap": 8}
    return Settings(**{"model": str(place / model), "task": task, **given, **changes})


def quick(place: Path, task: Any = "classification", **changes: Any) -> Settings:
    """Six short steps."""
    return asked(place, task, steps=6, batch=4, **changes)


@pytest.fixture(scope="session")
def classifier(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("classifier") / "out"
    return train(place / "sentences.jsonl", asked(place), folder)


@pytest.fixture(scope="session")
def tagger(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Record:
    folder = tmp_path_factory.mktemp("tagger") / "out"
    return train(place / "sentences.jsonl", asked(place, "tokens", epochs=3), folder)


def same(one: Path, other: Path) -> bool:
    from safetensors.torch import load_file

    a, b = (load_file(folder / "model.safetensors") for folder in (one, other))
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


# --- what it learns and leaves ---


@pytest.mark.parametrize("side", ["valid", "test"])
def test_a_head_beats_the_rule_that_knows_only_the_commonest_class(
    side: str, classifier: Record
) -> None:
    found = classifier.found[side]
    assert found["baseline"]["rule"] == "always complaint"
    assert found["macro_f1"]["value"] > found["baseline"]["macro_f1"]["value"] + 0.3
    assert found["macro_f1"]["low"] > found["baseline"]["macro_f1"]["high"]
    assert found["accuracy"]["low"] > found["baseline"]["accuracy"]["share"]
    each = found["classes"].values()
    assert sum(one["there"] for one in each) == found["texts"] == 30
    assert found["macro_f1"]["value"] == pytest.approx(sum(one["f1"] for one in each) / 3)


def test_the_pipeline_of_transformers_says_what_the_scores_were_made_of(
    classifier: Record, tmp_path: Path
) -> None:
    """On sentences of its own, and right in either language."""
    said = transformers.pipeline("text-classification", model=str(classifier.folder))
    fresh = sentences(80, seed=77)
    for language in (0, 1):
        some = fresh[language::2]
        right = [said(one["text"])[0]["label"] == one["label"] for one in some]
        commonest = sum(one["label"] == "complaint" for one in some)
        assert sum(right) > commonest + 5


def test_entities_are_found_where_they_stand_in_either_language(tagger: Record) -> None:
    found = tagger.found["test"]
    assert found["micro_f1"]["value"] > 0.9
    assert found["token_accuracy"]["share"] > found["baseline"]["token_accuracy"]["share"]
    said = transformers.pipeline(
        "token-classification", model=str(tagger.folder), aggregation_strategy="simple"
    )
    for language in (0, 1):
        right = wanted = 0
        for one in sentences(20, seed=78)[language::2]:
            made = {(e["start"], e["end"], e["entity_group"]) for e in said(one["text"])}
            gold = {(e["start"], e["end"], e["label"]) for e in one["entities"]}
            right, wanted = right + len(made & gold), wanted + len(gold)
        assert right > 0.8 * wanted


def test_the_record_says_what_was_learned_from_and_in_which_order_labels_are(
    classifier: Record, tagger: Record
) -> None:
    written = json.loads((classifier.folder / "train.json").read_bytes())
    assert written["found"] == classifier.found
    assert written["asked"]["run"]["files"].keys() == {"sentences.jsonl"}
    assert classifier.found["labels"] == ["complaint", "praise", "question"]
    seen = classifier.found["trained_on"]
    assert (seen["texts"], seen["windows"]) == (240, 6 * 240)
    assert sum(seen["labels"].values()) == 240
    config = transformers.AutoConfig.from_pretrained(classifier.folder)
    assert config.id2label == {0: "complaint", 1: "praise", 2: "question"}
    config = transformers.AutoConfig.from_pretrained(tagger.folder)
    assert [*config.id2label.values()] == ["O", "B-person", "I-person", "B-place", "I-place"]
    assert classifier.found["model"]["head_is_new"]
    looks = classifier.found["valid"]["looks"]
    assert looks[-1]["loss"] < looks[0]["loss"]
    assert classifier.found["valid"]["loss"] == pytest.approx(looks[-1]["loss"], rel=1e-5)


def test_a_text_longer_than_the_model_is_read_to_its_end(place: Path, tmp_path: Path) -> None:
    """The only entity of each text stands behind all positions of a window."""
    filler = "On day 7 nobody told us that the lamp is late. " * 3
    records = [
        {"text": filler + one["text"], "entities": [
            {**e, "start": e["start"] + len(filler), "end": e["end"] + len(filler)}
            for e in one["entities"]
        ]}
        for one in sentences(150, seed=4)
    ]  # fmt: skip
    found = train(
        file_of(tmp_path / "long.jsonl", records),
        asked(place, "tokens", epochs=4, length=32),
        tmp_path / "out",
    ).found
    assert found["test"]["micro_f1"]["value"] > 0.9
    assert (
        found["passed_over"]["train"]["a text longer than a window, which is read in several"]
        == 120
    )
    assert found["trained_on"]["distinct_windows"] > 2 * 120
    assert found["model"]["window"] == 32


def test_several_classes_of_one_text_are_learned(place: Path, tmp_path: Path) -> None:
    records = [
        {"text": one["text"], "labels": ["zh"] * (n % 2) + ["pump"] * ("pump" in one["text"])}
        for n, one in enumerate(sentences(300, seed=6))
    ]
    settings = asked(place, epochs=4, class_weights="balanced")
    record = train(file_of(tmp_path / "d.jsonl", records), settings, tmp_path / "out")
    found = record.found["test"]
    assert found["classes"]["zh"]["f1"] > 0.9
    assert found["baseline"]["macro_f1"]["value"] < found["macro_f1"]["value"]
    config = transformers.AutoConfig.from_pretrained(tmp_path / "out")
    assert config.problem_type == "multi_label_classification"


def test_the_labels_of_a_run_are_learned_on_its_own_sides(
    place: Path, small_run: Any, tmp_path: Path
) -> None:
    from longgrain.build import build
    from small import small_plan

    recipe = {"use": "sft", "examples": 60, "shares": {"classification": 1.0},
              "classify": ["keywords"], "keywords": {"water": ["pump", "valve"], "light": ["lamp"]}}  # fmt: skip
    layout = {"lengths": {"min": 256, "max": 288}, "depths": 3, "short": 128}
    plan = small_plan(tmp_path, recipes=[recipe], layout=layout)
    run = build(plan, tmp_path / "run")
    found = train(run, quick(place), tmp_path / "out").found
    assert set(found["labels"]) <= {"water", "light"}
    counts = {side: sum(1 for _ in run.examples(side)) for side in ("train", "valid")}
    dropped = sum(found["left_out"].values())
    assert found["trained_on"]["texts"] + found["valid"]["texts"] + found["test"][
        "texts"
    ] + dropped == sum(sum(1 for _ in run.examples(side)) for side in ("train", "valid", "test"))
    assert 0 < found["trained_on"]["texts"] <= counts["train"]
    with pytest.raises(TrainError, match="has no text that --task tokens can learn from"):
        train(run, quick(place, "tokens"), tmp_path / "none")


# --- the same again, adapters, and going on ---


@pytest.mark.parametrize("task", ["classification", "tokens"])
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    task: Any, place: Path, tmp_path: Path
) -> None:
    for name, seed in (("one", 1), ("again", 1), ("other", 2)):
        train(place / "sentences.jsonl", quick(place, task, seed=seed), tmp_path / name)
    assert same(tmp_path / "one", tmp_path / "again")
    assert not same(tmp_path / "one", tmp_path / "other")


def test_gradients_do_not_depend_on_batches_and_accumulation(place: Path, tmp_path: Path) -> None:
    """Classes count differently, so the mean of two batches is not that of the whole."""
    how: dict[str, Any] = {"steps": 1, "clip": 0.0, "class_weights": "balanced", "warmup": 0.0}
    found = []
    for name, batch, accumulate in (("one", 12, 1), ("many", 3, 4)):
        settings = asked(place, batch=batch, accumulate=accumulate, **how)
        found.append(gradients(place / "sentences.jsonl", settings, tmp_path / name))
    largest = max(float(one.abs().max()) for one in found[0].values())
    assert largest > 1e-3
    for name, one in found[0].items():
        assert float((one - found[1][name]).abs().max()) <= 1e-6 * max(1.0, largest), name


def gradients(source: Path, settings: Settings, folder: Path) -> dict[str, Any]:
    """Of each weight its gradient in the first step."""
    from longgrain.train.heads.job import prepared, sided
    from longgrain.train.heads.tuning import trainer_of

    trainer = trainer_of(prepared(sided(source, settings), settings, folder, lambda words: None))
    found: dict[str, Any] = {}

    class Caught(transformers.TrainerCallback):  # type: ignore[misc]
        def on_pre_optimizer_step(self, *args: Any, model: Any, **kwargs: Any) -> None:
            found.update(
                {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
            )

    trainer.add_callback(Caught())
    trainer.train()
    return found


def test_adapters_of_a_head_are_merged_into_a_model_that_says_the_same(
    place: Path, tagger: Record, tmp_path: Path
) -> None:
    pytest.importorskip("peft", reason="peft is not installed (extra train)")
    how: dict[str, Any] = {"model": str(tagger.folder), "method": "lora", "rank": 4, "lr": 1e-2}
    source = place / "sentences.jsonl"
    record = train(source, quick(place, "tokens", **how), tmp_path / "out")
    model = record.found["model"]
    assert model["trained_parameters"] < model["parameters"] / 4
    assert not model["head_is_new"]
    assert record.found["test"]["micro_f1"]["value"] > 0.9
    assert not (tmp_path / "out/adapter_config.json").exists()
    assert not same(tmp_path / "out", tagger.folder)
    again = quick(place, "tokens", model=str(tmp_path / "out"))
    first = train(source, again, tmp_path / "again").found["valid"]["looks"][0]
    assert first["loss"] == pytest.approx(record.found["valid"]["loss"], rel=1e-4)
    assert first["loss"] != pytest.approx(record.found["valid"]["looks"][0]["loss"], rel=1e-3)


def test_a_training_goes_on_from_its_first_checkpoint_to_the_same_weights(
    place: Path, tmp_path: Path
) -> None:
    """As a kill leaves it, in the middle of an epoch; a search that is killed does so in earnest."""
    source, settings = (
        place / "sentences.jsonl",
        asked(place, steps=9, batch=4, save_every=3, keep=9),
    )
    straight = train(source, settings, tmp_path / "straight")
    begun = Record(folder=tmp_path / "killed", asked=straight.asked)
    begun.write()
    for name in ("checkpoint-3", "log.jsonl"):
        part = tmp_path / "straight" / ("checkpoints" if "-" in name else "") / name
        if part.is_dir():
            shutil.copytree(part, begun.folder / "checkpoints" / name)
        else:
            shutil.copy(part, begun.folder)
    record = train(source, settings, begun.folder)
    assert record.found["resumed_from"] == "checkpoint-3"
    assert same(tmp_path / "straight", tmp_path / "killed")
    assert record.found["test"] == straight.found["test"]
    lines = (tmp_path / "killed/log.jsonl").read_bytes().splitlines()
    steps = [one["step"] for one in map(json.loads, lines) if "loss" in one]
    assert steps == list(range(1, 10))


def test_a_finished_head_is_not_trained_again_and_other_texts_not_over_it(
    place: Path, classifier: Record, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    shutil.copytree(classifier.folder, out)
    told: list[str] = []
    settings = Settings(**classifier.asked["settings"])
    train(place / "sentences.jsonl", settings, out, tell=told.append)
    assert told[-1] == f"{out} is finished already"
    other = file_of(tmp_path / "sentences.jsonl", sentences(60))
    with pytest.raises(TrainError, match="other rows of run"):
        train(other, settings, out)


def test_a_head_goes_on_from_a_head_of_the_same_labels(classifier: Record, tmp_path: Path) -> None:
    """In the order that it had; of other labels a new one begins."""
    values = {**classifier.asked["settings"], "model": str(classifier.folder), "epochs": 0.1}
    given = {**values, "labels": "question,complaint,praise"}
    source = file_of(tmp_path / "d.jsonl", sentences(60, seed=8))
    found = train(source, Settings(**given), tmp_path / "again").found
    assert not found["model"]["head_is_new"]
    assert found["labels"] == ["complaint", "praise", "question"]
    assert found["valid"]["looks"][0]["macro_f1"] > 0.5
    two = train(
        source, Settings(**{**values, "labels": "praise,complaint"}), tmp_path / "two"
    ).found
    assert two["model"]["head_is_new"]


def test_training_stops_when_the_validation_loss_does_and_keeps_the_best(
    place: Path, tmp_path: Path
) -> None:
    settings = asked(
        place, steps=40, batch=4, lr=0.3, schedule="constant", evaluate_every=1, patience=2
    )
    found = train(place / "sentences.jsonl", settings, tmp_path / "out").found
    losses = [one["loss"] for one in found["valid"]["looks"]]
    assert found["steps"] < 40
    assert found["kept_step"] == 1 + losses[1:].index(min(losses[1:]))
    assert found["valid"]["loss"] == pytest.approx(min(losses[1:]), rel=1e-5)


# --- what it refuses ---


def test_a_loss_that_is_no_number_stops_the_training(place: Path, tmp_path: Path) -> None:
    settings = quick(place, "tokens", lr=1e30, warmup=0.0, clip=0.0, schedule="constant")
    with pytest.raises(StepError, match=r"the loss is (nan|inf) in step \d.*lower --lr"):
        train(place / "sentences.jsonl", settings, tmp_path / "out")
    assert not Record.load(tmp_path / "out").finished  # type: ignore[union-attr]


def test_a_disk_that_takes_no_more_is_said_and_the_training_goes_on_later(
    place: Path, tmp_path: Path
) -> None:
    settings = quick(place)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, before[1]))
    try:
        with pytest.raises(TrainError, match=r"could not be written.*same command"):
            train(place / "sentences.jsonl", settings, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert train(place / "sentences.jsonl", settings, tmp_path / "out").finished


def changed_model(place: Path, folder: Path, name: str, change: Any) -> str:
    shutil.copytree(place / "bert", folder)
    values = json.loads((folder / name).read_bytes())
    change(values)
    (folder / name).write_text(json.dumps(values), "utf-8")
    return str(folder)


def test_a_model_or_a_tokenizer_that_does_not_fit_is_refused(place: Path, tmp_path: Path) -> None:
    source = place / "sentences.jsonl"

    def refused(words: str, model: str, **changes: Any) -> None:
        with pytest.raises(TrainError, match=words):
            train(source, quick(place, **{"model": model, **changes}), tmp_path / "out")
        assert not (tmp_path / "out").exists()

    bare = changed_model(
        place, tmp_path / "bare", "tokenizer_config.json", lambda v: v.pop("pad_token")
    )
    refused("has no padding token", bare)
    large = changed_model(
        place, tmp_path / "large", "tokenizer.json",
        lambda v: v["model"]["vocab"].update({"large": 5000}),
    )  # fmt: skip
    refused("a token with id 5,000, and the model a vocabulary of", large)
    (tmp_path / "empty").mkdir()
    refused("no configuration that can be read|has no tokenizer", str(tmp_path / "empty"))
    refused("length 100 is more than the 64 positions", str(place / "bert"), length=100)
    refused("overlap 63 leaves windows of 64", str(place / "bert"), overlap=63)
    blind = changed_model(
        place, tmp_path / "blind", "tokenizer.json",
        lambda v: v["model"].update(vocab={k: n for k, n in v["model"]["vocab"].items() if n < 9}),
    )  # fmt: skip
    refused(r"\d+% of the tokens are unknown", blind)
    headless = changed_model(
        place, tmp_path / "headless", "config.json", lambda v: v.update(num_hidden_layers=3)
    )
    refused("no weights for 16 parts of the model", headless)


def test_looks_need_texts_to_look_at(place: Path, tmp_path: Path) -> None:
    settings = quick(place, patience=1, valid_share=0.0)
    with pytest.raises(TrainError, match="has none: give a larger --valid-share"):
        train(place / "sentences.jsonl", settings, tmp_path / "out")
    found = train(place / "sentences.jsonl", quick(place, valid_share=0.0), tmp_path / "out").found
    assert found["valid"] == {"texts": 0, "loss": None, "looks": []}


def test_several_processes_are_refused(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(TrainError, match="2 processes: a head is trained in one"):
        train(place / "sentences.jsonl", quick(place), tmp_path / "out")


# --- the command ---


def test_the_command_prints_a_table_of_classes(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verb(place / "sentences.jsonl", settings=quick(place), out=tmp_path / "out")
    said = capsys.readouterr()
    assert "macro F1" in said.err
    lines = [line.split() for line in said.out.splitlines()]
    assert ["test:", "30", "texts;", "percent,", "with", "95%", "intervals"] in lines
    assert any(line[:2] == ["complaint", "18"] for line in lines)
    assert any(line[:2] == ["always", "complaint"] for line in lines)
