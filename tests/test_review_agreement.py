"""Agreement of people: held against published examples, brute force and what must be so."""

from __future__ import annotations

import random
from itertools import combinations

import krippendorff
import orjson
import pytest

from deciding import decision
from longgrain.review.agreement import summary
from longgrain.review.decision import Decision
from longgrain.review.marks import exact, overlapping
from longgrain.review.standing import standing

VERDICTS = ("accept", "edit", "reject")


def judged(seed: int, items: int = 40, people: str = "ABC") -> list[Decision]:
    """Verdicts and ratings of people who mostly agree; some miss some items."""
    rng = random.Random(seed)
    found = []
    for number in range(items):
        right, point = rng.choice(VERDICTS), rng.randint(1, 5)
        for by in people:
            if rng.random() < 0.15:
                continue
            said = right if rng.random() < 0.7 else rng.choice(VERDICTS)
            rated = min(5, max(1, point + rng.choice((-1, 0, 0, 1))))
            found.append(
                decision(
                    f"item-{number}", said, by=by, ratings={"有用 😀": rated}, edit={"answer": "x"}
                )
            )
    return found


@pytest.mark.parametrize("seed", range(3))
def test_alpha_is_that_of_the_reference_package(seed: int) -> None:
    found = judged(seed)
    told = summary(found)
    items = sorted({one.item for one in found})
    said = {(one.by, one.item): one for one in found}
    rows = [
        [VERDICTS.index(said[by, item].verdict) if (by, item) in said else None for item in items]
        for by in "ABC"
    ]
    rated = [
        [said[by, item].ratings["有用 😀"] if (by, item) in said else None for item in items]
        for by in "ABC"
    ]
    blank = [[float("nan") if one is None else one for one in row] for row in rows]
    points = [[float("nan") if one is None else one for one in row] for row in rated]
    nominal = krippendorff.alpha(blank, level_of_measurement="nominal")
    ordinal = krippendorff.alpha(points, level_of_measurement="ordinal")
    assert told.verdicts is not None
    assert told.verdicts.alpha.value == pytest.approx(nominal)
    assert told.rubrics["有用 😀"].alpha.value == pytest.approx(ordinal)
    low, high = told.verdicts.alpha.low, told.verdicts.alpha.high
    assert low is not None
    assert high is not None
    assert low < nominal < high


def test_two_people_have_cohens_kappa_and_three_who_did_everything_fleiss() -> None:
    pairs = ["accept accept"] * 20 + ["accept reject"] * 5 + ["reject accept"] * 10
    pairs += ["reject reject"] * 15
    found = [
        decision(f"i{number}", verdict, by=by)  # type: ignore[arg-type]
        for number, both in enumerate(pairs)
        for by, verdict in zip("AB", both.split(), strict=True)
    ]
    told = summary(found).verdicts
    assert told is not None
    assert told.cohen is not None
    assert told.cohen.value == pytest.approx(
        0.4
    )  # the textbook example: 0.7 observed, 0.5 by chance
    assert told.fleiss is None
    third = [decision(f"i{number}", "accept", by="C") for number in range(len(pairs))]
    whole = summary([*found, *third]).verdicts
    assert whole is not None
    assert whole.fleiss is not None
    assert whole.cohen is None
    assert summary([*found, *third[1:]]).verdicts.fleiss is None  # type: ignore[union-attr]


def test_items_of_one_person_say_nothing_about_agreement_and_are_counted() -> None:
    told = summary([decision("x", "accept"), decision("y", "reject", by="Bob")]).verdicts
    assert told is not None
    assert told.alpha.value is None
    assert told.single == 2


def test_skips_are_not_scored_and_counted_and_what_is_taken_back_is_neither() -> None:
    found = [
        decision("x", "skip"),
        decision("y", "accept", number=1),
        decision("y", "skip", number=2, shown={"undoes": 2, "open": True}),
    ]
    told = summary(found)
    assert told.verdicts is None
    assert told.unscored == {"example: skipped": 1}
    assert len(standing(found)) == 1


def pair(item: str, verdict: str, left: str, by: str = "Ann", **more: object) -> Decision:
    shown = {"left": left, "a": "base", "b": "tuned"}
    return decision(item, verdict, by=by, kind="pair", shown=shown, **more)  # type: ignore[arg-type]


