"""What an answer rests on: leaving out, cutting, log-probabilities, attention, endpoints, words and page."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from longgrain import cli
from longgrain.build import build
from longgrain.calls import Ledger
from longgrain.errors import RunError, TeacherError
from longgrain.masks import MATERIAL
from longgrain.probe import Asked, probe
from longgrain.probe_scores import read_lines
from longgrain.run import Run
from longgrain.types import Span
from longgrain.why import Explained, why
from longgrain.why.asked import LONG, cut, of_question
from longgrain.why.attention import Attention
from longgrain.why.case import Case, Part, of_example
from longgrain.why.endpoint import Endpoint
from longgrain.why.leaving import Effect, Left, leave_out, most
from longgrain.why.page import html as page_of
from longgrain.why.verdict import sentences
from small import small_plan
from standin import HOSTILE
from standin_server import Heard, Says, serving

# --- leaving out ---


class Weighed:
    """Grains with weights; the score is the sum of those that are there."""

    def __init__(self, grains: int, weights: dict[int, float]) -> None:
        self.grains, self.weights, self.asked = grains, weights, 0

    def __call__(self, without: Sequence[frozenset[int]]) -> list[float | None]:
        self.asked += len(without)
        return [
            sum(weight for grain, weight in self.weights.items() if grain not in one)
            for one in without
        ]


@pytest.mark.parametrize("grains", [1, 2, 63, 64, 65, 100, 500, 5000, 40_000])
def test_the_grain_that_matters_is_found_among_any_number(grains: int) -> None:
    at = grains * 7 // 10
    ask = Weighed(grains, {at: 5.0})
    left = leave_out(grains, ask)
    assert left is not None
    assert left.ranked()[0].grains == range(at, at + 1)
    assert left.rank(at) == 1
    assert left.share([at]) == 1.0
    assert [grain for one in left.effects for grain in one.grains] == [*range(grains)]
    assert left.asked == ask.asked <= most(grains)


def test_how_many_contexts_are_asked_about_is_known_before() -> None:
    assert [most(grains) for grains in (1, 64, 500, 5000)] == [3, 66, 90, 154]


@given(st.integers(1, 400), st.data())
@settings(max_examples=60, deadline=None)
def test_four_grains_that_matter_are_all_found(grains: int, data: st.DataObject) -> None:
    some = data.draw(st.sets(st.integers(0, grains - 1), min_size=1, max_size=4))
    left = leave_out(grains, Weighed(grains, {grain: 1.0 + grain / grains for grain in some}))
    assert left is not None
    assert {one.grains.start for one in left.ranked()[: len(some)]} == some
    assert all(len(left.of(grain).grains) == 1 for grain in some)


def test_a_group_without_an_answer_is_not_known_and_an_answer_without_a_score_is_none() -> None:
    def some(without: Sequence[frozenset[int]]) -> list[float | None]:
        return [None if 3 in one and len(one) == 1 else 1.0 for one in without]

    left = leave_out(8, some)
    assert left is not None
    assert left.of(3).value is None
    assert left.rank(3) is None
    assert len(left.ranked()) == 7
    assert leave_out(8, lambda without: [None] * len(without)) is None


# --- parts ---


@given(st.lists(st.text("ab. \n中。!", max_size=900), max_size=4).map("\n\n".join))
@settings(max_examples=80, deadline=None)
def test_pieces_joined_are_the_text_and_none_is_blank(text: str) -> None:
    pieces = cut(text)
    assert "".join(pieces) == text
    assert all(piece.strip() for piece in pieces[1:])


def test_long_lines_are_cut_at_sentences_and_long_lists_at_lines() -> None:
    said = "The lamp by the gate was lit at nine. " * 60
    assert max(map(len, cut(said))) <= LONG
    assert cut("\n".join(f"{n}: {'x' * 20}" for n in range(90)))[5] == "5: xxxxxxxxxxxxxxxxxxxx\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("built")
    return build(small_plan(folder / "documents"), folder / "run")


def test_the_parts_of_an_example_say_what_it_says_and_can_all_be_left_out(built: Run) -> None:
    texts = built.texts()
    for example in [*built.examples("train")][:12]:
        case = of_example(built, example.id)
        before = example.trained[: len(case.turns)]
        said = ["".join(s.words(texts) for s in m.spans if isinstance(s, Span)) for m in before]
        assert [text for _, text in case.chat()] == said
        bare = " ".join(text for _, text in case.chat(range(case.grains)))
        spans = [s for m in before for s in m.spans if isinstance(s, Span)]
        quoted = [s.words(texts).strip() for s in spans if s.role in MATERIAL]
        assert quoted
        assert not any(len(words) > 30 and words in bare for words in quoted)
        evidence = [s.words(texts) for s in spans if s.role == "evidence"]
        assert len(case.evidence) == len(evidence)
        assert all(words in case.words(n) for words, n in zip(evidence, case.evidence, strict=True))
        assert case.answer == example.trained[-1].spans[0].words(texts)  # type: ignore[union-attr]


def test_an_id_that_does_not_exist_is_refused(built: Run) -> None:
    with pytest.raises(RunError, match="no example"):
        of_example(built, "xyz")


# --- a model in this process ---


def a_case(words: Sequence[str], answer: str, evidence: int = 0, end: str = "") -> Case:
    parts = [
        Part(text=text, grain=number, evidence=number == evidence)
        for number, text in enumerate(words)
    ]
    return Case(
        id="made",
        title="made",
        language="en",
        turns=(("user", (*parts, Part(text=end))),),
        answer=answer,
        expected=(answer,),
        evidence_is="made",
    )


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A random Llama of two layers with the symbols of the proofs."""
    torch = pytest.importorskip("torch", reason="the extra train is not installed")
    from transformers import AutoConfig, AutoModelForCausalLM

    from longgrain.prove.lab import Lab
    from longgrain.why.local import Local

    lab = Lab(folder=tmp_path_factory.mktemp("local"), seed=1)
    values = orjson.loads(lab.config(initializer_range=0.4).read_bytes())
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_config(
        AutoConfig.for_model(values.pop("model_type"), **values)
    )
    model.save_pretrained(lab.tokenizer)
    return Local.load(str(lab.tokenizer), device="cpu", batch=3)


