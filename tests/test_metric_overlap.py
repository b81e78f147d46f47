"""ROUGE, SQuAD, LongBench, Lost in the Middle, BLEU and chrF: the values of their own programs."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from longgrain.metrics import rouge_pltrdy
from longgrain.metrics.item import Item
from longgrain.metrics.lcs import lcs_indices, lcs_length
from longgrain.metrics.longbench import LongBench, Task
from longgrain.metrics.porter import stem
from longgrain.metrics.rouge import KINDS, Rouge, Triple
from longgrain.metrics.squad import Squad
from longgrain.metrics.string_match import StringMatch
from longgrain.metrics.subspan import Subspan

BENCH = Path(__file__).resolve().parents[2] / "shared" / "data" / "bench"
WORDS = (
    *("the", "cat", "sat", "on", "Running", "flies", "mat.", "An", "a", "1,200", "don't", "été"),
    *("渡轮", "，", "由", "建造。", "😀", "👩‍🚀", "İ", "\n", "\n\n", ".", "..", "-", "1.5", "U.S."),
)
reference_packages = (
    "the reference package is no dependency: pip install rouge-score rouge sacrebleu"
)


def sentences(count: int, longest: int = 25) -> list[str]:
    rng = random.Random(5)
    return [
        " ".join(rng.choice(WORDS) for _ in range(rng.randint(0, longest))) for _ in range(count)
    ]


def pairs(count: int) -> list[tuple[str, str]]:
    texts = sentences(2 * count)
    return list(zip(texts[:count], texts[count:], strict=True))


def bench(*parts: str) -> Path:
    path = BENCH.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the published data {path} is not here")
    return path


def item(prediction: str, *references: str, **row: Any) -> Item:
    return Item(prediction=prediction, references=references, row=row)


# --- longest common subsequence ---


def table(first: str, second: str) -> int:
    row = [0] * (len(second) + 1)
    for one in first:
        before = 0
        for at, other in enumerate(second, 1):
            before, row[at] = row[at], before + 1 if one == other else max(row[at], row[at - 1])
    return row[-1]


def test_the_length_is_that_of_the_usual_table_and_the_places_spell_it() -> None:
    rng = random.Random(1)
    for _ in range(300):
        first, second = ("".join(rng.choices("abc", k=rng.randint(0, 90))) for _ in range(2))
        length = table(first, second)
        assert lcs_length(first, second) == length
        for back_in_first in (True, False):
            places, _ = lcs_indices(first, second, back_in_first=back_in_first)
            assert len(places) == length
            assert places == sorted(set(places))
            rest = iter(second)
            assert all(first[at] in rest for at in places)


# --- Google's ROUGE ---


def test_the_published_goldens_of_google_come_out() -> None:
    expected = json.loads(bench("rouge_google", "expected.json").read_text("utf-8"))
    lines = expected["line_pairs"]
    targets, predictions = (
        bench("rouge_google", name).read_text("utf-8").splitlines() for name in lines["files"]
    )
    compared = 0
    for target, prediction, scores in zip(targets, predictions, lines["scores"], strict=True):
        for name, golden in scores.items():
            kind, _, stemmed = name.partition("_")
            found = Rouge(stemmer=bool(stemmed)).triples(target, prediction)[kind]
            assert [round(one, 5) for one in found] == golden
            compared += 1
    assert compared == 10
    target, prediction = (
        bench("rouge_google", name).read_text("utf-8") for name in expected["multi0"]["files"]
    )
    found = Rouge(stemmer=True).triples(target, prediction)["rougeLsum"]
    assert [round(one, 5) for one in found] == expected["multi0"]["rougeLsum_stem"]


@pytest.mark.parametrize("stemmer", [False, True])
def test_rouge_equals_rouge_score_on_random_text(stemmer: bool) -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer", reason=reference_packages)
    theirs = scorer.RougeScorer(list(KINDS), use_stemmer=stemmer)
    ours = Rouge(stemmer=stemmer, han=False)
    for target, prediction in pairs(300):
        expected = theirs.score(target, prediction)
        found = ours.triples(target, prediction)
        assert {kind: tuple(found[kind]) for kind in KINDS} == {
            kind: tuple(expected[kind]) for kind in KINDS
        }


def test_of_several_references_the_best_f_counts_for_each_kind() -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer", reason=reference_packages)
    theirs = scorer.RougeScorer(list(KINDS))
    for (first, second), prediction in zip(pairs(60), sentences(60), strict=True):
        expected = theirs.score_multi([first, second], prediction)
        found = Rouge(han=False, parts=True).score(item(prediction, first, second))
        for kind in KINDS:
            assert found[kind] == expected[kind].fmeasure
            assert found[f"{kind}_recall"] == expected[kind].recall


def test_two_equal_chinese_texts_score_1_and_0_without_han() -> None:
    text = "渡轮由安娜建造，一九二一年沉没。"
    for figure in Rouge().score(item(text, text)).values():
        assert figure == 1.0
    assert set(Rouge(han=False).score(item(text, text)).values()) == {0.0}
    traditional = "渡輪由安娜建造"
    assert Rouge().triples("渡轮由安娜建造", traditional)["rouge1"] == pytest.approx(
        Triple(6 / 7, 6 / 7, 6 / 7)
    )


def test_stems_are_those_of_nltk() -> None:
    porter = pytest.importorskip("nltk.stem.porter", reason=reference_packages).PorterStemmer()
    rng = random.Random(3)
    endings = "ational alli logi fulli bli ies ied eed ing ed y e ll ion ement s ss at iz tt ful"
    parts = [*endings.split(), *"aeioubcdlstyx"]
    for _ in range(20_000):
        word = "".join(rng.choices(parts, k=rng.randint(1, 5)))
        assert stem(word) == porter.stem(word), word


def test_stems_of_known_words() -> None:
    said = {"ponies": "poni", "dying": "die", "skies": "sky", "hopping": "hop", "filing": "file"}
    said |= {"agreed": "agre", "relational": "relat", "geology": "geolog", "controlling": "control"}
    assert {word: stem(word) for word in said} == said


# --- the ROUGE that LongBench uses ---


def test_the_published_goldens_of_pltrdy_come_out() -> None:
    """Those of an older version: texts are not cut at full stops, and ROUGE-L weighs recall more."""
    for one in json.loads(bench("rouge_pltrdy", "data.json").read_text("utf-8")):
        said, expected = one["hyp"].split(" "), one["ref"].split(" ")
        for size in (1, 2):
            golden = one["scores"][f"rouge-{size}"]
            found = rouge_pltrdy.rouge_n(size, [said], [expected])
            assert found == (golden["p"], golden["r"], golden["f"])
        length = lcs_length(expected, said)
        precision, recall = length / len(said), length / len(expected)
        beta = precision / (recall + 1e-12)
        f = (1 + beta**2) * recall * precision / (recall + beta**2 * precision + 1e-12)
        golden = one["scores"]["rouge-l"]
        assert (precision, recall) == (golden["p"], golden["r"])
        assert f == pytest.approx(golden["f"], abs=1e-12)


def test_rouge_equals_the_package_that_longbench_installs() -> None:
    theirs = pytest.importorskip("rouge", reason=reference_packages).Rouge()
    for prediction, reference in pairs(400):
        both = [rouge_pltrdy.sentences(one) for one in (prediction, reference)]
        if not all(both):
            with pytest.raises(ValueError, match="sentence"):
                rouge_pltrdy.rouge_l(*both)
            continue
        expected = theirs.get_scores([prediction], [reference], avg=True)
        found = {
            "rouge-1": rouge_pltrdy.rouge_n(1, *both),
            "rouge-2": rouge_pltrdy.rouge_n(2, *both),
            "rouge-l": rouge_pltrdy.rouge_l(*both),
        }
        assert expected == {kind: dict(zip("prf", one, strict=True)) for kind, one in found.items()}


def test_a_reply_of_full_stops_scores_0_as_published() -> None:
    assert LongBench(task="rouge").score(item("...", "a text")) == {"longbench": 0.0}


@pytest.mark.parametrize(
    ("task", "unit", "longest"), [("rouge", "word ", 990), ("rouge_zh", "，", 989)]
)
def test_a_reply_too_long_for_the_package_scores_0_only_as_published(
    task: Task, unit: str, longest: int
) -> None:
    """The limits are those at which LongBench's eval.py itself begins to give 0, in Python 3.11."""
    for units, expected in ((longest, 1.0), (longest + 1, 0.0)):
        one = item((unit * units).strip(), (unit * units).strip())
        published = LongBench(task=task, as_published=True).score(one)["longbench"]
        assert published == pytest.approx(expected)
        assert LongBench(task=task).score(one)["longbench"] == pytest.approx(1.0)


