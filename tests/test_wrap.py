"""Wraps of any recipe: metadata, outline, window, compression; what cannot be wrapped is counted."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from augmenting import asking
from longgrain.build import build
from longgrain.errors import PlanError
from longgrain.explain import laid_out, row_place
from longgrain.facts import holds
from longgrain.materials import SideMaterials
from longgrain.metadata import metadata_line
from longgrain.plan import Plan, Wrapping
from longgrain.recipes.in2 import In2
from longgrain.run import Run
from longgrain.types import MADE, Draft, Example, Slot, Span
from longgrain.wrap import NO_CONTEXT, wrapped
from small import materials_of, small_plan


@pytest.fixture(scope="module")
def materials(tmp_path_factory: pytest.TempPathFactory) -> SideMaterials:
    folder = tmp_path_factory.mktemp("wrap")
    plan = small_plan(folder, teacher="extractive")
    return materials_of(plan, folder / "work")["train"]


@pytest.fixture(scope="module")
def drafts(materials: SideMaterials) -> list[Draft]:
    items = islice(In2().draft("fine", materials, 40), 300)
    return list(islice((one for one in items if isinstance(one, Draft)), 40))


def spans_of(draft: Draft) -> list[Span]:
    return [s for one in draft.messages for s in one.spans if isinstance(s, Span)]


def in_window(draft: Draft) -> list[Span]:
    return [s for s in spans_of(draft) if s.role in ("distractor", "evidence", "summary")]


@pytest.mark.parametrize("tokens", [256, 400])
def test_a_window_is_the_document_around_the_evidence(
    tokens: int, drafts: list[Draft], materials: SideMaterials
) -> None:
    depths = []
    for draft in drafts:
        found = wrapped(draft, Wrapping(window=tokens), materials)
        assert found.done == ("window",)
        window = in_window(found.draft)
        texts = materials.store.texts
        [doc_id] = {s.grain.doc_id for s in window if s.grain}
        said = "".join(s.words(texts) for s in window)
        assert said in texts[doc_id]
        assert [s.grain for s in window if s.role == "evidence"] == list(draft.evidence)
        size = sum(
            materials.length(n) for s in window if s.grain for n in materials.numbers(s.grain)
        )
        assert size <= tokens + 3 * 64  # a cut that two spans touch is counted twice
        for span in window:
            if span.grain:
                assert not set(materials.numbers(span.grain)) & set(draft.meta["rivals"])
        assert not any(isinstance(s, Slot) for one in found.draft.messages for s in one.spans)
        assert found.draft.meta["layout"] == "none"
        depths.append(found.draft.meta["wrapped"]["depth"])
    assert min(depths) < 0.3
    assert max(depths) > 0.7


def test_far_parts_are_compressed_and_evidence_is_not(
    drafts: list[Draft], materials: SideMaterials
) -> None:
    compressed = 0
    for draft in drafts:
        found = wrapped(draft, Wrapping(window=300, compress=0.4), materials)
        assert "window" in found.done
        window = in_window(found.draft)
        assert [s.grain for s in window if s.role == "evidence"] == list(draft.evidence)
        made = [s for s in window if s.role == "summary"]
        compressed += bool(made)
        assert bool(made) == ("compress" in found.done)
        for span in made:
            assert span.grain is not None
            document = materials.document(span.grain.doc_id)
            assert document.source == f"{MADE}wrap"
            source = materials.store.texts[document.meta["of"]]
            sentences = [one for one in document.text.split("\n\n") if one.strip()]
            assert all(one.strip()[:30] in source for one in sentences)
            # A made document has no cut in it, so no rival that a question could be answered from.
            for number in draft.meta["rivals"]:
                assert materials.text(number) not in document.text
    assert compressed >= 10


def test_compression_alone_has_a_window_of_its_own_that_fits_a_row() -> None:
    assert Wrapping(compress=0.5).reach(32_768) == 4096
    assert Wrapping(compress=0.5).reach(2048) == 1536
    assert Wrapping(compress=0.5, window=512).reach(2048) == 512
    assert Wrapping(outline=64).reach(2048) == 0
    values = {"sources": ["x"], "pack": {"length": 2048}, "layout": {"lengths": [1024]}}
    wrap = {"compress": 0.5, "outline": 128}
    Plan.of({**values, "recipes": [{"use": "in2", "examples": 9, "wrap": wrap}]})
    too_much = {"compress": 0.5, "outline": 600}
    with pytest.raises(PlanError, match="a row holds 2048") as caught:
        Plan.of({**values, "recipes": [{"use": "in2", "examples": 9, "wrap": too_much}]})
    assert "given" not in str(caught.value)


def test_an_outline_stands_before_the_context_and_never_tells_the_answer(
    drafts: list[Draft], materials: SideMaterials
) -> None:
    for wrapping in (Wrapping(outline=64), Wrapping(outline=64, window=300)):
        done = 0
        for draft in drafts:
            found = wrapped(draft, wrapping, materials)
            spans = [s for one in found.draft.messages for s in one.spans]
            made = [s for s in spans if isinstance(s, Span) and s.role == "summary"]
            if "outline" not in found.done:
                assert found.left["outline"]
                continue
            done += 1
            [outline] = made
            words = outline.words(materials.store.texts)
            assert words.startswith("- ")
            assert not holds(words, draft.answer)
            assert materials.tokens([words])[0] <= 64
            behind = spans[spans.index(outline) + 1 :]
            read = (
                s for s in behind if isinstance(s, Slot) or s.role in ("evidence", "distractor")
            )
            assert next(read, None) is not None
        assert done >= 20


def test_what_cannot_be_wrapped_says_why(drafts: list[Draft], materials: SideMaterials) -> None:
    everything = Wrapping(metadata=("title",), outline=64, window=300, compress=0.5)
    quoting = asking("How many?", "12", layout="none")
    found = wrapped(quoting, everything, materials)
    assert found.draft == quoting
    assert found.done == ()
    assert found.left == dict.fromkeys(("window", "compress", "outline", "metadata"), NO_CONTEXT)
    for changes, name, reason in (
        ({"layout": "stretch"}, "window", "its context is a stretch of its document already"),
        ({"outlined": True}, "outline", "it brings an outline of its own"),
        ({"evidence": []}, "window", "its evidence does not lie in one stretch of one document"),
    ):
        draft = drafts[0]
        changed = type(draft)(
            recipe=draft.recipe,
            seed=draft.seed,
            evidence=draft.evidence,
            messages=draft.messages,
            answer=draft.answer,
            meta={**draft.meta, **changes},
        )
        assert wrapped(changed, everything, materials).left[name] == reason


def test_a_rival_between_the_evidence_leaves_no_window(
    drafts: list[Draft], materials: SideMaterials
) -> None:
    draft = drafts[0]
    run = list(materials.neighbours(draft.meta["evidence"][0]))[:3]
    between = type(draft)(
        recipe=draft.recipe,
        seed=draft.seed,
        evidence=tuple(materials.grain(n) for n in (run[0], run[2])),
        messages=draft.messages,
        answer=draft.answer,
        meta={**draft.meta, "evidence": [run[0], run[2]], "rivals": [run[1]]},
    )
    found = wrapped(between, Wrapping(window=900), materials)
    assert found.left == {"window": "a grain that might answer too lies between its evidence"}


@pytest.mark.parametrize(
    ("wrap", "said"),
    [
        ({"compress": 1.5, "window": 512}, "less than 1"),
        ({"window": 100}, "greater than or equal to 256"),
        ({"outline": 4}, "greater than or equal to 32"),
        ({"metadata": ["title", "title"]}, "twice"),
        ({"metadata": ["author"]}, "title"),
        ({"window": 16000, "outline": 400}, "a row holds 16384"),
        ({"windows": 512}, "no such setting"),
    ],
)
def test_wraps_that_make_no_sense_are_plan_errors(wrap: dict[str, Any], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        Plan.of({"sources": ["x"], "recipes": [{"use": "in2", "examples": 9, "wrap": wrap}]})


def test_a_line_says_what_there_is_to_say() -> None:
    meta = {"title": "Gates", "date": ""}
    line = metadata_line(("title", "date", "heading", "position"), meta, ("I", "2"), 0.126)
    assert line == "[Gates | I > 2 | 13%]"
    assert metadata_line(("date",), meta, (), 0.5) == ""
    assert metadata_line((), meta, ("I",), 0.5) == ""


# --- a whole run ----------------------------------------------------------------------------------


WRAPS: dict[str, Any] = {
    "in2": {"metadata": ["title", "heading"], "outline": 64},
    "pam": {"window": 400, "metadata": ["title", "position"]},
    "erasure": {"window": 400, "compress": 0.5},
    "retrieve": {"outline": 64, "window": 400},
    "pearl": {"outline": 64},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("wrapped")
    recipes = [{"use": name, "examples": 12, "wrap": wrap} for name, wrap in WRAPS.items()]
    plan = small_plan(
        folder,
        teacher="extractive",
        recipes=[
            *recipes,
            {"use": "hierarchy", "examples": 8, "augment": {"share": 0.7, "copies": 1}},
        ],
        layout={"lengths": {"min": 1024, "max": 2048}, "metadata": ["date"], "in_order": 0.5},
    )
    return build(plan, folder / "run")


@pytest.fixture(scope="module")
def examples(run: Run) -> list[Example]:
    return [one for side in run.sides for one in run.examples(side)]


def test_rows_hold_what_wrapped_examples_say(run: Run, examples: list[Example]) -> None:
    compared = 0
    for example in examples:
        if not example.lineage.get("wrapped"):
            continue
        shown, place = laid_out(run, example), row_place(run, example)
        assert place is not None
        here = slice(place.first, place.end)
        assert [one.id for one in shown.trained] == place.row.input_ids[here].tolist()
        assert [one.weight for one in shown.trained] == place.row.weights[here].tolist()
        assert len(shown.trained) == example.lineage["tokens"]
        compared += 1
    assert compared >= 20


def test_lines_of_its_own_stand_before_every_grain_of_a_pool(
    run: Run, examples: list[Example]
) -> None:
    texts = run.texts()
    pools = [
        one
        for one in examples
        if one.recipe == "in2" and one.lineage.get("wrapped", {}).get("metadata")
    ]
    assert pools
    for example in pools:
        assert example.lineage["layout"] == "pool"
        spans = [s for one in example.trained for s in one.spans if isinstance(s, Span)]
        grains = [n for n, s in enumerate(spans) if s.role in ("evidence", "distractor")]
        assert all(spans[n - 1].role == "metadata" for n in grains)
        assert all(spans[n - 1].words(texts).startswith("[") for n in grains)
        assert 0 <= min(example.depths) <= max(example.depths) <= 1


def test_lengths_of_lined_pools_keep_their_quota(run: Run, examples: list[Example]) -> None:
    for side in run.sides:
        quota = run.manifest["quotas"][side]["lengths"]
        off = [abs(w - m) for w, m in zip(quota["wished"], quota["made"], strict=True)]
        assert max(off) <= 1
    long = {name for one in run.manifest["packing"].values() for name in one["too_long"]}
    assert not [one for one in examples if one.id in long and one.lineage.get("wrapped")]


def test_recipes_without_a_wrap_have_none(examples: list[Example]) -> None:
    assert not any(one.lineage.get("wrapped") for one in examples if one.recipe == "hierarchy")


def test_nothing_that_wraps_add_is_learned(examples: list[Example]) -> None:
    for example in examples:
        if example.lineage.get("wrapped"):
            spans = [s for m in example.trained if m.speaker == "user" for s in m.spans]
            assert not any(isinstance(s, Span) and s.loss for s in spans)


def test_what_was_wrapped_and_what_was_not_is_counted(run: Run, examples: list[Example]) -> None:
    altered = run.manifest["altered"]
    for name in ("metadata", "outline", "window", "compress"):
        told = [one for one in examples if name in one.lineage.get("wrapped", {})]
        assert altered["done"][f"wrap/{name}"] == len(told) > 0
    assert altered["not done"][f"wrap/window: {NO_CONTEXT}"] > 0
    assert "wrap/window" in (run.folder / "report.html").read_text("utf-8")


def test_wrapped_and_augmented_runs_are_the_same_with_one_process_and_two(
    run: Run, tmp_path: Path
) -> None:
    plan = Plan.of(run.plan.as_dict(), folder=run.manifest["plan_folder"])
    again = build(plan, tmp_path / "two", workers=2)
    names = sorted(path.name for path in run.folder.glob("*.parquet"))
    for name in names:
        assert (run.folder / name).read_bytes() == (again.folder / name).read_bytes(), name
