"""Perplexity: equal to the model's own loss, whole or in windows, and one bit count for all tokenizers."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from longgrain.errors import PlanError
from longgrain.metrics.item import Item
from longgrain.metrics.perplexity import Perplexity, windows
from longgrain.score import score

TEXTS = ["The ferry carried 120 lamps.", "渡轮运送了一百二十盏灯。🚢", "x" * 300]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tinymodel import tiny

    return tiny(tmp_path_factory.mktemp("model"), context=128)


@pytest.mark.parametrize(
    ("tokens", "length", "stride"),
    [(0, 8, 3), (1, 8, 3), (8, 8, 3), (30, 8, 3), (31, 8, 7), (9, 4, 9)],
)
def test_every_token_but_the_first_is_new_in_one_window(
    tokens: int, length: int, stride: int
) -> None:
    new: list[int] = []
    for start, end, fresh in windows(tokens, length, stride):
        assert 0 < end - start <= length
        assert end - fresh > start or start == 0  # something before what is new
        new += range(end - fresh, end)
    assert new == list(range(1, tokens))


def nats(model: Path, text: str) -> list[float]:
    """Of each token, read in windows of 128 that go on by one token: as much context as there can be."""
    import torch
    import transformers

    words = transformers.AutoTokenizer.from_pretrained(model)
    one = transformers.AutoModelForCausalLM.from_pretrained(model).eval()
    ids = [words.eos_token_id, *words(text, add_special_tokens=False)["input_ids"]]
    found = []
    with torch.inference_mode():
        for at in range(1, len(ids)):
            row = torch.tensor([ids[max(0, at - 127) : at]])
            found.append(-one(row).logits[0, -1].float().log_softmax(-1)[ids[at]].item())
    return found


@pytest.mark.parametrize("text", TEXTS[:2])
def test_a_text_that_fits_has_the_perplexity_of_its_tokens(model: Path, text: str) -> None:
    expected = nats(model, text)
    found = Perplexity(model=str(model), stride=64).score(Item(prediction=text))
    assert found["tokens"] == len(expected) == len(text.encode())  # a byte is a token here
    assert found["nats_per_token"] == pytest.approx(sum(expected) / len(expected), abs=1e-5)
    assert found["perplexity"] == pytest.approx(math.exp(sum(expected) / len(expected)), rel=1e-5)
    assert found["bits_per_byte"] == pytest.approx(
        sum(expected) / math.log(2) / len(expected), abs=1e-5
    )


def test_windows_that_go_on_by_one_token_give_a_long_text_all_the_context_there_is(
    model: Path,
) -> None:
    expected = nats(model, TEXTS[2])
    exact = Perplexity(model=str(model), stride=1).score(Item(prediction=TEXTS[2]))
    assert exact["nats_per_token"] == pytest.approx(sum(expected) / len(expected), abs=1e-5)
    quick = Perplexity(model=str(model), stride=64).score(Item(prediction=TEXTS[2]))
    assert quick["tokens"] == 300
    assert quick["nats_per_token"] == pytest.approx(exact["nats_per_token"], abs=0.1)


def test_all_texts_together_count_by_the_token(model: Path, tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text(
        "".join(json.dumps({"prediction": one}) + "\n" for one in [*TEXTS, ""]), "utf-8"
    )
    found = score(
        path, None, ["perplexity"], settings={"perplexity": {"model": str(model), "stride": 64}}
    )
    each = [nats(model, one) for one in TEXTS[:2]]
    both = Perplexity(model=str(model), stride=64)
    sums = [both.tally(Item(prediction=one)) for one in TEXTS]
    total = math.exp(sum(one["nats"] for one in sums) / sum(one["tokens"] for one in sums))
    assert sums[0]["nats"] == pytest.approx(sum(each[0]), abs=1e-3)
    assert found.total("all_perplexity").value == pytest.approx(total)
    assert found.total("perplexity").scored == 3
    assert found.total("perplexity").unscored == {"no token that could be predicted": 1}


def test_without_a_model_or_with_one_that_is_not_there_nothing_is_scored(tmp_path: Path) -> None:
    path = tmp_path / "p.txt"
    path.write_text("one\n", "utf-8")
    with pytest.raises(PlanError, match=r"perplexity\.model=FOLDER"):
        score(path, None, ["perplexity"])
    with pytest.raises(PlanError, match="cannot be loaded"):
        score(path, None, ["perplexity"], settings={"perplexity": {"model": str(tmp_path)}})
    with pytest.raises(PlanError, match="stride 0"):
        Perplexity(stride=0)