# --- LongBench's other rules ---


@pytest.mark.parametrize(
    ("dataset", "reply", "answer", "expected"),
    [
        ("passage_count", "There are 7 or 8, so 7", "7", 2 / 3),
        ("passage_retrieval_en", "Paragraph 3", "Paragraph 3", 1.0),
        ("passage_retrieval_zh", "段落13或3", "段落3", 0.5),
        ("triviaqa", "\nParis\nQuestion: next", "paris", 1.0),
        ("narrativeqa", "\nParis\nQuestion: next", "paris", 0.5),
        ("lcc", "\n# a comment\nx = 1\ny = 2", "x = 1", 1.0),
        ("lcc", "x = 12", "x = 1", 0.91),
        ("multifieldqa_zh", "由安娜建造。", "安娜建造", 0.8),
    ],
)
def test_each_dataset_has_its_own_rule(
    dataset: str, reply: str, answer: str, expected: float
) -> None:
    found = LongBench(dataset=dataset).score(item(reply, answer))
    assert found["longbench"] == pytest.approx(expected)
    assert LongBench().score(item(reply, answer, dataset=dataset)) == found


def test_a_classification_is_shared_by_the_classes_that_are_named() -> None:
    classes = ["Date", "Date of birth", "Food"]
    for reply, expected in (("Date of birth", 1.0), ("Food and Date of birth", 0.5), ("Sport", 0)):
        one = item(reply, "Date of birth", all_classes=classes)
        assert LongBench(dataset="trec").score(one)["longbench"] == expected
    assert LongBench(dataset="trec").score(item("Food", "Food"))["longbench"] is None


