"""TRL's own DPOTrainer, given its export, compares exactly the replies of the pair."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from exporting import PLAIN, MadeRun, said, tiny
from longgrain.errors import RunError
from longgrain.exports.dpo import Dpo, auc
from longgrain.types import Example, Message, Side

CHOSEN = {name: PLAIN[name] for name in ("english", "chinese")}
WRONG = {"english": "It holds 1,300 passengers.", "chinese": "十二只。"}
REJECTED = {
    name: (*messages[:-1], said("assistant", (WRONG[name], 1.0)))
    for name, messages in CHOSEN.items()
}


@dataclass(frozen=True)
class PairRun(MadeRun):
    """Its examples have a rejected view of which nothing is learned."""

    rejected: Mapping[str, tuple[Message, ...]] = field(default_factory=dict)

    def examples(self, side: Side) -> Iterator[Example]:
        for one in super().examples(side):
            views = {"chosen": one.views["train"]}
            if one.id in self.rejected:
                *turns, last = self.rejected[one.id]
                unlearned = tuple(replace(span, loss=0.0) for span in last.spans)  # type: ignore[type-var]
                views["rejected"] = (*turns, replace(last, spans=unlearned))
            yield replace(one, views=views)


def one_step(folder: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """What reached the model in one optimiser step, and the trainer."""
    trl: Any = pytest.importorskip("trl", reason="TRL is not installed: pip install trl datasets")
    datasets: Any = pytest.importorskip("datasets", reason="TRL needs datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(folder.parent / "cache"))
    monkeypatch.chdir(folder)
    kinds = (trl.ScriptArguments, trl.DPOConfig, trl.ModelConfig, trl.DatasetMixtureConfig)
    small = "--bf16 false --use_cpu true --max_steps 1 --report_to none --learning_rate 0.01"
    small += " --gradient_accumulation_steps 1 --per_device_train_batch_size 2"
    parser = trl.TrlParser(kinds)
    _, settings, _, mixture = parser.parse_args_and_config(["--config", "dpo.yaml", *small.split()])
    seen: list[dict[str, Any]] = []

    class Watched(trl.DPOTrainer):  # type: ignore[misc]
        def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **kw: Any) -> Any:
            seen.append(dict(inputs))
            return super().compute_loss(model, inputs, *args, **kw)

    data = trl.get_dataset(mixture)
    trainer = Watched(model=str(model), args=settings, train_dataset=data["train"])
    before = next(trainer.model.parameters()).detach().clone()
    trainer.train()
    assert bool((next(trainer.model.parameters()) != before).any())
    [batch] = seen
    return batch, trainer


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_both_replies_reach_the_model_token_by_token(
    form: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = PairRun(CHOSEN, REJECTED), MadeRun(REJECTED)
    Dpo(form=form).write(run, tmp_path / "out")
    batch, trainer = one_step(tmp_path / "out", tiny(run, tmp_path / "model"), monkeypatch)
    lines = dict(zip(CHOSEN, trainer.train_dataset, strict=True))
    compared = []
    for key, one in (("chosen_ids", run), ("rejected_ids", other)):
        for name, line in lines.items():
            ids, meant = one.meant[name][0], one.labels(name)
            assert line["prompt_ids"] + line[key] == ids
            seen = [-100] * len(line["prompt_ids"]) + line[key]
            differ = [i for i, label in enumerate(seen) if label != meant[i]]
            assert differ == [len(ids) - 1]  # the line feed behind the end of the turn
            compared.append((ids, [int(label != -100) for label in seen]))
    got = [
        (ids[: len(mask)], mask[: sum(kept)])
        for ids, mask, kept in (
            (i[: sum(k)], m, k)
            for i, m, k in zip(
                batch["input_ids"].tolist(),
                batch["completion_mask"].tolist(),
                batch["attention_mask"].tolist(),
                strict=True,
            )
        )
    ]
    assert sorted(got) == sorted(compared)


def test_nothing_of_a_rejected_reply_is_learned_in_our_rows() -> None:
    run = PairRun(CHOSEN, REJECTED)
    wrong = {
        id_ for name in REJECTED for id_ in run.tokenizer.encode([WRONG[name]]).values.tolist()
    }
    right = {label for name in CHOSEN for label in run.labels(name) if label != -100}
    assert wrong - right
    learned = {int(one) for row in run.rows("train") for one in row.labels if one != -100}
    assert learned == right


def test_the_readme_says_what_length_tells_and_what_was_left_out(tmp_path: Path) -> None:
    run = PairRun(PLAIN, REJECTED)  # "two turns" has no rejected reply
    Dpo().write(run, tmp_path)
    readme = " ".join((tmp_path / "README.md").read_text("utf-8").split())
    right = sum(
        int(run.tokenizer.encode([m[-1].spans[0].text]).lengths[0]) for m in CHOSEN.values()
    )  # type: ignore[union-attr,list-item]
    assert "2 pairs." in readme
    assert f"have {round(right / 2)} tokens on average" in readme
    assert "with an AUC of " in readme
    assert "left out: 1 without a rejected reply" in readme
    template = (tmp_path / "chat_template.jinja").read_text("utf-8")
    assert template == run.template.source


def test_the_auc_of_length_counts_ties_half() -> None:
    import numpy as np

    assert auc(np.array([2, 3]), np.array([1, 2])) == (1 + 0.5 + 1 + 1) / 4
    assert auc(np.array([5, 5]), np.array([5, 5])) == 0.5
    assert auc(np.array([1]), np.array([9])) == 0


def test_parquet_and_jsonl_hold_the_same_pairs(tmp_path: Path) -> None:
    import orjson

    run = PairRun(CHOSEN, REJECTED)
    Dpo().write(run, tmp_path / "a")
    Dpo(form="parquet").write(run, tmp_path / "b")
    lines = [
        orjson.loads(one) for one in (tmp_path / "a" / "train.jsonl").read_bytes().splitlines()
    ]
    assert pq.read_table(tmp_path / "b" / "train.parquet").to_pylist() == lines
    assert [one["rejected"][0]["content"] for one in lines] == list(WRONG.values())


def test_views_that_are_no_pair_are_left_out(tmp_path: Path) -> None:
    other = (said("user", "Another question?"), REJECTED["english"][-1])
    with pytest.raises(RunError, match="1 whose two views differ before the last turn"):
        Dpo().write(PairRun({"english": CHOSEN["english"]}, {"english": other}), tmp_path)


def test_a_run_without_pairs_has_nothing_to_export(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="3 without a rejected reply"):
        Dpo().write(MadeRun(PLAIN), tmp_path)