CHUNKS = ["the o\n\n", "f its words\n\n", "a\n\n", "not there at all\n\n", "who\n\n"]


def test_a_log_probability_is_that_of_the_whole_text_read_at_once(local: Any) -> None:
    torch = local.causal.torch
    case = a_case(CHUNKS, "yes", end="q")
    without = [frozenset[int](), frozenset({1}), frozenset({0, 3}), frozenset(range(5))]
    found = local.scores(case, without)
    answer = local.ids("yes")
    for one, value in zip(without, found, strict=True):
        ids = local.ids(local.rendered(case.chat(one))) + answer
        with torch.inference_mode():
            told = torch.log_softmax(local.causal.model(torch.tensor([ids])).logits[0], -1)
        places = range(len(ids) - len(answer) - 1, len(ids) - 1)
        whole = sum(float(told[at, ids[at + 1]]) for at in places)
        assert value == pytest.approx(whole, abs=1e-4)
    assert len({round(value, 3) for value in found}) == 4


def test_attention_is_shared_out_among_grains_and_the_rest(local: Any) -> None:
    from longgrain.why.attention import attention

    torch = local.causal.torch
    case = a_case(CHUNKS, "yes", end="q")
    before = local.scores(case, [frozenset()])
    found = attention(local, case, most=1)
    assert sum(found.grains) + found.rest == pytest.approx(1.0, abs=1e-5)
    # Held against one reading of everything with eager attention.
    model, words = local.causal.model, local.rendered(case.chat())
    ids = local.ids(words) + local.ids("yes")
    model.set_attn_implementation("eager")
    with torch.inference_mode():
        weights = model(torch.tensor([ids]), output_attentions=True).attentions
    model.set_attn_implementation("sdpa")
    rows = torch.stack(weights)[:, 0, :, -4:-1].mean((0, 1, 2))
    start = words.index(CHUNKS[1].strip())
    assert local.ids(words[:start]) == ids[: len(local.ids(words[:start]))]
    first = len(local.ids(words[:start]))
    own = rows[first : first + len(CHUNKS[1].strip())].sum()
    assert found.grains[1] == pytest.approx(float(own), abs=1e-5)
    assert local.scores(case, [frozenset()]) == before


