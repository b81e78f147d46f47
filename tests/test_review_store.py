"""Decisions > review.sqlite and back, whoever writes at the same time."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from longgrain.build import build
from longgrain.errors import RunError
from longgrain.review.decision import Decision
from longgrain.review.store import Store
from small import small_plan


def said(item: str, by: str = "ann", verdict: str = "accept", **more: object) -> Decision:
    return Decision(
        item=item, kind="example", by=by, verdict=verdict, at="2026-01-01T00:00:00Z", **more
    )  # type: ignore[arg-type]


def test_decisions_come_back_in_order_as_they_were(tmp_path: Path) -> None:
    made = [said(f"item-{i}", note="留言 😀 <b>", ratings={"answer": 4}) for i in range(1200)]
    store = Store(tmp_path / "review.sqlite")
    with store.writing():
        for one in made:
            store.add(one)
    assert list(store.decisions()) == made
    assert list(Store(tmp_path / "review.sqlite").decisions()) == made


def test_the_last_decision_stands_and_the_earlier_one_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "review.sqlite")
    store.add(said("one"))
    store.add(said("one", verdict="reject"))
    assert [one.verdict for one in store.decisions()] == ["accept", "reject"]
    assert store.rows("SELECT verdict FROM standing") == [("reject",)]


def test_the_same_act_sent_twice_is_kept_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "review.sqlite")
    assert store.add(said("one"), once="act-1")
    assert not store.add(said("one"), once="act-1")
    assert store.add(said("one"))
    assert store.add(said("one"))
    assert len(list(store.decisions())) == 3


def test_a_decision_cannot_be_changed_or_deleted(tmp_path: Path) -> None:
    store = Store(tmp_path / "review.sqlite")
    store.add(said("one"))
    for query in ("UPDATE decisions SET record = ''", "DELETE FROM decisions"):
        with pytest.raises(sqlite3.Error, match="only added to"):
            store.rows(query)
    assert len(list(store.decisions())) == 1


def test_two_processes_worth_of_writers_lose_nothing(tmp_path: Path) -> None:
    stores = [Store(tmp_path / "review.sqlite") for _ in range(2)]

    def write(number: int) -> None:
        for i in range(40):
            stores[number % 2].add(said(f"{number}-{i}", by=f"person {number}"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len({one.item for one in stores[0].decisions()}) == 160


def test_what_was_done_in_half_a_transaction_is_undone(tmp_path: Path) -> None:
    store = Store(tmp_path / "review.sqlite")

    def stops() -> None:
        with store.writing():
            store.add(said("one"))
            raise KeyError

    with pytest.raises(KeyError):
        stops()
    assert not list(store.decisions())


def test_a_file_that_is_no_store_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "review.sqlite").write_bytes(b"not a database at all, but long enough" * 40)
    with pytest.raises(RunError, match="cannot hold decisions"):
        Store(tmp_path / "review.sqlite")
    with pytest.raises(RunError, match="cannot hold decisions"):
        Store(tmp_path / "nowhere" / "review.sqlite")


def test_a_run_that_is_built_anew_keeps_what_people_said(tmp_path: Path) -> None:
    build(small_plan(tmp_path), tmp_path / "run")
    Store(tmp_path / "run" / "review.sqlite").add(said("one"))
    build(small_plan(tmp_path, seed=4), tmp_path / "run", replace=True)
    assert [one.item for one in Store(tmp_path / "run" / "review.sqlite").decisions()] == ["one"]
