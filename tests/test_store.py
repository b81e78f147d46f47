"""The store of a run: shards joined in order say what one shard would have said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from longgrain.corpus import Source, sources
from longgrain.ingest import ARRAYS, IngestShard, ingest
from longgrain.plan import Plan
from longgrain.store import Store, Texts, dropped_while_reading, merge
from longgrain.tokens import Tokenizer
from small import handbook, shelve, small_plan


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("store")
    shelve(folder / "documents")
    copy = (folder / "documents" / "handbook-0.md").read_bytes()
    (folder / "documents" / "zz-copy.md").write_bytes(copy)
    (folder / "documents" / "empty.md").write_bytes(b"")
    return small_plan(folder)


def stored(plan: Plan, work: Path, a_shard: int) -> Store:
    """The plan's sources, so many a shard."""
    found = sources(str(plan.path("documents")))
    return merge(
        [_shard(plan, work, at, found[at : at + a_shard]) for at in range(0, len(found), a_shard)],
        work / "store",
    )


def _shard(plan: Plan, work: Path, number: int, some: list[Source]) -> Path:
    tokenizer = Tokenizer.load("longgrain")
    return ingest(
        IngestShard(number=number, sources=tuple(some), folder=work, plan=plan, tokenizer=tokenizer)
    )


@pytest.fixture(scope="module")
def store(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Store:
    return stored(plan, tmp_path_factory.mktemp("whole"), 99)


@pytest.mark.parametrize("a_shard", [1, 4])
def test_how_sources_are_shared_out_leaves_no_trace(
    plan: Plan, store: Store, tmp_path: Path, a_shard: int
) -> None:
    other = stored(plan, tmp_path, a_shard)
    assert other.doc_ids == store.doc_ids
    for name in ARRAYS:
        assert np.array_equal(other._map(name), store._map(name)), name
    for name in ("start", "end", "metadata", "words", "separator", "straddling", "altered"):
        assert np.array_equal(other.cut(name), store.cut(name)), name
    for name in ("source", "meta", "language", "tokens", "grains", "nodes", "keeps"):
        assert other.document(name) == store.document(name), name
    words = np.unique(store.codes()[0])[::7][:6]
    assert all(map(np.array_equal, other.index.bm25(words, 20), store.index.bm25(words, 20)))


def test_the_second_of_two_equal_texts_is_dropped_whole(store: Store) -> None:
    dropped = {one.id: one for one in dropped_while_reading(store)}
    assert set(dropped) == {"zz-copy.md", "empty.md"}
    assert dropped["zz-copy.md"].reason == "exact duplicate"
    assert dropped["zz-copy.md"].detail == "the same text as handbook-0.md"
    assert len(store.doc_ids) == 14


def test_arrays_line_up_with_documents_and_cuts(store: Store) -> None:
    tokenizer = Tokenizer.load("longgrain")
    for number, name in enumerate(store.doc_ids):
        low, high = store.doc_tokens[number : number + 2].tolist()
        [ids] = [tokenizer.encode([store.texts[name]])[0]]
        assert np.array_equal(store.ids[low:high], ids)
        starts = store.token_starts[low:high]
        assert starts[0] == 0
        assert (np.diff(starts) >= 0).all()
    assert store.laid_offsets[-1] == len(store.laid)
    assert store.doc_cuts[-1] == len(store.starts) == len(store.cut_document)
    codes, units = store.codes()
    assert len(codes) == len(units)
    assert (np.diff(units) >= 0).all()
    assert units.max() < len(store.starts)


def test_sentences_of_a_cut_make_up_its_text(store: Store) -> None:
    for cut in range(0, len(store.starts), 11):
        grain = store.cuts.grain(cut)
        text = store.texts[grain.doc_id]
        places = store.sentences(cut)
        assert places == sorted(places)
        assert all(grain.start <= start < end <= grain.end for start, end in places)
        said = " ".join(text[start:end] for start, end in places)
        assert said.split() == text[grain.start : grain.end].split()


def test_texts_are_decoded_when_asked_for_and_forgotten_when_there_are_too_many(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {name: store.texts[name] for name in store.doc_ids}
    assert whole[store.doc_ids[0]] == handbook(0)
    monkeypatch.setattr("longgrain.store.TEXTS_KEPT", 10_000)
    small = Texts(store.doc_ids, store.texts._column)
    for _ in range(2):
        assert {name: small[name] for name in small} == whole
    assert sum(map(len, small._kept.values())) <= 10_000
    assert len(small) == len(whole)
    with pytest.raises(KeyError):
        small["nobody"]


def test_a_shard_that_stands_is_not_read_again(plan: Plan, tmp_path: Path) -> None:
    found = sources(str(plan.path("documents")))[:2]
    place = _shard(plan, tmp_path, 0, found)
    before = {path.name: path.stat().st_mtime_ns for path in place.iterdir()}
    assert _shard(plan, tmp_path, 0, found) == place
    assert {path.name: path.stat().st_mtime_ns for path in place.iterdir()} == before


def test_a_shard_that_fails_leaves_nothing_behind(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("longgrain.ingest.orjson.dumps", fails)
    with pytest.raises(OSError, match="no space left"):
        _shard(plan, tmp_path, 0, sources(str(plan.path("documents")))[:2])
    assert list(tmp_path.iterdir()) == []


def test_shards_without_any_document_make_an_empty_store(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "blank.txt").write_text(" \n\n", "utf-8")
    store = merge([_shard(plan, tmp_path, 0, sources(str(tmp_path / "blank.txt")))], tmp_path / "s")
    assert store.doc_ids == []
    assert len(store.ids) == len(store.laid) == len(store.starts) == 0
    assert len(dropped_while_reading(store)) == 1