def test_attention_that_takes_too_much_memory_or_cannot_be_had_is_refused(
    local: Any, tmp_path: Path
) -> None:
    from longgrain.why.attention import attention
    from longgrain.why.local import Local
    from tinymodel import tiny

    case = a_case(CHUNKS, "yes")
    with pytest.raises(TeacherError, match=r"more than the 1e-06 GiB"):
        attention(local, case, most=1e-6)
    windowed = Local.load(str(tiny(tmp_path / "windowed")), device="cpu")
    long = a_case(["many words stand here " * 5, "and as many there " * 5], "yes")
    with pytest.raises(TeacherError, match="sliding window"):
        attention(windowed, long, most=1)


def test_what_does_not_fit_the_model_and_an_empty_answer_are_refused(local: Any) -> None:
    with pytest.raises(TeacherError, match=r"do not fit the model's 1,024"):
        local.scores(a_case(["a" * 1100], "yes"), [frozenset()])
    with pytest.raises(TeacherError, match="is empty"):
        local.scores(a_case(CHUNKS, ""), [frozenset()])


# --- an endpoint ---


def reader(heard: Heard) -> Says:
    """Reads out the number that stands behind the thing that is asked for."""
    context, _, question = heard.words.rpartition("\n\n")
    key = max(re.findall(r"[\w-]+", question), key=lambda one: context.count(f" {one} is"))
    number = re.search(rf" {re.escape(key)} is (\d+)", context)
    return Says(text=f"It is {number[1]}." if number else "I do not know.")


def needles(folder: Path, url: str) -> Path:
    asked = Asked(probe="needle", model="reader", base_url=url, lengths=(3000,), questions=6)
    probe(replace(asked, settings={"keys": "3"}, positions=3), folder)
    return folder


def test_the_sentence_with_the_needle_is_what_a_served_answer_rests_on(tmp_path: Path) -> None:
    with serving(reader) as server:
        folder = needles(tmp_path / "needles", server.url)
        lines = read_lines(folder)
        assert [line.score for line in lines] == [1.0] * 6
        for line in lines:
            case = of_question(folder, line.id)
            assert case.grains > 20
            (evidence,) = case.evidence
            assert line.references[0] in case.words(evidence)
            with Ledger(tmp_path / "why.sqlite") as ledger:
                asked = Endpoint.of("reader", server.url, ledger, most=32)
                found = why(case, asked, "reader")
                before = len(server.log.calls)
                assert why(case, asked, "reader").left == found.left
                assert len(server.log.calls) == before  # nothing is asked twice
            assert found.left.rank(evidence) == 1
            assert found.left.share([evidence]) == 1.0
            assert any("part of the evidence" in one for one in sentences(found))


def test_questions_of_a_probe_keep_instruction_and_question(tmp_path: Path) -> None:
    with serving(reader) as server:
        folder = needles(tmp_path / "needles", server.url)
    case = of_question(folder, read_lines(folder)[0].id)
    bare = case.chat(range(case.grains))[0][1]
    assert len(cut(bare)) == 2
    assert "?" in bare
    with pytest.raises(RunError, match="no question"):
        of_question(folder, "xyz")


def test_an_answer_of_the_models_own_is_explained_where_it_is_asked_for(tmp_path: Path) -> None:
    with (
        serving(lambda heard: Says(text="It is 7.")) as server,
        Ledger(tmp_path / "why.sqlite") as ledger,
    ):
        asked = Endpoint.of("reader", server.url, ledger, most=32)
        found = why(a_case(["a ", "b "], "It is 8."), asked, "reader", own=16)
    assert found.case.answer == "It is 7."
    assert (found.left.full, found.left.bare) == (1.0, 1.0)
    assert "It hardly depends on the context, so no grain explains it." in [*sentences(found)]


# --- words and page ---


