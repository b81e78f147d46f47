"""Claims: how answers are split, what a judge's verdict must prove, and what an NLI model makes of windows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from longgrain.caps import Caps
from longgrain.errors import PlanError
from longgrain.judge import Judge, family, kin
from longgrain.metrics.claims import Claims
from longgrain.metrics.item import Item
from longgrain.metrics.stating import claims
from longgrain.score import score
from longgrain.teachers.openai import OpenAI
from standin_server import Heard, Says, serving

EN = "The ferry Anna Berg carried 120 lamps to Sandry. It came back in 1871 with salt."
ZH = "安娜号渡轮在一八七一年运送了一百二十盏灯到桑德里。船长没有收钱。"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("", []),
        ("Who knows?\n\n## Ferries\nAs follows:", []),
        ("It sank. The crew swam.", ["It sank.", "The crew swam."]),
        ("It sank, and the crew swam home.", ["It sank", "the crew swam home."]),
        ("Salt and the best of oil were sold.", ["Salt and the best of oil were sold."]),
        (
            "- Lamps were sold; salt was not.\n2. **Oil** too.",
            ["Lamps were sold", "salt was not.", "Oil too."],
        ),
        (
            "船到了，但是船长没有来。灯坏了；盐没有坏。",
            ["船到了", "船长没有来。", "灯坏了", "盐没有坏。"],
        ),
        ("哪里有盐？", []),
    ],
)
def test_an_answer_is_split_where_clauses_have_subjects_of_their_own(
    answer: str, expected: list[str]
) -> None:
    assert claims(answer) == expected


def verdicts(*rows: tuple[int, str, str]) -> str:
    return json.dumps(
        {"verdicts": [{"claim": n, "verdict": said, "quote": quote} for n, said, quote in rows]},
        ensure_ascii=False,
    )


QUOTE = "The ferry Anna Berg carried 120 lamps to Sandry."


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (verdicts((1, "supported", QUOTE)), ""),
        (
            verdicts((1, "contradicted", "It came back in 1871 with salt and lamps.")),
            "not in the evidence",
        ),
        (verdicts((1, "supported", "")), "missing or too short"),
        (verdicts((1, "supported", "the")), "missing or too short"),
        (verdicts((1, "supported", "It came back in 1871")), "speaks of something else"),
        (verdicts((1, "true", QUOTE)), "none of the three"),
        (verdicts((2, "supported", QUOTE)), "gave no verdict"),
        (verdicts((1, "supported", QUOTE), (1, "absent", "")), "two verdicts"),
        (verdicts((1, "absent", "whatever")), ""),
        ("It is supported.", "cannot be read"),
        ('{"verdicts": "all of them"}', "gave no verdict"),
    ],
)
def test_a_verdict_counts_only_with_a_quote_that_stands_in_the_evidence(
    reply: str, why: str
) -> None:
    from longgrain.types import Reply

    item = Item(prediction="The Anna Berg carried lamps.", source=EN)
    found = Claims().judged(item, [Reply(teacher="judge", call="", text=reply)])
    assert why in found.why
    assert bool(found.why) == bool(why)
    assert (found.figures == {}) == bool(why)  # what is not judged is not 0


def of(heard: Heard) -> tuple[str, int]:
    """The evidence that a judge was shown, and how many claims."""
    evidence = re.search(r"<<<1 \w{8}>>>\n(.*?)\n<<<end", heard.words, re.DOTALL)
    count = re.search(r"the (\d+) claim|(\d+) 个论断", heard.words)
    assert evidence
    assert count
    return evidence[1], int(count[1] or count[2])


def believes(heard: Heard) -> Says:
    """Finds everything supported by the first sentence, refuses penguins, breaks off at bread."""
    evidence, count = of(heard)
    if "penguin" in heard.words:
        return Says(refusal="I will not speak of penguins")
    if "bread" in heard.words:
        return Says(garbled=True)
    first = re.split("(?<=[.。])", evidence)[0]
    return Says(text=verdicts(*((n, "supported", first) for n in range(1, count + 1))))


ROWS = [
    {"id": "en", "prediction": "The ferry carried 120 lamps.", "source": EN},
    {"id": "zh", "prediction": "渡轮运送了一百二十盏灯。", "evidence": [ZH]},
    {"id": "refused", "prediction": "The penguin carried lamps.", "source": EN},
    {"id": "broken", "prediction": "The bread was carried by ferry.", "source": EN},
    {"id": "nothing", "prediction": "", "source": EN},
    {"id": "bare", "prediction": "The ferry carried 120 lamps.", "source": None},
]


def judge(url: str, folder: Path, **caps: Any) -> Judge:
    teacher = OpenAI(model="other", base_url=url, temperature=0.0, retries=1, reasks=0)
    return Judge(teacher=teacher, folder=folder, caps=Caps(**caps))


def written(folder: Path) -> Path:
    path = folder / "p.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    return path


def test_a_judge_over_http_scores_what_it_answers_and_nothing_is_asked_twice(
    tmp_path: Path,
) -> None:
    path, out = written(tmp_path), tmp_path / "o.jsonl"
    with serving(believes) as server:
        with judge(server.url, tmp_path / "j") as first:
            found = score(path, None, ["claims"], out=out, judge=first)
        heard = len(server.log.calls)
        with judge(server.url, tmp_path / "j") as second:
            assert score(path, None, ["claims"], judge=second).totals == found.totals
    supported = found.total("supported")
    assert (supported.value, supported.scored) == (1.0, 2)
    assert sum(supported.unscored.values()) == 4
    assert supported.unscored["no claim in the answer"] == 1
    assert supported.unscored["no source"] == 1
    assert found.total("all_supported").value == 1.0
    assert found.judge == "openai:other"
    assert second.counts.from_ledger == 3
    # A call that broke off is no verdict, and may be made again.
    assert all("bread" in one.words for one, _ in server.log.calls[heard:])
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert lines[0]["details"]["claims"][0]["quote"] == QUOTE
    assert "refused" in lines[2]["unscored"]["claims"]
    assert "claims" not in lines[2]


def test_caps_hold_for_a_judge(tmp_path: Path) -> None:
    with serving(believes) as server, judge(server.url, tmp_path / "j", max_calls=1) as one:
        found = score(written(tmp_path), None, ["claims"], judge=one)
        assert len(server.log.calls) == 1
    assert found.total("supported").scored == 1
    assert any(
        reason.startswith("no verdict: cap reached") for reason in found.total("supported").unscored
    )


def test_without_a_judge_or_a_model_nothing_is_scored_and_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="--judge"):
        score(written(tmp_path), None, ["claims"])


def test_many_claims_are_asked_for_a_few_at_a_time() -> None:
    item = Item(prediction=" ".join(f"Lamp {n} was lit." for n in range(30)), source=EN)
    counts = [one.settings["said"]["claims"] for one in Claims().requests(item)]
    assert counts == [12, 12, 6]


def test_a_judge_of_the_same_family_is_warned_of() -> None:
    assert family("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B") == "qwen"
    assert family("lmsys/vicuna-13b") == family("meta-llama/Llama-2-13b")
    assert kin("openai:Qwen2.5-72B-Instruct", "probes/qwen2-7b-needle-en")
    assert not kin("openai:Qwen2.5-72B-Instruct", "probes/llama-3-8b-needle-en")
    assert not kin("openai:judge", "probes/judge")  # names that say nothing


# --- a classifier of entailment -------------------------------------------------------------------


def classifier(folder: Path, labels: tuple[str, ...]) -> Path:
    """A BERT of 20,000 random weights, whose words are those of the evidence."""
    torch = pytest.importorskip("torch", reason="torch is not installed (extra train)")
    transformers = pytest.importorskip("transformers", reason="the extra train is not installed")
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = sorted({*re.findall(r"\w+|[^\w\s]", EN + " lamps were red .")})
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    bare = Tokenizer(models.WordLevel({w: n for n, w in enumerate([*marks, *words])}, "[UNK]"))
    bare.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    bare.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=bare,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
    ).save_pretrained(folder)
    torch.manual_seed(3)
    config = transformers.BertConfig(
        vocab_size=64,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        initializer_range=0.8,
        id2label=dict(enumerate(labels)),
        label2id={one: n for n, one in enumerate(labels)},
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_the_best_window_of_long_evidence_counts(tmp_path: Path) -> None:
    from longgrain.metrics.entailment import Entailment

    folder = classifier(tmp_path, ("CONTRADICTION", "neutral", "entailment"))
    model = Entailment.load(str(folder), "cpu", 32)
    evidence = " ".join([EN] * 6)
    windows = model._windows("lamps were red", evidence)
    assert len(windows) > 5
    assert windows[0].startswith("The ferry")
    assert windows[-1].endswith("salt.")
    assert all(after[:20] in before for before, after in pairwise(windows))
    best = model.best("lamps were red", evidence)
    assert best
    each = [model._shares("lamps were red", [one])[0] for one in windows]
    assert best[0].share == pytest.approx(max(one[2] for one in each), abs=1e-5)
    assert best[1].share == pytest.approx(max(one[0] for one in each), abs=1e-5)
    figures = Claims(model=str(folder), window=32).score(
        Item(prediction="lamps were red.", source=evidence)
    )
    assert sum(figures[name] or 0 for name in ("supported", "contradicted", "absent")) == 1.0
    assert not Claims(model=str(folder)).asks
    assert Claims(model=str(folder)).scores([Item(prediction="lamps were red.", source="")])[0].why


@pytest.mark.parametrize(
    "change", [lambda: ("LABEL_0", "LABEL_1", "LABEL_2"), lambda: ("entailment", "not_entailment")]
)
def test_a_classifier_with_other_labels_is_refused(
    tmp_path: Path, change: Callable[[], tuple[str, ...]]
) -> None:
    (tmp_path / "config.json").write_text(
        json.dumps({"id2label": dict(enumerate(change()))}), "utf-8"
    )
    with pytest.raises(PlanError, match="entailment, neutral and contradiction"):
        Claims(model=str(tmp_path))
