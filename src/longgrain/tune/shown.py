"""The result of a sweep > a table of arms and sentences for a terminal of 100 columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from longgrain.tune.scoring import LOSS

if TYPE_CHECKING:
    from longgrain.tune.result import Tried, Tuned

# The share of the examples asked for below which a sample is called too small.
ENOUGH = 0.95
# Figures of the data that are shown beside the score.
BESIDE = ("rivals", "found", "made", "yield")


def show(out: Console, found: Tuned) -> None:
    """What was compared, a line an arm, what was refused, and the conclusions."""
    out.print(Text(f"{found.plan.name}, {about(found)}", "bold"))
    out.print(Text(sampled(found), "dim"))
    out.print(_table(found))
    seconds = sum(clock["cpu"] for one in found.tried for clock in one.seconds.values())
    sign = "lower is better" if found.score.lower else "higher is better"
    out.print(Text(f"{found.score.name}: {found.score.about}; {sign}", "dim"))
    front = f"on the Pareto front of score and {found.asked.cost}"
    out.print(Text(f"* best, f {front}; 95% intervals; {seconds:,.0f} s of CPU in all", "dim"))
    for reason, names in refused(found).items():
        out.print(Text(f"not built: {'; '.join(names)}: {reason}", "yellow"))
    out.print()
    for words in (*found.words, *caution(found)):
        out.print(words, markup=False, highlight=False)


def refused(found: Tuned) -> dict[str, list[str]]:
    """Why arms could not be built, and which."""
    reasons: dict[str, list[str]] = {}
    for name, reason in found.sweep.refused:
        reasons.setdefault(reason, []).append(name)
    return reasons


def about(found: Tuned) -> str:
    """How arms were chosen."""
    arms, whole = len(found.tried), found.sweep.points
    how = {
        "grid": f"a grid of {whole:,}",
        "one": f"one setting at a time (a grid would have {whole:,})",
        "random": f"drawn from a grid of {whole:,}",
    }
    seeds = f", {found.asked.seeds} seeds" if found.asked.seeds > 1 else ""
    return f"{arms} arms, {how[found.sweep.way]}{seeds}"


def sampled(found: Tuned) -> str:
    """What the arms were built from."""
    told = found.sample
    unread = f"; {_many(told['not_read'], 'item')} left out in reading" if told["not_read"] else ""
    share = told["characters"] / max(1, told["of_characters"])
    left = told["near_duplicates_left_out"]
    twins = f", {left} near-duplicates of the sample left out" if left else ""
    return (
        f"sample: {told['documents']:,} of {told['of_documents']:,} documents, {share:.0%} of the "
        f"characters; up to {found.asked.examples:,} examples an arm; "
        f"{_many(told['held_documents'], 'document')} held out{twins}{unread}"
    )


def _many(count: int, noun: str) -> str:
    return f"1 {noun}" if count == 1 else f"{count:,} {noun}s"


def caution(found: Tuned) -> list[str]:
    """What the figures do not say."""
    words = [*_no_room(found)]
    if found.score.unsure:
        words.append(
            f"No model was trained: {found.score.name} says how the data is, not how well it teaches. "
            "For that give --model or --config, and --probe."
        )
    short = [one for one in found.tried if one.scores["made"].mean < ENOUGH]
    if short:
        words.append(
            f"The sample is too small for what is asked in {len(short)} of {len(found.tried)} arms (see made): "
            "draw more with --sample, or ask for fewer with --examples."
        )
    if found.asked.seeds == 1 and found.tried[0].lessons:
        words.append(
            "One seed: what another seed would do is not in the intervals; --seeds 3 takes it in."
        )
    if any(one["forecast"]["assumed"] for arm in found.tried for one in arm.figures):
        words.append(
            "The teacher was not asked: a stand-in took its questions by rule, so yields and money are "
            "assumed; --spend asks it."
        )
    if found.sweep.way == "random":
        words.append("Settings were drawn together: the effect of one holds what came with it.")
    if found.asked.trains and LOSS not in found.tried[0].scores:
        words.append(
            "The held-out documents are too few for examples of the plan, so there is no loss."
        )
    unscored = sum(sum(o["unscored"].values()) for one in found.tried for o in one.lessons)
    if unscored:
        words.append(
            f"{unscored:,} questions or examples have no score from a model; they count as none."
        )
    words.append("Each interval is for its own comparison: of many arms one looks good by chance.")
    return words


def _no_room(found: Tuned) -> Iterator[str]:
    """Where every arm has the same score, as of a probe that is too hard for the model."""
    means = {one.scores[found.score.name].mean for one in found.tried}
    if len(means) == 1:
        way = "loss tells finer" if found.tried[0].lessons else "another score may tell more"
        yield (
            f"Every arm has the same {found.score.name}, {number(means.pop())}, so it ranks nothing, and the "
            f"choice is that of the cost alone: {way} (--score)."
        )


def _table(found: Tuned) -> Table:
    others = [name for name in BESIDE if name != found.score.name]
    others += [name for name in found.tried[0].scores if name not in (*BESIDE, "read", *others)]
    others = [name for name in others if name != found.score.name][:5]
    money = any(one.cost["money"] for one in found.tried)
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("")
    table.add_column("arm", overflow="fold")
    for name in (found.score.name, "95%", *others, "tokens", *(["money"] if money else [])):
        table.add_column(name, justify="right", no_wrap=True)
    for number, one in enumerate(found.tried):
        table.add_row(
            mark(found, number),
            one.arm.name,
            *_scored(found, one, found.score.name),
            *[_scored(found, one, name)[0] for name in others],
            tokens(one.cost["tokens"]),
            *([f"{one.cost['money']:,.2f}"] if money else []),
            style="bold" if number == found.verdict.best else None,
        )
    return table


def mark(found: Tuned, number: int) -> str:
    """Best, on the front, or neither."""
    best = "*" if number == found.verdict.best else " "
    return best + ("f" if number in found.verdict.front else " ")


def _scored(found: Tuned, one: Tried, name: str) -> tuple[str, str]:
    if name not in one.scores:
        return "-", ""
    interval = one.scores[name].interval()
    if interval.low is None or interval.high is None:
        return number(interval.value), ""
    return number(interval.value), f"{number(interval.low)}..{number(interval.high)}"


def number(value: float) -> str:
    """Three figures behind the point for shares, fewer for what is large."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"


def tokens(count: float) -> str:
    """In millions or thousands."""
    return f"{count / 1e6:,.1f} M" if count >= 1e6 else f"{count / 1e3:,.0f} k"