def test_chinese_words_are_those_of_jieba() -> None:
    jieba = pytest.importorskip("jieba", reason="jieba is no dependency: pip install jieba")
    jieba.setLogLevel(60)
    from longgrain.metrics.longbench import _cut

    rng = random.Random(4)
    pieces = (
        *"渡轮由安娜建造的学习模型中国人民",
        "self-attention",
        "C++",
        "3.5%",
        "a_b",
        " ",
        "，",
        "AT&T",
    )
    for _ in range(300):
        text = "".join(rng.choices(pieces, k=rng.randint(0, 40)))
        assert _cut(text) == list(jieba.cut(text, cut_all=False)), text


# --- SQuAD and Lost in the Middle ---


@pytest.mark.parametrize(
    ("prediction", "reference", "exact", "f1"),
    [
        ("The Cat, sat!", "cat sat", 1.0, 1.0),
        ("the", "a", 1.0, 0.0),  # both are nothing once normalised: so it is in evaluate.py
        ("in Paris, France", "Paris", 0.0, 0.5),
        ("渡轮，由安娜建造！", "渡轮由安娜建造", 1.0, 1.0),
        ("渡轮由安娜", "渡轮由安娜建造", 0.0, 5 / 6),
        ("iPhone 15发布", "iPhone15发布", 0.0, 2 * (2 / 4) * (2 / 3) / (2 / 4 + 2 / 3)),
    ],
)
def test_exact_match_and_f1(prediction: str, reference: str, exact: float, f1: float) -> None:
    found = Squad().score(item(prediction, reference))
    assert found == {"exact_match": exact, "f1": pytest.approx(f1)}


def official_f1(prediction: str, reference: str) -> float:
    """evaluate.py of SQuAD v1.1, written down again from its description."""
    import re
    import string

    def words(text: str) -> list[str]:
        text = "".join(one for one in text.lower() if one not in set(string.punctuation))
        return re.sub(r"\b(a|an|the)\b", " ", text).split()

    said, expected = words(prediction), words(reference)
    same = sum((Counter(said) & Counter(expected)).values())
    if not same:
        return 0
    precision, recall = same / len(said), same / len(expected)
    return 2 * precision * recall / (precision + recall)


