"""Labelled texts on their way to a head: read, split, cut into windows, tagged, and scored."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heading import file_of, sentences, tokenizer_of
from longgrain.errors import PlanError, TrainError
from longgrain.train import Settings
from longgrain.train.heads import scores, tags
from longgrain.train.heads.job import counting, labels_of, sided
from longgrain.train.heads.labelled import Entity, Labelled, Text, read
from longgrain.train.heads.splitting import split
from longgrain.train.heads.windows import Cutting, by_text, learned, spoken_for


def asked(task: Any = "classification", **changes: Any) -> Settings:
    return Settings(model="encoder", task=task, **changes)


def reasons(found: Labelled) -> Counter[str]:
    return Counter(one.reason for one in found.left_out)


def from_(folder: Path, records: list[Any], task: Any = "classification", **more: Any) -> Labelled:
    return read(file_of(folder / "d.jsonl", records), asked(task, **more))


# --- reading ---


def test_what_cannot_be_learned_from_is_left_out_with_its_reason(tmp_path: Path) -> None:
    records = [
        {"text": "The pump is late.", "label": "complaint"},
        {"text": "The  pump is late. ", "label": "complaint"},
        {"text": "The lamp is fine.", "label": "praise"},
        {"text": "The lamp is fine.", "label": "complaint"},
        {"text": "  ", "label": "praise"},
        {"text": "No label here."},
        ["no object"],
        {"text": "水泵坏了。", "label": 3},
    ]
    found = from_(tmp_path, records)
    assert [one.classes for one in found.sides["train"]] == [("complaint",), ("3",)]
    assert reasons(found) == {
        "said twice": 1,
        "the same text is labelled in another way elsewhere": 2,
        "no text": 1,
        "no label": 1,
        "not an object": 1,
    }
    assert [one.id for one in found.left_out][:1] == ["d.jsonl:5"]


@pytest.mark.parametrize(
    ("entity", "reason"),
    [
        ({"start": 0, "end": 40, "label": "person"}, "an entity that does not lie in its text"),
        ({"start": 3, "end": 3, "label": "person"}, "an entity that does not lie in its text"),
        ({"start": 0, "end": 3}, "an entity without start, end or label"),
        ({"start": 3, "end": 4, "label": "person"}, "an entity of white space"),
        (
            {"start": 1, "end": 4, "label": "person", "text": "Ada"},
            "an entity whose text does not stand at its place (offsets count code points)",
        ),
    ],
)
def test_a_text_with_an_entity_that_cannot_be_is_left_out(
    entity: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    good = {"text": "Ada saw Ben.", "entities": [[8, 11, "person"]]}
    found = from_(tmp_path, [good, {"text": "Ada went to Orlan.", "entities": [entity]}], "tokens")
    assert reasons(found) == {reason: 1}
    assert found.sides["train"][0].entities == (Entity(8, 11, "person"),)


def test_white_space_at_the_borders_of_an_entity_is_no_part_of_it(tmp_path: Path) -> None:
    record = {"text": "𝄞 Ada went.", "entities": [{"start": 1, "end": 6, "label": "person"}]}
    found = from_(tmp_path, [record], "tokens")
    assert found.sides["train"][0].entities == (Entity(2, 5, "person"),)


def test_several_labels_make_a_head_for_several_classes(tmp_path: Path) -> None:
    records = [
        {"text": "Late and broken.", "labels": ["late", "broken"]},
        {"text": "Just late.", "labels": ["late"]},
        {"text": "Nothing.", "labels": []},
    ]
    found = from_(tmp_path, records)
    assert found.multi
    assert [one.classes for one in found.sides["train"]] == [("late", "broken"), ("late",), ()]


def test_only_the_labels_that_were_asked_for_are_learned(tmp_path: Path) -> None:
    found = from_(tmp_path, sentences(60), labels="praise,complaint")
    assert {one.classes[0] for one in found.sides["train"]} == {"praise", "complaint"}
    lost = sum(one["label"] == "question" for one in sentences(60))
    assert reasons(found)["its label 'question' is none of --labels"] == lost
    marked = from_(tmp_path, sentences(60), "tokens", labels="place")
    assert {label for one in marked.sides["train"] for label in one.labels} == {"place"}
    assert marked.notes == {"a label that is none of --labels": 60}
    settings = asked(labels="praise,mystery")
    texts = sided(file_of(tmp_path / "d.jsonl", sentences(60)), settings)
    with pytest.raises(TrainError, match="labels mystery: no text of side train has them"):
        labels_of(texts, settings)


def test_sides_that_a_file_or_a_folder_says_are_kept(tmp_path: Path) -> None:
    records = [{**one, "split": "train" if n else "dev"} for n, one in enumerate(sentences(9))]
    found = from_(tmp_path, records)
    assert (len(found.sides["train"]), len(found.sides["valid"]), found.split) == (8, 1, True)
    for name, some in (("train", records[1:]), ("validation", records[:1]), ("test", records[1:3])):
        file_of(
            tmp_path / f"sides/{name}.jsonl",
            [{k: v for k, v in r.items() if k != "split"} for r in some],
        )
    again = read(tmp_path / "sides", asked())
    assert len(again.sides["train"]) == 8
    assert len(again.sides["valid"]) == 1
    assert reasons(again) == {"its text is on side train, too": 2}
    with pytest.raises(PlanError, match=r"valid_share with .* says itself"):
        sided(tmp_path / "sides", asked(valid_share=0.5))
    del records[3]["split"]
    with pytest.raises(TrainError, match="1 do not, so nobody knows"):
        from_(tmp_path, records)


def test_csv_is_read_and_a_source_of_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("文本,标签\n水泵坏了。,投诉\n灯笼漂亮。,表扬\n", "utf-8")
    assert [one.classes for one in read(tmp_path / "d.csv", asked()).sides["train"]] == [
        ("投诉",),
        ("表扬",),
    ]
    with pytest.raises(TrainError, match="no finished run, no file, and no folder"):
        read(tmp_path / "nowhere", asked())
    with pytest.raises(TrainError, match="2 x no list of entities"):
        read(tmp_path / "d.csv", asked("tokens"))
    only = sided(file_of(tmp_path / "one.jsonl", [{"text": "Late.", "label": "x"}]), asked())
    with pytest.raises(TrainError, match="side train has 1 labels"):
        labels_of(only, asked())


# --- splitting ---


def test_near_copies_stay_on_one_side_and_every_label_has_its_share(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    words = [f"word{n}" for n in range(2000)]
    records = []
    for number in range(120):
        base = rng.choice(words, 30).tolist()
        label = "rare" if number % 6 == 0 else "common"
        for copy in range(1 + (number % 4 == 0)):
            records.append({"text": " ".join([*base[:-1], f"end{copy}"]), "label": label})
    found = split(from_(tmp_path, records), 0.2, 0.1, seed=4)
    sides = found.sides
    for side, share in (("valid", 0.2), ("test", 0.1)):
        for label in ("rare", "common"):
            count = sum(one.classes == (label,) for one in sides[side])  # type: ignore[index]
            assert abs(count - share * sum(r["label"] == label for r in records)) <= 1
    begins: dict[str, set[str]] = {}
    for side, texts in sides.items():
        for one in texts:
            begins.setdefault(one.text.rsplit(" ", 1)[0], set()).add(side)
    assert len(begins) == 120
    assert all(len(one) == 1 for one in begins.values())
    other = split(from_(tmp_path, records[::-1]), 0.2, 0.1, seed=4).sides
    assert {t.text for t in other["valid"]} == {t.text for t in sides["valid"]}
    assert {t.text for t in split(from_(tmp_path, records), 0.2, 0.1, seed=5).sides["valid"]} != {
        t.text for t in sides["valid"]
    }


# --- windows and tags ---


WORDS = {kind: tokenizer_of(kind) for kind in ("wordpiece", "bpe")}


@given(
    kind=st.sampled_from(["wordpiece", "bpe"]),
    repeats=st.integers(1, 9),
    length=st.integers(12, 40),
    overlap=st.integers(0, 8),
    seed=st.integers(0, 30),
)
def test_every_token_of_a_text_has_one_window_that_speaks_for_it(
    kind: str, repeats: int, length: int, overlap: int, seed: int
) -> None:
    text = " ".join(one["text"] for one in sentences(repeats, seed)) + " 龘𝄞"
    cutting = Cutting(tokenizer=WORDS[kind], length=length, overlap=overlap)
    windows = by_text(cutting.windows([Text(name="a", text=text)]), 1)[0]
    whole = WORDS[kind](text, add_special_tokens=False)["input_ids"]
    assert np.concatenate([one.ids[one.own] for one in windows]).tolist() == whole
    assert all(len(one.ids) <= length for one in windows)


@pytest.mark.parametrize("kind", ["wordpiece", "bpe"])
@pytest.mark.parametrize("length", [16, 512])
def test_tags_say_the_entities_that_they_were_made_of(kind: str, length: int) -> None:
    """Across windows and languages; what tags cannot say is counted, and nothing else is lost."""
    labels = ["person", "place"]
    cutting = Cutting(tokenizer=WORDS[kind], length=length, overlap=4)
    texts = [
        Text(name=str(n), text=one["text"], entities=tuple(Entity(**e) for e in one["entities"]))
        for n, one in enumerate(sentences(40, seed=5))
    ]
    notes: Counter[str] = Counter()
    said = wanted = 0
    for text, windows in zip(texts, by_text(cutting.windows(texts), 40), strict=True):
        places = spoken_for(windows)
        known = tags.tagged(places, text.entities, labels, notes)
        found = tags.entities_of(np.where(known == tags.UNSURE, 0, known), places, labels)
        assert {*found} <= {*text.entities}
        said += len(found)
        wanted += len(text.entities)
    assert said + notes[tags.UNFIT] == wanted
    assert +notes == ({tags.UNFIT: wanted - said} if said < wanted else {})
    if kind == "wordpiece":
        assert said == wanted


def test_what_tags_cannot_say_is_not_learned_as_nothing() -> None:
    places = np.array([[0, 3], [4, 7], [8, 12], [13, 14]])
    notes: Counter[str] = Counter()
    given_ = [Entity(0, 7, "a"), Entity(4, 12, "b"), Entity(13, 14, "c")]
    made = tags.tagged(places, given_, ["a", "b"], notes)
    assert made.tolist() == [1, 2, tags.UNSURE, tags.UNSURE]
    assert notes == {tags.OVERLAPS: 1, tags.UNKNOWN: 1}
    cut = tags.tagged(places, [Entity(5, 12, "b")], ["a", "b"], notes)
    assert cut.tolist() == [0, tags.UNSURE, tags.UNSURE, 0]
    assert notes[tags.UNFIT] == 1


def test_a_character_of_several_tokens_and_white_space_do_not_break_an_entity() -> None:
    places = tags.places("x 龘 y", np.array([[0, 1], [1, 3], [2, 3], [2, 3], [3, 4], [3, 5]]))
    assert places.tolist() == [[0, 1], [2, 3], [2, 3], [2, 3], [4, 4], [4, 5]]
    made = tags.tagged(places, [Entity(2, 5, "a")], ["a"], Counter())
    assert made.tolist() == [0, 1, 2, 2, tags.UNSURE, 2]
    assert tags.entities_of([0, 1, 2, 2, 0, 2], places, ["a"]) == [Entity(2, 5, "a")]


# --- scores ---


def test_scores_of_entities_are_those_of_seqeval() -> None:
    """The figures are what seqeval 1.2.2 prints for the same tags (its default mode)."""
    rng = np.random.default_rng(5)
    places = np.array([[n, n + 1] for n in range(12)])
    labels = ["a", "b", "c"]
    gold, said = [], []
    for _ in range(40):
        one = rng.choice(7, 12, p=[0.4, 0.15, 0.15, 0.1, 0.1, 0.05, 0.05])
        other = np.where(rng.random(12) < 0.15, rng.integers(0, 7, 12), one)
        gold.append(tags.entities_of(one, places, labels))
        said.append(tags.entities_of(other, places, labels))
    counted = scores.counts(gold, said, labels, lambda one: one.label)
    found = scores.figures(counted, labels)
    published = {
        "a": (0.845588, 0.871212, 0.858209, 132),
        "b": (0.802326, 0.793103, 0.797688, 87),
        "c": (0.633333, 0.926829, 0.752475, 41),
    }
    for label, (precision, recall, f1, there) in published.items():
        one = found["classes"][label]
        assert one["precision"]["share"] == pytest.approx(precision, abs=1e-6)
        assert one["recall"]["share"] == pytest.approx(recall, abs=1e-6)
        assert one["f1"] == pytest.approx(f1, abs=1e-6)
        assert one["there"] == there
    assert found["micro_f1"]["value"] == pytest.approx(0.8191881918819187)
    assert found["macro_f1"]["value"] == pytest.approx(0.8027906880067698)
    assert found["micro_f1"]["low"] < 0.8191 < found["micro_f1"]["high"]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_scores_of_classes_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    labels = list("abcd")
    gold, said = [[(labels[n],) for n in some] for some in zip(*pairs, strict=True)]
    counted = scores.counts(gold, said, labels)
    flat = [[one[0] for one in some] for some in (gold, said)]
    expected = metrics.f1_score(*flat, average="macro", zero_division=0)
    assert float(scores.macro(counted.sum(0))) == pytest.approx(expected)
    right = sum(one == other for one, other in pairs)
    assert float(scores.f1(counted.sum((0, 1)))) == pytest.approx(right / len(pairs))


def test_a_word_list_finds_whole_words_and_the_longest_first() -> None:
    known = scores.word_list(
        [
            ("Ada", "person"),
            ("Ada Marsh", "person"),
            ("东港", "place"),
            ("Ada", "place"),
            ("Ada", "person"),
        ]
    )
    assert known["Ada"] == "person"
    text = "Ada Marsh and Adam met Ada. 在东港"
    assert scores.looked_up(text, known) == [
        (0, 9, "person"),
        (23, 26, "person"),
        (29, 31, "place"),
    ]


# --- classes that count more or less ---


def test_balanced_classes_weigh_the_same_together(tmp_path: Path) -> None:
    found = from_(tmp_path, sentences(120))
    labels = labels_of(found, asked())
    cutting = Cutting(tokenizer=WORDS["wordpiece"], length=16, overlap=4)
    train, notes = learned(found, "train", labels, cutting)
    assert len(train) > 120
    assert notes
    each = counting("balanced", labels, train)
    seen = Counter(one.classes[0] for one in found.sides["train"])
    totals = [float(each[n]) * seen[label] for n, label in enumerate(labels)]
    assert totals == pytest.approx([40] * 3)
    named = counting("praise=3, complaint=0.5", labels, train)
    assert named.tolist() == [0.5, 3.0, 1.0]
    for wrong in ("nothing=1", "praise", "praise=-1", "praise=x"):
        with pytest.raises(PlanError, match="weighs no class"):
            counting(wrong, labels, train)


def test_each_text_counts_once_however_many_windows_it_has(tmp_path: Path) -> None:
    long = {"text": " ".join(one["text"] for one in sentences(12)), "label": "long"}
    found = from_(tmp_path, [long, *sentences(2)])
    made, notes = learned(
        found, "train", ["long", "complaint", "praise", "question"],
        Cutting(tokenizer=WORDS["bpe"], length=32, overlap=4),
    )  # fmt: skip
    shares = Counter[int]()
    for one in made:
        shares[one.window.text] += one.weight  # type: ignore[assignment]
    assert list(shares.values()) == pytest.approx([1.0] * 3)
    assert sum(one.window.text == 0 for one in made) > 3
    assert notes["a text longer than a window, which is read in several"] >= 1


# --- settings ---


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mask": "grains"}, "mask with task 'classification'"),
        ({"objective": "dpo"}, "objective with task"),
        ({"rope": "yarn", "rope_factor": 2.0}, "rope, rope_factor with task"),
        ({"normalise": "token"}, "normalise with task"),
        ({"method": "qlora"}, "4 bits cannot hold"),
        ({"task": None, "class_weights": "balanced"}, "class_weights without a task"),
        ({"valid_share": 0.6, "test_share": 0.5}, "leave nothing to train on"),
        ({"length": 32, "overlap": 30}, "nothing of their own"),
        ({"overlap": -1}, "below 0 mean nothing"),
    ],
)
def test_settings_that_make_no_sense_with_a_head_are_refused(
    changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        Settings(**{"model": "encoder", "task": "classification", **changes})
