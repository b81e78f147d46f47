"""Coherence: the entity grid, continuity, connectives, and chains that a cut broke."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from longgrain.metrics.coherence import Coherence, sentences
from longgrain.metrics.connectives import kinds, points_back
from longgrain.metrics.item import Item
from longgrain.run import Run
from longgrain.score import score
from longgrain.tables import open_rows

CORPORA = Path(__file__).resolve().parents[2] / "shared" / "data" / "corpora"


def test_the_grid_of_three_sentences_is_what_can_be_counted_by_hand() -> None:
    found = Coherence().score(
        Item(prediction="The ferry: lamps. The ferry: salt. The captain: salt.")
    )
    assert found["grid_kept"] == pytest.approx(2 / 8)  # ferry, then salt
    assert found["grid_left"] == pytest.approx(2 / 8)  # lamps, then ferry
    assert found["grid_new"] == pytest.approx(2 / 8)  # salt, then captain
    assert found["entities_kept"] == pytest.approx(2 / 4)
    assert found["lexical_continuity"] == pytest.approx((1 / 3 + 1 / 3) / 2)


def test_equal_neighbours_are_as_near_as_can_be_and_strangers_share_nothing() -> None:
    same = Coherence().score(Item(prediction="灯亮着。灯亮着。"))
    assert (same["lexical_continuity"], same["entities_kept"]) == (1.0, 1.0)
    assert same["vector_continuity"] == pytest.approx(1.0)
    other = Coherence().score(Item(prediction="Ferries carry salt. Nobody bought oil."))
    assert (other["lexical_continuity"], other["vector_continuity"]) == (0.0, 0.0)


@pytest.mark.parametrize("text", ["", "...", "Only one sentence."])
def test_what_lies_between_sentences_cannot_be_had_from_one(text: str) -> None:
    found = Coherence().score(Item(prediction=text))
    assert found["grid_kept"] is None
    assert found["vector_continuity"] is None


@pytest.mark.parametrize("name", ["en/books/dracula.txt", "zh/books/hongloumeng.txt"])
def test_a_book_is_more_coherent_than_its_own_sentences_in_another_order(name: str) -> None:
    path = CORPORA / name
    if not path.is_file():
        pytest.skip("../shared/data/corpora is not there")
    said = sentences(path.read_text("utf-8")[20_000:80_000])
    mixed = said.copy()
    random.Random(5).shuffle(mixed)
    book, order = (Coherence().score(Item(prediction="\n".join(one))) for one in (said, mixed))
    for figure in ("lexical_continuity", "vector_continuity", "entities_kept"):
        assert book[figure] > order[figure], figure  # type: ignore[operator]


def test_an_embedder_may_take_the_place_of_words() -> None:
    found = Coherence(embedder="test_metric_coherence:lengths").score(
        Item(prediction="One two. Six ten. A.")
    )
    assert found["vector_continuity"] == pytest.approx(1.0)


def lengths(texts: list[str]) -> list[list[float]]:
    return [[float(len(one))] for one in texts]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("However, it sank because of the salt.", {"contrasting", "causal"}),
        ("Then the lamps were lit.", {"ordering"}),
        ("The lamps, for example, were lit.", {"adding"}),
        ("Nothing else was said.", set()),
        ("但是，因为下雨，船没有开。", {"contrasting", "causal"}),
        ("此外，船上还有盐。", {"adding"}),
        ("最后大家走了。", {"ordering"}),
        ("終於，雖然下雨，船還是開了。", {"ordering", "contrasting"}),
        ("船到了。", set()),
    ],
)
def test_connectives_are_known_by_kind(sentence: str, expected: set[str]) -> None:
    assert kinds(sentence) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        *[
            (one, True)
            for one in (
                "He then left.",
                "It sank in 1871.",
                "However, they left.",
                "This made him sad.",
            )
        ],
        *[
            (one, True)
            for one in (
                "“Their boat is gone,” she said.",
                "他走了。",
                "但是，她们来了。",
                "该公司成立了。",
            )
        ],
        *[
            (one, True)
            for one in ("这使他难过。", "其中有三个。", "此人不肯说话。", "這使他難過。")
        ],
        *[
            (one, False)
            for one in ("The man left.", "It is clear that he left.", "This chapter is on ropes.")
        ],
        *[
            (one, False)
            for one in (
                "It was raining.",
                "Item one.",
                "That he came is known.",
                "Theirland is far.",
            )
        ],
        *[
            (one, False)
            for one in (
                "其实没有人来。",
                "该走了。",
                "此外没有人来。",
                "他人即地狱。",
                "这本书讲船。",
            )
        ],
    ],
)
def test_a_sentence_that_opens_with_a_pronoun_points_back(sentence: str, expected: bool) -> None:
    assert points_back(sentence) is expected


SOURCE = "Captain Berg bought the ferry. He sold it in 1871. 船长买了渡轮。他后来卖了它。"


@pytest.mark.parametrize(
    ("text", "row", "expected"),
    [
        ("He sold it in 1871.", {}, 1.0),
        ("他后来卖了它。", {}, 1.0),
        ("Captain Berg bought the ferry.", {}, 0.0),
        ("He sold it in 1871.", {"start": 31}, 1.0),
        ("He sold it in 1871.", {"start": 0}, 0.0),  # nothing before it that was cut off
        ("He is nowhere in the source.", {}, None),
    ],
)
def test_a_chain_is_broken_where_what_a_pronoun_means_was_left_outside(
    text: str, row: dict[str, int], expected: float | None
) -> None:
    found = Coherence().score(Item(prediction=text, source=SOURCE, row=row))
    assert found["chain_broken"] == expected
    assert Coherence().score(Item(prediction=text))["chain_broken"] is None


def test_the_grains_of_a_run_are_scored_in_their_documents(small_run: Run) -> None:
    path = small_run.folder / "grains.parquet"
    rows = list(open_rows(path).read())
    assert all(one["source"][one["start"] :].startswith(one["prediction"]) for one in rows)
    found = score(path, None, ["coherence"], by="document")
    broken = found.total("chain_broken")
    assert broken.scored + sum(broken.unscored.values()) == len(rows) > 10
    assert broken.scored > 0.9 * len(rows)
