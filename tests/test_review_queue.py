"""Who sees which item when: an order by seed, items that come again, shared work, and undo."""

from __future__ import annotations

from pathlib import Path

import pytest

from longgrain.review.decision import Decision
from longgrain.review.queue import CLAIM, Queue, Turn, now
from review_served import queue_of_texts


def settle(queue: Queue, turn: Turn, by: str, verdict: str = "labelled", **more: object) -> None:
    decision = Decision(
        item=turn.item, kind="label", by=by, verdict=verdict, at=now(), repeat=turn.repeat, **more
    )  # type: ignore[arg-type]
    assert queue.settle(decision, f"{by}-{turn.item}-{turn.repeat}-{decision.at}")


def worked(queue: Queue, by: str, most: int = 1000) -> list[Turn]:
    """All turns of a person who labels whatever comes."""
    found = []
    while len(found) < most and (turn := queue.next(by)):
        found.append(turn)
        settle(queue, turn, by)
    return found


def test_everyone_sees_all_items_in_one_order_drawn_by_seed(tmp_path: Path) -> None:
    queue = queue_of_texts(tmp_path, repeat=0)
    ann, bob = worked(queue, "ann"), worked(queue, "bob")
    assert ann == bob
    assert len({turn.item for turn in ann}) == 40
    places = [queue.items.entry(turn.item).place for turn in ann]  # type: ignore[union-attr]
    assert places != sorted(places, key=int)


def test_progress_counts_ones_own_skips_apart_and_others_as_numbers(tmp_path: Path) -> None:
    queue = queue_of_texts(tmp_path, repeat=0)
    worked(queue, "ann", 7)
    worked(queue, "bob", 9)
    turn = queue.next("ann")
    assert turn
    settle(queue, turn, "ann", "skip")
    assert worked(queue, "ann", 1)[0].item != turn.item
    progress = queue.progress("ann")
    assert (progress.done, progress.skipped, progress.all, progress.others) == (8, 1, 40, (9,))


def test_a_share_of_the_items_comes_again_after_ten_others(tmp_path: Path) -> None:
    turns = worked(queue_of_texts(tmp_path, 200, repeat=0.2), "ann")
    first = {turn.item: number for number, turn in enumerate(turns) if not turn.repeat}
    again = {turn.item: number for number, turn in enumerate(turns) if turn.repeat}
    assert len(first) == 200
    assert 20 <= len(again) <= 60
    assert all(again[item] - first[item] > 10 for item in again)


def test_without_a_share_nothing_comes_again(tmp_path: Path) -> None:
    assert not any(turn.repeat for turn in worked(queue_of_texts(tmp_path, 60, repeat=0), "ann"))


def test_undo_shows_the_item_again_and_overwrites_nothing(tmp_path: Path) -> None:
    queue = queue_of_texts(tmp_path, repeat=0)
    [first, second] = worked(queue, "ann", 2)
    assert queue.undo("ann") == second
    assert queue.next("ann") == second
    assert queue.undo("ann") == first
    assert queue.undo("ann") is None
    assert queue.progress("ann").done == 0
    kept = list(queue.items.store.decisions())
    assert [one.verdict for one in kept] == ["labelled", "labelled", "skip", "skip"]
    assert [one.shown.get("undoes") for one in kept] == [None, None, 2, 1]


def test_undo_of_a_second_decision_brings_the_first_one_back(tmp_path: Path) -> None:
    queue = queue_of_texts(tmp_path, repeat=0)
    [turn] = worked(queue, "ann", 1)
    settle(queue, turn, "ann", note="again")
    settle(queue, turn, "ann", note="and again")
    queue.undo("ann")
    assert [one.note for one in queue.said(turn.item)] == ["", "again", "and again", "again"]
    queue.undo("ann")
    queue.undo("ann")
    assert queue.said(turn.item)[-1].shown == {"open": True, "undoes": 1}
    assert queue.undo("ann") is None


def test_undo_takes_back_nothing_of_somebody_else(tmp_path: Path) -> None:
    queue = queue_of_texts(tmp_path, repeat=0)
    worked(queue, "ann", 3)
    assert queue.undo("bob") is None
    assert queue.progress("ann").done == 3


@pytest.mark.parametrize("judges", [1, 2])
def test_work_can_be_shared_among_people_who_are_there_at_once(tmp_path: Path, judges: int) -> None:
    queue = queue_of_texts(tmp_path, 30, repeat=0, judges=judges)
    people = ["ann", "bob", "cem"]
    counts: dict[str, int] = {}
    while any(turns := [queue.next(by) for by in people]):
        for by, turn in zip(people, turns, strict=True):
            if turn:
                settle(queue, turn, by)
                counts[turn.item] = counts.get(turn.item, 0) + 1
    assert set(counts.values()) == {judges}
    assert len(counts) == 30


def test_what_somebody_opened_and_left_is_given_to_others_later(tmp_path: Path) -> None:
    clock = [0.0]
    queue = queue_of_texts(tmp_path, 1, judges=1, now=lambda: clock[0])
    turn = queue.next("ann")
    assert turn is not None
    assert queue.next("bob") is None
    assert queue.next("ann") == turn
    clock[0] = CLAIM + 1.0
    assert queue.next("bob") == turn


def test_the_index_is_written_again_when_the_texts_are_others(tmp_path: Path) -> None:
    queue = queue_of_texts(tmp_path, 5)
    [turn] = worked(queue, "ann", 1)
    queue = queue_of_texts(tmp_path, 8)
    assert queue.items.count() == 8
    assert queue.progress("ann").done == 1
    assert turn.item not in {one.item for one in worked(queue, "ann")}