def explained(
    effects: Sequence[float | None], *, bare: float | None = -9.0, **more: Any
) -> Explained:
    words = [f"{HOSTILE} grain {n}. " for n in range(len(effects))]
    left = Left(
        full=-0.1,
        bare=bare,
        effects=tuple(Effect(grains=range(n, n + 1), value=v) for n, v in enumerate(effects)),
        asked=2 + len(effects),
    )
    whole: dict[str, Any] = {"case": a_case(words, HOSTILE, evidence=1), "model": HOSTILE}
    return Explained(**{**whole, "unit": "nats", "own": False, "left": left, **more})


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (explained([0.1, 6.0, 0.0]), "Grain 2 matters most, part of the evidence"),
        (explained([0.1, 6.0, 0.0]), "The evidence has 98% of all support"),
        (explained([6.0, 0.1, 0.0]), "Grain 1 matters most, not the evidence"),
        (explained([6.0, 0.1, 0.0]), "of the evidence, comes 2nd of 3"),
        (explained([0.1, 0.2, 0.0]), "No grain matters by itself, though all together do"),
        (explained([0.1, 0.2, 0.0], bare=-0.2), "It hardly depends on the context"),
        (explained([1.0, None, 0.0]), "got no answer when it was left out"),
        (explained([1.0, None, 0.0]), "1 of 3 contexts got no answer"),
        (explained([0.1, 6.0, 0.0], bare=None), "Without any grain the model gave no answer."),
        (
            explained([0.1, 6.0, 0.0], attention=Attention(grains=(0.1, 0.5, 0.1), rest=0.3)),
            "50.0% goes to the evidence, 30.0% to what is no grain; of the grains number 2 gets most",
        ),
        (explained([0.1, 6.0, 0.0], unseen="too long"), "No attention: too long."),
    ],
)
def test_what_is_said_follows_from_what_was_measured(found: Explained, said: str) -> None:
    assert any(said in one for one in sentences(found))


def test_a_group_that_was_not_split_is_called_one() -> None:
    effects = (Effect(grains=range(2), value=6.0), Effect(grains=range(2, 3), value=0.0))
    one = explained([0.0, 0.0, 0.0])
    found = replace(one, left=replace(one.left, effects=effects))
    words = " ".join(sentences(found))
    assert "What matters most are grains 1 to 2 together" in words
    assert "was left out only together with grains 1 to 2" in words
    assert "grain 1: +6.00 nats, left out with grains 1 to 2" in page_of(found)


def test_documents_and_answers_cannot_put_markup_or_scripts_into_the_page() -> None:
    text = page_of(explained([0.1, 6.0, -2.0]))
    assert "<script" not in text
    assert html.escape("<script>window.hurt") in text
    assert "\u202e" not in text
    assert not re.search(r"""(src|href)=["']?""", text)
    assert text.count('class="grain marked"') == 1
    assert text.count('class="grain against"') == 1


def test_the_command_lists_estimates_and_explains(
    built: Run,
    local: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def run(*words: str) -> str:
        monkeypatch.setattr("sys.argv", ["longgrain", "why", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        assert stop.value.code in (0, None), capsys.readouterr().err
        return " ".join(capsys.readouterr().out.split())

    example = next(iter(built.examples("train")))
    folder = str(built.folder)
    assert "tokens" in run(folder)
    assert re.search(r"\d+ grains, [\d,]+ characters: at most \d+ contexts", run(folder, example.id, "--estimate"))  # fmt: skip
    with serving(lambda heard: Says(text="Nobody knows.")) as server:
        out = tmp_path / "page.html"
        said = run(folder, example.id[:8], "--model", "m", "--base-url", server.url, "--out", str(out))  # fmt: skip
    assert "explain its own answer with --own" in said
    assert example.id in out.read_text("utf-8")


def test_a_command_without_a_model_asks_nothing(
    built: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    example = next(iter(built.examples("train")))
    monkeypatch.setattr("sys.argv", ["longgrain", "why", str(built.folder), example.id])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code == 2
    assert "no model is named" in " ".join(capsys.readouterr().err.split())
