"""Methods, a question and a text > answers in the terminal as they come, evidence beside them, costs below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import orjson
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.rule import Rule
from rich.table import Table
from rich.text import Text as Words

from longgrain.ask import QUOTE, Asked, Asking, Found, ask
from longgrain.ask_text import Place, Text
from longgrain.speaker import Hear, Speaker

# Characters of an evidence's words in a table of several methods.
SHORT = 160


def show(
    out: Console,
    told: Console,
    methods: Sequence[str],
    asked: Asked,
    text: Text,
    speaker: Speaker,
) -> None:
    """One method word by word with its evidence beside it; several in one table."""
    found = [
        _live(out, told, by, Asking(asked=asked, text=text, speaker=speaker)) for by in methods
    ]
    if len(found) > 1:
        out.print(Rule("side by side", align="left"))
        out.print(together(found))


def as_json(
    out: Console,
    told: Console,
    methods: Sequence[str],
    asked: Asked,
    text: Text,
    speaker: Speaker,
) -> None:
    """One line a method."""
    for by in methods:
        found = ask(by, Asking(asked=asked, text=text, speaker=speaker, tell=_teller(told)))
        out.print(orjson.dumps(asdict(found)).decode(), markup=False, soft_wrap=True)


def _teller(told: Console) -> Hear:
    def tell(words: str) -> None:
        told.print(Words(words, style="dim"))

    return tell


def _live(out: Console, told: Console, by: str, asking: Asking) -> Found:
    out.print(Rule(by, align="left"))
    asking.tell = _teller(told)
    if not out.is_terminal:
        found = ask(by, asking)
        out.print(beside(found.text, found.evidence))
    else:
        heard: list[str] = []
        with Live(console=out, refresh_per_second=8, transient=True) as live:

            def hear(piece: str) -> None:
                heard.append(piece)
                live.update(beside(QUOTE.sub("", "".join(heard)).strip(), _quotes("".join(heard))))

            asking.hear = hear
            found = ask(by, asking)
        out.print(beside(found.text, found.evidence))
    out.print(below(found))
    return found


def _quotes(reply: str) -> list[Place]:
    """Quotes of a reply that is still coming; whether they are the document's is seen at its end."""
    return [Place(words.strip(), "…", start=0, end=0) for words in QUOTE.findall(reply)]


def beside(answer: str, evidence: Sequence[Place]) -> RenderableType:
    """The answer on the left, what it rests on on the right."""
    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(ratio=3)
    grid.add_column(ratio=2)
    shown: list[RenderableType] = []
    for number, place in enumerate(evidence, 1):
        style = "cyan" if place.is_found else "red"
        shown.append(Words(f"[{number}] {place.said}", style=style))
        shown.append(Words(" ".join(place.words.split()), style="dim"))
    grid.add_row(
        Words(answer or "no answer"), Group(*shown) if shown else Words("no evidence given", "dim")
    )
    return grid


def below(found: Found) -> RenderableType:
    """What the method says of itself, and what it cost."""
    lines = [Words(f"  - {note}", style="dim") for note in found.notes]
    if found.problem:
        lines.insert(0, Words(found.problem, style="red"))
    lost = sum(not place.is_found for place in found.evidence)
    if lost:
        lines.append(Words(f"  {lost} quotes are not in the document", style="red"))
    return Group(*lines, Words(cost(found), style="bold"))


def cost(found: Found) -> str:
    """Calls, tokens, money and seconds."""
    money = f", {found.money:.4f} in money" if found.money else ""
    return (
        f"{found.calls:,} calls, {found.prompt_tokens:,} tokens read, {found.reply_tokens:,} "
        f"written{money}, {found.seconds:.1f} s"
    )


def together(found: Sequence[Found]) -> Table:
    """All methods: answer, where it is from, cost."""
    table = Table(show_lines=True, expand=True)
    for name, ratio in (("by", 2), ("answer", 6), ("evidence", 5), ("cost", 3)):
        table.add_column(name, ratio=ratio)
    for one in found:
        evidence = Words("\n").join(
            Words(" ".join(place.words.split())[:SHORT], style="" if place.is_found else "red")
            for place in one.evidence
        )
        answer = Words(one.text) if not one.problem else Words(one.problem, style="red")
        table.add_row(one.by, answer, evidence, Words(cost(one).replace(", ", "\n")))
    return table
