"""A finished run read back: what its parts say of each other, and errors that say what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import orjson
import pytest

from longgrain.context import depths_in
from longgrain.drafts import draft_of, read_drafts
from longgrain.encode import encode, pieces
from longgrain.errors import RunError
from longgrain.run import Run
from longgrain.types import ROLES, SIDES, Document, Span
from small import handbook


def test_documents_come_back_whole_and_in_the_order_of_the_sources(small_run: Run) -> None:
    documents = list(small_run.documents())
    assert [one.id for one in documents] == small_run.doc_ids
    assert [one.source for one in documents] == small_run.sources == sorted(small_run.sources)
    assert all(one.id == Document.of(one.text, source="").id for one in documents)
    assert documents[0].text == handbook(0)
    assert documents[0].meta["title"] == "Handbook 0"
    assert {one.meta["language"] for one in documents} == {"en", "zh"}
    assert dict(small_run.texts()) == {one.id: one.text for one in documents}


def test_grains_are_the_cuts_and_then_the_trees(small_run: Run) -> None:
    grains = list(small_run.grains())
    cuts = [grain for grain in grains if grain.kind == "cut"]
    assert grains[: len(cuts)] == cuts
    assert cuts == [small_run.cuts.grain(number) for number in range(len(cuts))]
    assert {"document", "chapter", "paragraph", "sentence"} <= {g.kind for g in grains} | {
        "chapter"
    }
    order = {name: row for row, name in enumerate(small_run.doc_ids)}
    for some in (cuts, grains[len(cuts) :]):
        keys = [(order[grain.doc_id], grain.path) for grain in some]
        assert keys == sorted(keys)
    assert small_run.headings([0, 5])[1][-1].endswith("station")


def test_a_row_holds_the_ids_roles_and_losses_of_its_examples_encoded_whole(small_run: Run) -> None:
    texts, template = small_run.texts(), small_run.template
    seen = 0
    for side in small_run.sides:
        examples = {one.id: one for one in small_run.examples(side)}
        for row in small_run.rows(side):
            losses = np.repeat(row.span_losses, row.span_lengths)
            ends = np.cumsum(row.seq_lengths)
            for name, start, end in zip(row.example_ids, ends - row.seq_lengths, ends, strict=True):
                messages = examples[name].views["train"]
                frame = template.frame(tuple(one.speaker for one in messages))
                listed = pieces(messages, frame, texts)
                [encoded] = encode([listed], small_run.tokenizer)
                assert np.array_equal(row.input_ids[start:end], encoded.ids)
                own = [piece.loss for piece in listed]
                assert np.array_equal(losses[start:end], np.repeat(own, encoded.counts))
                roles = [ROLES.index(piece.role) for piece in listed]
                assert np.array_equal(row.roles[start:end], np.repeat(roles, encoded.counts))
                depths = depths_in(listed, encoded.counts)
                assert depths == pytest.approx(examples[name].depths, abs=1e-4)
                seen += 1
    assert seen == 60


def test_an_example_knows_its_draft_and_its_documents(small_run: Run) -> None:
    stored = list(read_drafts(small_run.folder / "drafts.parquet"))
    drafts = {one["id"]: draft_of(one, small_run.cuts.grain) for one in stored}
    assert all(draft.id == name for name, draft in drafts.items())
    for side in small_run.sides:
        for example in small_run.examples(side):
            draft = drafts[str(example.lineage["draft"])]
            spans = [s for m in example.views["train"] for s in m.spans if isinstance(s, Span)]
            assert {s.grain for s in spans if s.role == "evidence"} == set(draft.evidence)
            assert {s.grain.doc_id for s in spans if s.grain} == set(example.doc_ids)
            assert example.lineage["answer"] == draft.answer
            assert len(example.depths) == len(draft.evidence)


def test_an_example_is_found_by_the_beginning_of_its_id(small_run: Run) -> None:
    one = next(small_run.examples("valid"))
    assert small_run.example(one.id) == one
    assert small_run.example(one.id[:12]) == one
    with pytest.raises(RunError, match="no example with an id that begins 'zzz'"):
        small_run.example("zzz")
    with pytest.raises(RunError, match="60 examples with an id that begins ''"):
        small_run.example("")


def test_what_was_dropped_comes_in_the_order_of_the_steps(small_run: Run) -> None:
    steps = [step["step"] for step in small_run.manifest["steps"]]
    order = [steps.index(one.step) for one in small_run.dropped()]
    assert order
    assert order == sorted(order)


def test_sides_are_those_that_have_examples(small_run: Run, tmp_path: Path) -> None:
    assert small_run.sides == list(SIDES)
    copy = tmp_path / "run"
    shutil.copytree(small_run.folder, copy)
    (copy / "examples-valid.parquet").unlink()
    assert Run(copy).sides == ["train", "test"]


def test_a_folder_without_a_finished_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"holds no finished run .*longgrain build"):
        Run(tmp_path)


def test_a_run_whose_tokenizer_is_another_by_now_is_not_read_with_it(
    small_run: Run, tmp_path: Path
) -> None:
    copy = tmp_path / "run"
    shutil.copytree(small_run.folder, copy)
    manifest = orjson.loads((copy / "manifest.json").read_bytes())
    manifest["tokenizer"]["sha256"] = "0" * 64
    (copy / "manifest.json").write_bytes(orjson.dumps(manifest))
    with pytest.raises(RunError, match="is not the one of"):
        _ = Run(copy).tokenizer
    assert len(list(Run(copy).examples("test"))) == len(list(small_run.examples("test")))


def test_a_run_can_be_moved(small_run: Run, tmp_path: Path) -> None:
    moved = tmp_path / "far" / "away"
    shutil.copytree(small_run.folder, moved)
    assert list(Run(moved).examples("train")) == list(small_run.examples("train"))
    assert Run(moved).tokenizer.sha256 == small_run.tokenizer.sha256