def test_shares_won_leave_ties_out_and_the_side_that_wins_too_often_is_named() -> None:
    # a wins whenever it stands left, b whenever it does: nothing but position counts.
    found = [pair(f"i{n}", "ab"[n % 2], "ab"[n % 2]) for n in range(40)]
    found += [pair(f"t{n}", "tie", "a") for n in range(7)] + [pair("s", "skip", "b")]
    [told] = summary(found).pairs
    assert (told.a, told.b) == ("base", "tuned")
    assert (told.a_better, told.b_better, told.ties, told.skipped) == (20, 20, 7, 1)
    assert told.share.value == 0.5
    assert told.share.method == "wilson"
    assert told.left.value == 1.0
    assert told.bias == "left"
    fair = [pair(f"i{n}", "ab"[n % 2], "ab"[n // 2 % 2]) for n in range(40)]
    assert summary(fair).pairs[0].bias == ""


def test_several_people_about_one_pair_are_drawn_together() -> None:
    found = [pair(f"i{n}", "ab"[n % 2], "a", by=by) for n in range(20) for by in "AB"]
    [told] = summary(found).pairs
    assert told.share.method == "bootstrap"
    assert told.share.items == 20
    assert told.agreed.alpha.value == 1.0


def label(item: str, by: str, **labels: object) -> Decision:
    return decision(
        item, "labelled", by=by, kind="label", labels={"text": "Ada met Grace 在北京", **labels}
    )


def test_spans_agree_to_the_character_or_by_overlap_and_relations_by_their_ends() -> None:
    ada = {"id": "1", "start": 0, "end": 3, "label": "person"}
    grace = {"id": "2", "start": 8, "end": 13, "label": "person"}
    city = {"id": "9", "start": 15, "end": 17, "label": "place"}
    wide = {"id": "8", "start": 14, "end": 17, "label": "place"}
    met = {"from": "1", "to": "2", "label": "met"}
    other_ids = [{**ada, "id": "e1"}, {**grace, "id": "e2"}, wide]
    found = [
        label("x", "A", entities=[ada, grace, city], relations=[met], classes=["news"]),
        label("x", "B", entities=other_ids, relations=[{"from": "e1", "to": "e2", "label": "met"}],
              classes=["news"]),
    ]  # fmt: skip
    told = summary(found)
    assert told.marks["entities"]["exact"].value == pytest.approx(2 / 3)
    assert told.marks["entities"]["overlap"].value == 1.0
    assert told.marks["relations"]["exact"].value == 1.0
    assert told.classes is not None
    assert told.classes.equal.value == 1.0


@pytest.mark.parametrize("seed", range(20))
def test_overlapping_marks_are_no_fewer_than_equal_ones_and_no_more_than_there_are(
    seed: int,
) -> None:
    rng = random.Random(seed)

    def some() -> list[tuple[int, int, str]]:
        starts = [rng.randint(0, 30) for _ in range(rng.randint(0, 6))]
        return [(at, at + rng.randint(1, 8), rng.choice("xy")) for at in starts]

    one, other = some(), some()
    assert exact(one, other) <= min(len(one), len(other))
    assert overlapping(one, other) <= min(len(one), len(other))
    assert overlapping(one, one) == len(one) == exact(one, one)
    assert overlapping(one, other) <= sum(
        a[2] == b[2] and a[0] < b[1] and b[0] < a[1] for a in one for b in other
    )
    assert overlapping(one, other) == overlapping(other, one)


def test_what_came_again_is_held_against_the_first_time() -> None:
    found = [
        decision(f"i{n}", "accept", number=n, ratings={"useful": 3}) for n in range(10)
    ] + [
        decision(f"i{n}", "accept" if n else "reject", number=20 + n, repeat=1,
                 ratings={"useful": 3 if n > 1 else 4})
        for n in range(10)
    ]  # fmt: skip
    told = summary(found).again
    assert told is not None
    assert told.verdicts.value == pytest.approx(0.9)
    assert told.ratings.value == pytest.approx(0.8)
    assert told.verdicts.method == "wilson"
    alone = summary(found).verdicts
    assert alone is not None
    assert alone.people == 1


def test_medians_of_time_leave_out_what_was_not_measured() -> None:
    found = [
        decision(f"i{n}", "accept", seconds=seconds) for n, seconds in enumerate((10, 0, 30, 20))
    ]
    [person] = summary(found).people
    assert (person.by, person.decided, person.seconds) == ("Ann", 4, 20)


def test_everything_can_be_written_as_json() -> None:
    told = orjson.loads(summary(judged(5)).json())
    assert set(told["verdicts"]["alpha"]) == {"value", "low", "high", "method", "items"}


def test_one_more_disagreement_lowers_agreement() -> None:
    found = judged(1)
    before = summary(found).verdicts
    for one, other in combinations(found, 2):
        if one.item == other.item and one.verdict == other.verdict:
            changed = "reject" if other.verdict != "reject" else "accept"
            rest = [x for x in found if x is not other]
            after = summary([*rest, decision(other.item, changed, by=other.by)]).verdicts
            break
    assert before is not None
    assert after is not None
    assert after.equal.value < before.equal.value  # type: ignore[operator]
