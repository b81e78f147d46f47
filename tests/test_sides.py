"""Sides of a store: near-duplicates stay together, benchmarks stay out, losses are named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import orjson
import pytest

from longgrain.errors import PlanError, SourceError
from longgrain.plan import Plan
from longgrain.sides import Sided, assign, chapters_of
from longgrain.store import Store
from longgrain.terms import terms
from small import handbook, materials_of, shelve, small_plan


def sided(plan: Plan, work: Path) -> tuple[Store, Sided]:
    store = materials_of(plan, work)["train"].store
    return store, assign(store, plan)


def planned(folder: Path, texts: Mapping[str, str], **changes: object) -> Plan:
    """A small plan over the usual handbooks and these documents."""
    shelve(folder / "documents")
    for name, text in texts.items():
        (folder / "documents" / name).write_text(text, "utf-8")
    return small_plan(folder, **changes)


def side_of(store: Store, found: Sided, source: str) -> str:
    return found.documents[store.document("source").index(source)]


@pytest.mark.parametrize("seed", range(6))
def test_near_duplicate_documents_are_on_one_side(tmp_path: Path, seed: int) -> None:
    texts = {}
    for number in range(20, 26):
        text = handbook(number)
        texts[f"one-{number}.md"] = text
        texts[f"two-{number}.md"] = (
            text.replace("crate", "chest").replace("mast", "pole") + "\nPrinted again.\n"
        )
    split = {"valid": 0.2, "test": 0.2, "by": "document"}
    store, found = sided(planned(tmp_path, texts, seed=seed, split=split), tmp_path / "work")
    assert found.twins >= 6
    assert set(found.documents) == {"train", "valid", "test"}
    for number in range(20, 26):
        pair = {side_of(store, found, f"{which}-{number}.md") for which in ("one", "two")}
        assert len(pair) == 1


def test_cuts_that_say_nearly_the_same_share_a_group(tmp_path: Path) -> None:
    text = handbook(30)
    texts = {"a.md": text, "b.md": text.replace("kettle", "boiler", 1)}
    store, found = sided(planned(tmp_path, texts), tmp_path / "work")
    rows = [store.document("source").index(name) for name in texts]
    groups = [set(found.groups[store.cut_document == row].tolist()) for row in rows]
    assert len(groups[0] & groups[1]) >= 0.8 * len(groups[0])
    assert len(np.unique(found.groups)) > 0.5 * len(found.groups)


SECRET = "The heron of Sorrel was fed by the second warden with eleven small silver fishes at dawn."
SECRET_ZH = "白鹭在黎明时分由第二位看守用十一条小银鱼喂养，此事只有老船长一个人知道。"


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".txt"])
def test_no_cut_with_a_benchmarks_words_is_on_a_side(tmp_path: Path, suffix: str) -> None:
    questions = [
        {"question": SECRET.upper(), "choices": ["a", {"right": SECRET_ZH}]},
        {"answer": 3},
    ]
    raw = b"\n".join(orjson.dumps(one) for one in questions)
    if suffix == ".json":
        raw = orjson.dumps(questions)
    if suffix == ".txt":
        raw = f"{SECRET}\n{SECRET_ZH}".encode()
    (tmp_path / f"bench{suffix}").write_bytes(raw)
    texts = {"leak.md": f"# L\n\n{SECRET}\n", "leak-zh.md": f"# 漏\n\n{SECRET_ZH}\n"}
    plan = planned(tmp_path, texts, decontaminate=[f"bench{suffix}"])
    store, found = sided(plan, tmp_path / "work")
    assert leaks(store, found) == []
    assert [one.reason for one in found.dropped] == [
        "shares ten words in a row with a benchmark"
    ] * 2
    places = {one.id.split(":")[0] for one in found.dropped}
    names = dict(zip(store.doc_ids, store.document("source"), strict=True))
    assert {names[place] for place in places} == set(texts)


def leaks(store: Store, found: Sided) -> list[int]:
    """Cuts of some side that hold the secret's words."""
    secrets = [set(terms(words)[0].tolist()) for words in (SECRET, SECRET_ZH)]
    held = []
    for cut in np.flatnonzero(found.sides >= 0).tolist():
        grain = store.cuts.grain(cut)
        codes = set(terms(store.texts[grain.doc_id][grain.start : grain.end])[0].tolist())
        held += [cut for secret in secrets if len(secret & codes) >= 10]
    return held


def test_without_the_benchmark_the_leak_would_be_seen(tmp_path: Path) -> None:
    texts = {"leak.md": f"# L\n\n{SECRET}\n", "leak-zh.md": f"# 漏\n\n{SECRET_ZH}\n"}
    store, found = sided(planned(tmp_path, texts), tmp_path / "work")
    assert len(leaks(store, found)) == 2
    assert found.dropped == []


def test_a_benchmark_that_cannot_be_read_is_an_error_not_a_leak(tmp_path: Path) -> None:
    (tmp_path / "bench.jsonl").write_text('{"question": "ok"}\nnot json\n', "utf-8")
    with pytest.raises(PlanError, match=r"bench\.jsonl:2 cannot be read"):
        sided(planned(tmp_path, {}, decontaminate=["bench.jsonl"]), tmp_path / "work")
    with pytest.raises(SourceError, match=r"nowhere\.txt"):
        sided(planned(tmp_path, {}, decontaminate=["nowhere.txt"]), tmp_path / "work2")
    (tmp_path / "bench.csv").write_text("question,answer\nWhat is it?,nothing\n", "utf-8")
    with pytest.raises(PlanError, match=r"bench\.csv.*cannot be read"):
        sided(planned(tmp_path, {}, decontaminate=["bench.csv"]), tmp_path / "work3")


def test_every_cut_has_a_side_or_a_reason(tmp_path: Path) -> None:
    """A document without headings is split inside, and a cut over the border is on no side."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "book.txt").write_text(
        handbook(3, chapters=9).replace("#", ""), "utf-8"
    )
    (tmp_path / "bench.txt").write_text(handbook(3).split("\n\n")[2], "utf-8")
    plan = small_plan(tmp_path, decontaminate=["bench.txt"])
    _, found = sided(plan, tmp_path / "work")
    assert found.documents == ["chapters"]
    assert set(found.sides.tolist()) >= {0, 1, 2}
    nowhere = np.flatnonzero(found.sides < 0).tolist()
    assert sorted(one.detail for one in found.dropped) == sorted(f"grain {cut}" for cut in nowhere)
    assert len(nowhere) >= 1


def test_chapters_are_those_of_the_document_or_pieces_of_it(tmp_path: Path) -> None:
    texts = {"flat.txt": "One thing was said here and there. " * 2000, "short.txt": "Hello there."}
    store, _ = sided(planned(tmp_path, texts), tmp_path / "work")
    found = chapters_of(store)
    sources = store.document("source")
    by_source: dict[str, list[tuple[int, str]]] = {}
    for document, start, title in found:
        by_source.setdefault(sources[document], []).append((start, title))
    assert set(by_source) == set(sources)
    stations = [f"{name} station" for name in ("Orlan", "Brisk", "Tarn", "Velm", "Quayle")]
    assert [title for _, title in by_source["handbook-0.md"]][-5:] == stations
    assert len(by_source["flat.txt"]) > 5
    assert len(by_source["short.txt"]) == 1
    for listed in by_source.values():
        starts = [start for start, _ in listed]
        assert starts == sorted(set(starts))
