"""One page for all that was measured: pairing, conclusions and what they refuse, escaping, a look by a browser."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from longgrain import cli
from longgrain.errors import PlanError, RunError
from longgrain.evaluation import conclusions, evaluated, page, scored
from longgrain.evaluation.change import Change, Rate, changes
from longgrain.evaluation.conclusions import Finding, Pair
from longgrain.evaluation.gathered import gathered
from longgrain.evaluation.people import Judged
from longgrain.evaluation.people import conclusions as of_people
from longgrain.evaluation.standing import Ends, Standing
from longgrain.intervals import two_samples
from longgrain.metrics.string_match import StringMatch
from longgrain.probe_scores import Line, summed
from longgrain.review.decision import Decision
from standin import HOSTILE, StandIn, finished
from test_report import BROWSERS, PROBE, words_of

PLACES, SIZE = 10, "8,192 tokens"


def probed(
    folder: Path,
    right: Callable[[int, int], bool],
    *,
    each: int = 40,
    model: str = "tuned",
    seed: int = 17,
    contexts: dict[str, Callable[[int, int], bool]] | None = None,
    places: int = PLACES,
    unscored: int = 0,
    said: str = "",
) -> Path:
    """The folder of a probe in which ``right(place, number)`` says which answers are right."""
    folder.mkdir(parents=True)
    lines = []
    for context, is_right in {"whole": right, **(contexts or {})}.items():
        for number in range(each * places):
            place = number % places
            missing = context == "whole" and number < unscored
            lines.append(
                Line(
                    id=f"{seed}-{number}",
                    item=f"item {seed}-{number}",
                    context=context,
                    size=SIZE,
                    positions=(place,),
                    depths=(place / places,),
                    tokens=8000,
                    references=("7",),
                    reply=None if missing else "7" if is_right(place, number) else "8",
                    score=None if missing else float(is_right(place, number)),
                    unscored="the server cut the prompt: it read 7" if missing else "",
                )
            )
    asked: dict[str, Any] = {
        "probe": "needle",
        "model": model,
        "language": "en",
        "seed": seed,
        "contexts": ["whole", *(contexts or {})],
        "measure": {"metric": "string_match", "figure": "string_match_all", "settings": {}},
    }
    told = {"comparable": said} if said else {}
    (folder / "summary.json").write_bytes(summed(lines, StringMatch(), asked, told).json())
    (folder / "answers.jsonl").write_bytes(b"\n".join(line.json() for line in lines))
    return folder


def lost(place: int, number: int) -> bool:
    """Right at the ends, and every third time between."""
    return place in (0, 1, 8, 9) or number % 3 == 0


def always(place: int, number: int) -> bool:
    return True


def never(place: int, number: int) -> bool:
    return False


def alone(*folders: Path) -> Any:
    (group,) = gathered([str(one) for one in folders])
    return group


def told(run: StandIn, *folders: Path | str) -> tuple[list[str], list[str]]:
    """Conclusions that the data support, and those that they do not."""
    found = evaluated(run, [str(one) for one in folders]).findings
    return [f.text for f in found if f.supported], [f.text for f in found if not f.supported]


@pytest.fixture
def run(tmp_path: Path) -> StandIn:
    return finished_in(tmp_path)


def finished_in(folder: Path) -> StandIn:
    (folder / "run").mkdir()
    return finished(folder / "run")


# --- before and after ---


def test_the_first_folder_is_before_and_the_second_after_unless_they_are_named(
    tmp_path: Path,
) -> None:
    a, b = probed(tmp_path / "a", lost), probed(tmp_path / "b", always)
    assert [one.name for one in alone(a, b).probes] == ["before", "after"]
    (named,) = gathered([f"after={b}", f"before={a}"])
    assert [(one.name, one.folder) for one in named.probes] == [("before", a), ("after", b)]
    assert [one.name for one in alone(a).probes] == ["tuned"]


def test_models_beyond_two_have_their_own_names(tmp_path: Path) -> None:
    folders = [probed(tmp_path / name, lost, model=name) for name in ("a", "b", "c")]
    assert [one.name for one in alone(*folders).probes] == ["before", "after", "c"]


def test_a_folder_given_twice_is_refused_and_one_without_answers_too(tmp_path: Path) -> None:
    a = probed(tmp_path / "a", lost)
    with pytest.raises(PlanError, match="given twice"):
        gathered([str(a), f"after={a}"])
    with pytest.raises(RunError, match=r"no summary\.json"):
        gathered([str(tmp_path)])


def test_what_training_gained_is_said_with_numbers_and_the_worst_place_with_it(
    run: StandIn, tmp_path: Path
) -> None:
    yes, no = told(run, probed(tmp_path / "a", lost), probed(tmp_path / "b", always))
    whole = "needle, English at 8,192 tokens"
    assert (
        f"{whole}: the score rises from 60% (55–65) before training to 100% (99–100) after it of 400 "
        "questions asked of both: +40 points, interval +35 to +45." in yes
    )
    (worst,) = [one for one in yes if "worst place" in one]
    assert "the worst place before training (tenth 3 of 10) rises from 32% (20–48)" in worst
    assert "to 100% (91–100) of 40 questions asked of both" in worst
    assert any("before: the middle is lost. 100% (98–100)" in one for one in yes)
    assert any("nothing was asked without the context" in one for one in no)


def test_a_change_is_paired_over_the_same_questions_only(tmp_path: Path) -> None:
    group = alone(probed(tmp_path / "a", lost), probed(tmp_path / "b", always, each=30))
    (whole,) = [c for c in changes(*group.probes) if c.position is None]
    assert whole.paired
    assert whole.before.count == whole.after.count == 300


def test_other_questions_are_two_samples_and_that_is_said(run: StandIn, tmp_path: Path) -> None:
    folders = probed(tmp_path / "a", lost), probed(tmp_path / "b", always, seed=18)
    group = alone(*folders)
    assert not any(one.paired for one in changes(*group.probes))
    yes, no = told(run, *folders)
    assert any("400 and 400 questions that are not the same ones" in one for one in yes)
    assert any("asked differently (seed 17 and 18)" in one for one in no)


def test_two_samples_have_a_wider_interval_than_the_same_questions() -> None:
    before, after = [0.0, 1.0] * 50, [0.0, 1.0] * 45 + [1.0] * 10
    items = [str(n) for n in range(100)]
    apart = two_samples((before, items), (after, items))
    assert apart is not None
    assert apart.low < 0.05 < apart.high
    assert apart.high - apart.low > 0.2
    assert two_samples((before, ["one"] * 100), (after, items)) is None


def test_many_positions_are_looked_at_by_tenths(tmp_path: Path) -> None:
    group = alone(probed(tmp_path / "a", lambda place, _: place < 20, places=40, each=5))
    assert (group.positions, group.tenths) == (10, True)
    assert {at for line in group.first.lines for at in line.positions} == {*range(10)}
    assert all((line.positions[0] < 5) == (line.score == 1.0) for line in group.first.lines)


# --- what the data do not support, of made-up figures ---


def rated(value: float, count: int = 200, half: float = 0.05) -> Rate:
    return Rate(value=value, low=max(0, value - half), high=min(1, value + half), count=count)


def change(**changed: Any) -> Change:
    whole: dict[str, Any] = {
        "context": "whole",
        "size": SIZE,
        "position": None,
        "before": rated(0.4),
        "after": rated(0.8),
        "paired": True,
        "value": 0.4,
        "low": 0.3,
        "high": 0.5,
        "better": 90,
        "worse": 10,
    }
    return Change(**{**whole, **changed})


def standing(name: str = "after", **changed: Any) -> Standing:
    whole: dict[str, Any] = {"asked": 200, "unscored": {}, "whole": rated(0.8)}
    return Standing(name=name, size=SIZE, **{**whole, **changed})


def pair(changes: Sequence[Change], **changed: Any) -> list[Finding]:
    whole: dict[str, Any] = {
        "probe": "needle",
        "before": "before",
        "after": "after",
        "standings": {},
        "differ": {},
        "places": {n: f"tenth {n + 1} of 10" for n in range(10)},
    }
    return list(conclusions.of_pair(Pair(changes=changes, **{**whole, **changed})))


def test_a_clear_change_is_claimed() -> None:
    (found,) = pair([change()])
    assert found.supported
    assert "rises from 40% (35–45) before training to 80% (75–85) after it" in found.text


def test_a_fall_is_called_a_fall() -> None:
    (found,) = pair([change(value=-0.4, low=-0.5, high=-0.3)])
    assert found.supported
    assert "the score falls" in found.text


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (change(low=-0.1, high=0.9), "the data do not show a change"),
        (change(value=0.0, low=0.0, high=0.0), "which holds 0"),
        (change(before=rated(0.4, 29), after=rated(0.8, 29)), "fewer than 30, too few"),
        (change(low=None, high=None), "there is no interval and no change is claimed"),
    ],
)
def test_a_change_that_the_data_do_not_bear_is_not_claimed(one: Change, said: str) -> None:
    (found,) = pair([one])
    assert not found.supported
    assert said in found.text


def test_without_a_common_length_nothing_is_said_of_a_change() -> None:
    (found,) = pair([change(context="evidence")])
    assert not found.supported
    assert "there is no length at which both before and after have a score" in found.text


def test_many_questions_without_a_score_forbid_the_claim_and_few_do_not() -> None:
    cut = {"the server cut the prompt": 46}
    (found,) = pair([change()], standings={("after", SIZE): standing(unscored=cut)})
    assert not found.supported
    assert "23% of the questions to after have no score (the server cut the prompt)" in found.text
    few = {"the server cut the prompt": 4}
    (found,) = pair([change()], standings={("after", SIZE): standing(unscored=few)})
    assert found.supported


def test_the_lowest_place_must_rise_by_more_than_the_lowest_of_ten_does_by_chance() -> None:
    def at(better: int, worse: int) -> Finding:
        low = change(position=3, before=rated(0.3), better=better, worse=worse)
        rest = [change(position=n, before=rated(0.5)) for n in range(10) if n != 3]
        return pair([change(), low, *rest])[1]

    assert at(40, 2).supported
    alike = change(position=3, before=rated(0.3), better=40, worse=2, low=None, high=None)
    assert not pair([change(), alike, change(position=4)])[1].supported  # all about one thing
    chance = at(14, 4)  # a sign test of this place alone would pass: p = 0.03
    assert not chance.supported
    assert "the lowest of 10 places rises by chance alone" in chance.text


@pytest.mark.parametrize(
    ("one", "said", "supported"),
    [
        (standing(none=rated(0.78)), "does not show that it reads the context", False),
        (standing(none=rated(0.95)), "does not show that it reads the context", False),
        (standing(none=rated(0.3)), "a part is known and not read", True),
        (standing(none=rated(0.0)), "what it answers, it reads", True),
        (standing(none=rated(0.0, 12)), "too few to tell reading from knowing", False),
        (standing(evidence=rated(0.97)), "17 points are lost to the length of the context", True),
        (standing(whole=rated(0.1), evidence=rated(0.5)), "it fails at the question itself", True),
        (standing(evidence=rated(0.82)), "no cost of the length shows", False),
        (standing(whole=rated(0.1), evidence=rated(0.1)), "it fails without any length", True),
        (standing(evidence=rated(0.6)), "the control may lack something", False),
        (standing(whole=None), "no question has a score", False),
    ],
)
def test_controls_tell_reading_from_knowing(one: Standing, said: str, supported: bool) -> None:
    (found,) = conclusions.of_standing("needle", one)
    assert said in found.text
    assert found.supported == supported


@pytest.mark.parametrize(
    ("low", "high", "count", "supported"),
    [(-0.6, -0.4, 80, True), (-0.6, 0.1, 80, False), (-0.6, -0.4, 20, False)],
)
def test_the_middle_is_called_lost_only_where_it_is(
    low: float, high: float, count: int, supported: bool
) -> None:
    ends = Ends(ends=rated(0.9, count), between=rated(0.4), value=-0.5, low=low, high=high)
    (found,) = conclusions.of_standing("needle", standing(ends=ends))
    assert found.supported == supported
    assert ("the middle is lost" in found.text) == supported


def test_people_who_do_not_agree_bear_no_conclusion() -> None:
    alpha = Judged(name="alpha", value=0.9, low=0.85, high=0.95, count=80, kind="agreement")
    rows = [alpha, replace(alpha, low=0.7), replace(alpha, low=0.5), replace(alpha, count=9)]
    assert [one.supported for one in of_people(rows)] == [True, True, False, False]


def decided(folder: Path, items: int) -> Path:
    """Two people who say the same of most items; one of them by a name that is markup."""
    lines = []
    for number in range(items):
        for by in ("Ann", HOSTILE):
            verdict = "reject" if number % 4 == 0 or (by == "Ann" and number == 1) else "accept"
            at = "2026-11-01T10:00:00Z"
            one = Decision(item=f"e{number}", kind="example", by=by, verdict=verdict, at=at)  # type: ignore[arg-type]
            lines.append(replace(one, ratings={HOSTILE: 1 + number % 3}).json())
    path = folder / "decisions.jsonl"
    path.write_bytes(b"\n".join(lines))
    return path


def test_what_people_decided_stands_in_the_page_with_its_agreement(
    run: StandIn, tmp_path: Path
) -> None:
    found = evaluated(run, [], review=[decided(tmp_path, 40)])
    text = page.html(found, run.folder)
    said = words_of(text)
    assert re.search(r"accepted as they are 74% \(\d\d–\d\d%?\) 40 items", said)
    assert "alpha of verdicts (Krippendorff) 0.9" in said
    assert "<script>window.hurt" not in text
    texts = [one.text for one in found.findings if one.supported]
    assert any("alpha of verdicts" in one and "only tentative" in one for one in texts)
    assert any(f"alpha of {HOSTILE}" in one and "agree well enough" in one for one in texts)
    few = evaluated(run, [], review=[decided(tmp_path, 12)]).findings
    assert few
    assert not any(one.supported for one in few)


# --- files of scores ---


def test_scores_are_read_as_totals_or_as_items_and_compared_by_their_intervals(
    tmp_path: Path,
) -> None:
    total = {"metric": "rouge", "figure": "rougeL", "group": "", "value": 0.3, "low": 0.25}
    total |= {"high": 0.35, "method": "bootstrap", "scored": 90, "unscored": {"empty": 3}}
    totals = tmp_path / "before.json"
    totals.write_bytes(orjson.dumps({"totals": [{**total, "share": True}]}))
    items = tmp_path / "after.jsonl"
    values = [{"id": str(n), "rouge": {"rougeL": 0.5 + n % 3 / 10}} for n in range(60)]
    unscored = {"id": "x", "unscored": {"rouge": "no prediction"}}
    items.write_bytes(b"\n".join(orjson.dumps(one) for one in [*values, unscored]))
    found = scored.figures([f"before={totals}", str(items)])
    assert [(one.file, one.scored, one.unscored) for one in found] == [
        ("before", 90, 3),
        ("after.jsonl", 60, 1),
    ]
    (said,) = scored.conclusions(found)
    assert said.supported
    assert said.text.startswith("rouge.rougeL: 30.0% (25.0–35.0) in before, 60.0%")
    near = replace(found[1], low=0.3)
    (said,) = scored.conclusions([found[0], near])
    assert not said.supported


def test_a_file_that_holds_no_scores_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"id": 1}\n', "utf-8")
    with pytest.raises(RunError, match="holds no scores"):
        scored.figures([str(other)])


# --- the page ---


def whole_page(run: StandIn, tmp_path: Path) -> str:
    controls = {"evidence": always, "none": never}
    folders = [
        probed(tmp_path / "a", lost, model=HOSTILE, contexts=controls, said=HOSTILE),
        probed(tmp_path / "b", always, contexts=controls),
    ]
    return page.html(evaluated(run, [str(one) for one in folders]), run.folder)


def test_the_page_holds_curves_heat_maps_controls_data_and_costs(
    run: StandIn, tmp_path: Path
) -> None:
    said = words_of(whole_page(run, tmp_path))
    for part in (
        "What the data do not support",
        "Before and after",
        "By length and place",
        "before 8,192 tokens 60% (55–65) 100% (99–100) 0% (0–1) 400 none",
        "From 80 documents (40 English, 40 Chinese)",
        "What was dropped",
        "Teacher extractive",
    ):
        assert part in said


def test_names_and_replies_cannot_put_markup_or_scripts_into_the_page(
    run: StandIn, tmp_path: Path
) -> None:
    text = whole_page(run, tmp_path)
    assert "<script>window.hurt" not in text
    assert html.escape("<script>window.hurt") in text
    assert "\u202e" not in text


def test_pages_of_single_answers_are_linked(run: StandIn) -> None:
    (run.folder / "why-1.html").write_text("", "utf-8")
    assert 'href="why-1.html"' in page.html(evaluated(run, []), run.folder)


def test_the_costs_of_a_training_are_those_of_its_record(run: StandIn, tmp_path: Path) -> None:
    found = {"steps": 60, "device": "cpu", "seconds": 5.2, "peak_memory_mb": 569}
    found |= {"trained_on": {"tokens": 123_762}}
    (tmp_path / "train.json").write_bytes(orjson.dumps({"asked": {}, "found": found}))
    said = words_of(page.html(evaluated(run, [], trained=[tmp_path]), run.folder))
    assert "(60 steps on cpu) – 123,762 – 5.2 569 MB –" in said
    with pytest.raises(RunError, match="no finished training"):
        evaluated(run, [], trained=[tmp_path / "none"])


def test_in_a_browser_the_page_draws_without_errors_or_requests(
    run: StandIn, tmp_path: Path
) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("there is no Chromium or Chrome on this machine to open the page in")
    path = tmp_path / "page.html"
    path.write_text(whole_page(run, tmp_path) + PROBE, "utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    flags += ["--window-size=700,900", "--virtual-time-budget=4000", "--dump-dom"]
    flags.append(f"--user-data-dir={tmp_path / 'profile'}")
    done = subprocess.run(
        [browser, *flags, path.as_uri()], capture_output=True, text=True, timeout=120
    )
    found = re.search(r"<title>(charts.*?)</title>", done.stdout)
    assert found, done.stderr[-2000:]
    assert found[1] == "charts 4 blank 0 asked 0 wide 0 hurt 0"
    assert "CONSOLE" not in done.stderr


def test_the_command_writes_the_page_into_the_run_and_says_its_conclusions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished_in(tmp_path)
    (run.folder / "manifest.json").write_bytes(orjson.dumps(run.manifest))
    words = ["report", str(run.folder)]
    for name, right in (("a", lost), ("b", always)):
        words += ["--probe", str(probed(tmp_path / name, right))]
    monkeypatch.setattr("sys.argv", ["longgrain", *words])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert not stop.value.code
    said = " ".join(capsys.readouterr().out.split())
    assert "the score rises from 60% (55–65) before training" in said
    assert (run.folder / "evaluation.html").is_file()