def test_without_han_every_text_is_treated_as_squad_does() -> None:
    for prediction, reference in pairs(200):
        found = Squad(han=False).score(item(prediction, reference))["f1"]
        assert found == official_f1(prediction, reference)


def test_film_cuts_a_reply_at_its_first_blank_line() -> None:
    reply = "Paris\n\nThe capital of France is Paris"
    assert Squad(until="\n\n").score(item(reply, "Paris"))["f1"] == 1.0
    assert LongBench(until="\n\n").score(item(reply, "Paris"))["longbench"] == 1.0
    assert Squad().score(item(reply, "Paris"))["f1"] < 1.0


@pytest.mark.parametrize(
    ("reply", "answer", "expected"),
    [
        ("It was the Paris agreement.", "paris", (1.0, 1.0, 1.0)),
        ("It was Lyon.\nParis", "Paris", (0.0, 1.0, 1.0)),
        ("\nParis", "Paris", (0.0, 1.0, 1.0)),
        ("Anna lived", "Anna Berg lived", (0.0, 0.0, 1 / 3)),
        ("是《渡轮》由安娜建造", "渡轮由安娜", (1.0, 0.0, 1.0)),
    ],
)
def test_best_subspan(reply: str, answer: str, expected: tuple[float, float, float]) -> None:
    found = Subspan().score(item(reply, answer))
    assert tuple(found.values()) == pytest.approx(expected)


def test_the_gold_answers_of_lost_in_the_middle_score_1() -> None:
    import gzip

    path = bench("lost-in-the-middle", "qa_data", "nq-open-oracle.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line, _ in zip(file, range(300), strict=False)]
    for row in rows:
        found = Subspan().score(item(f"It is {row['answers'][0]}.", *row["answers"]))
        assert found["best_subspan_em"] == 1.0


# --- sacrebleu ---


def test_added_counts_give_the_corpus_scores_of_sacrebleu() -> None:
    sacrebleu = pytest.importorskip("sacrebleu", reason=reference_packages)
    from longgrain.metrics.sacrebleu import SacreBleu

    for language, tokenizer in (("en", "13a"), ("zh", "zh")):
        texts = [(one, two) for one, two in pairs(60) if (tokenizer == "zh") == ("渡" in two)][:25]
        metric, sums = SacreBleu(tokenizer=tokenizer), Counter[str]()
        for prediction, reference in texts:
            sums.update(metric.tally(item(prediction, reference)))  # type: ignore[arg-type]
            found = metric.score(item(prediction, reference))
            single = sacrebleu.sentence_chrf(prediction, [reference]).score
            assert found["chrf"] == pytest.approx(single / 100, abs=1e-12)
        said, expected = [one for one, _ in texts], [[two for _, two in texts]]
        pooled = metric.pooled(sums)
        bleu = sacrebleu.corpus_bleu(said, expected, tokenize=tokenizer).score
        assert pooled["corpus_bleu"] == pytest.approx(bleu / 100, abs=1e-12), language
        assert pooled["corpus_chrf"] == pytest.approx(
            sacrebleu.corpus_chrf(said, expected).score / 100, abs=1e-12
        )


@pytest.mark.parametrize(
    ("reply", "references", "every", "any_"),
    [
        ("They are 123 and 456.", ("123", "456"), 1.0, 1.0),
        ("123", ("123", "456", "789", "000"), 0.25, 1.0),
        ("Quiet-Lantern", ("quiet-lantern",), 1.0, 1.0),
        ("1234", ("123",), 1.0, 1.0),  # nothing stops at word borders
        ("12\t3", ("12\n3",), 1.0, 1.0),  # control characters become line ends
        ("  \x00 ", ("123",), 0.0, 0.0),
        ("口令是安静灯塔。", ("安静灯塔", "青色水车"), 0.5, 1.0),
    ],
)
def test_string_match_is_ruler_s(
    reply: str, references: tuple[str, ...], every: float, any_: float
) -> None:
    figures = StringMatch().score(Item(prediction=reply, references=references))
    assert figures == {"string_match_all": every, "string_match_part": any_}
