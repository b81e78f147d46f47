"""What probes are made from: held-out sides of a run, documents of one language, and names that are apart."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.ground import HeldOut
from longgrain.probes.haystack import documents
from longgrain.probes.laying import lay, place, spread
from longgrain.run import Run
from longgrain.tokens import Tokenizer
from longgrain.vocabulary import LOOKS, THINGS, Maker, uuid
from small import shelve, small_plan

TOKENIZER = Tokenizer.load("longgrain")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_of_a_run_only_what_was_held_out_is_taken(language: str, small_run: Run) -> None:
    found = HeldOut(tokenizer=TOKENIZER, language=language, places=(str(small_run.folder),))
    columns = ["doc", "side", "start", "end"]
    cuts = pq.read_table(
        small_run.folder / "grains.parquet", columns=columns, filters=[("kind", "=", "cut")]
    ).to_pylist()
    texts = small_run.texts()
    said = dict.fromkeys(("train", "valid", "test"), "")
    for one in cuts:
        text = texts[small_run.doc_ids[one["doc"]]][one["start"] : one["end"]]
        said[one["side"]] += " ".join(text.split())
    assert found.sentences
    for sentence in found.sentences:
        words = " ".join(sentence.split())
        assert words in said["test"] or words[:40] in said["test"]
    long = [" ".join(one.split()) for one in found.sentences if len(one) > 60]
    assert not any(one in said["train"] for one in long)


def test_a_run_that_holds_nothing_out_is_refused(tmp_path: Path) -> None:
    plan = small_plan(tmp_path, split={"valid": 0, "test": 0})
    run = build(plan, tmp_path / "run")
    with pytest.raises(PlanError, match=r"holds nothing out.*split\.test"):
        _ = HeldOut(tokenizer=TOKENIZER, places=(str(run.folder),)).sentences


def test_documents_of_another_language_are_left_out(tmp_path: Path) -> None:
    shelve(tmp_path, english=2, chinese=3)
    for language in ("en", "zh"):
        ground = HeldOut(tokenizer=TOKENIZER, language=language, places=(str(tmp_path),))
        chinese = [any("一" <= c <= "鿿" for c in one) for one in ground.sentences]
        assert chinese
        assert all(chinese) == any(chinese) == (language == "zh")


def test_sentences_put_together_are_the_document_again(tmp_path: Path) -> None:
    shelve(tmp_path, english=1, chinese=0)
    (path,) = tmp_path.iterdir()
    ground = HeldOut(tokenizer=TOKENIZER, places=(str(tmp_path),))
    assert "".join(ground.sentences).strip() == path.read_text("utf-8").strip()


def test_filler_begins_elsewhere_by_name_and_ends_where_it_is_asked_to() -> None:
    ground = HeldOut(tokenizer=TOKENIZER)
    one, other = documents(ground, "a"), documents(ground, "b")
    assert one(50) != other(50)
    assert one(50) == documents(ground, "a")(50)
    assert len("".join(one(50)).replace("…", "").split()) == 50
    with pytest.raises(PlanError, match="name more documents"):
        one(10**8)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_made_up_name_is_inside_another(language: str) -> None:
    looks, things = LOOKS[language].split(), THINGS[language].split()
    assert len({*looks}) == len(looks) > 40
    assert len({*things}) == len(things) > 60
    joint = "-" if language == "en" else ""
    names = [f"{look}{joint}{thing}" for look, thing in product(looks, things)]
    text = "\n".join(names)
    assert all(text.count(name) == 1 for name in names[:: 7 if language == "en" else 1])
    for wide in (False, True):
        maker = Maker(random=np.random.default_rng(3), language=language, wide=wide)
        made = [maker.one("words") for _ in range(2000)]
        assert len({*made}) == 2000


def test_names_run_out_with_an_error() -> None:
    maker = Maker(random=np.random.default_rng(0), language="zh")
    total = len(LOOKS["zh"].split()) * len(THINGS["zh"].split())
    assert len({maker.one("words") for _ in range(total)}) == total
    with pytest.raises(PlanError, match="no more made-up names"):
        maker.one("words")


def test_identifiers_are_uuids_of_version_4() -> None:
    from uuid import UUID

    made = [UUID(uuid(np.random.default_rng(n))) for n in range(20)]
    assert {one.version for one in made} == {4}
    assert len({*made}) == 20


def test_evidence_lies_at_its_share_of_the_characters() -> None:
    pieces = [f"Piece {n:03}. " for n in range(200)]
    found = lay(pieces, [(p, f"HERE{p}.") for p in range(5)], 5)
    assert [round(4 * depth, 1) for depth in found.depths] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert found.context.startswith("HERE0.\nPiece 000.")
    assert found.context.endswith("Piece 199. HERE4.")
    without = found.context.replace("HERE0.\n", "").replace(" HERE4.", "")
    assert all(f"{piece.strip()} " in f"{without} " for piece in pieces)
    assert lay([], [(0, "alone")], 1).context == "alone"


def test_several_pieces_of_evidence_take_all_positions_in_turn() -> None:
    taken = [at for number in range(10) for at in spread(number, 4, 10)]
    assert sorted(taken) == sorted([*range(10)] * 4)
    assert place(0, 1, 8) == 4
