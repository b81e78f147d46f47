"""One example, laid out > what a reader sees: coloured terminal text, a table, tokens, a web page.

Learned words are underlined in every view.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from longgrain.shown import (
    Fold,
    Shown,
    ShownSpan,
    ShownToken,
    Turn,
    shortened,
    spans_of,
    token_runs,
    turns,
    visible,
)
from longgrain.types import Role

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

__all__ = [
    "Shown",
    "ShownSpan",
    "ShownToken",
    "environment",
    "html",
    "legend",
    "spans_of",
    "table",
    "terminal",
    "trained",
]

TEMPLATES = Path(__file__).parent / "templates"
# Mid tones that read on black and on white; the page's style.css has a pair of each for its modes.
COLOURS: dict[Role, str] = {
    "instruction": "#5b7fa6",
    "metadata": "#8a7fb0",
    "evidence": "#d98c00",
    "distractor": "#8a8f98",
    "summary": "#3aa6a6",
    "question": "#3d8bfd",
    "plan": "#a56bd6",
    "attempt": "#e0605a",
    "verdict": "#b5651d",
    "reasoning": "#8f9a2b",
    "answer": "#1fa774",
    "glue": "#a0a0a0",
}


def terminal(shown: Shown, *, whole: bool = False) -> RenderableType:
    """The example for a terminal of 100 columns: header, strip of roles, conversation, legend."""
    from rich.console import Group
    from rich.rule import Rule
    from rich.text import Text

    title = f"{shown.id}  {shown.recipe} · {shown.side} · {shown.kind} · {shown.language}"
    lines: list[RenderableType] = [
        Text(visible(title), style="bold"),
        Text(shown.headline),
        _strip(shown),
        Text(),
    ]
    for turn in turns(shown):
        lines += [Rule(visible(turn.speaker), align="left", style="dim"), _turn(turn, whole)]
    return Group(*lines, Rule(style="dim"), legend(shown))


def _strip(shown: Shown, columns: int = 96) -> Text:
    """The example from its first token to its last; a column has the colour of its rarest role."""
    from rich.text import Text

    cells: list[Role] = ["glue"] * columns
    rank = {role: i for i, role in enumerate(("glue", "distractor", "metadata"))}
    for span in (span for span in shown.spans if span.tokens):
        first = span.first_token * columns // shown.tokens
        last = (span.first_token + span.tokens - 1) * columns // shown.tokens
        for i in range(first, last + 1):
            cells[i] = max(cells[i], span.role, key=lambda role: rank.get(role, 9))
    tall = {"glue": "▁", "distractor": "▂", "metadata": "▂"}
    return Text.assemble(*((tall.get(role, "█"), COLOURS[role]) for role in cells))


def _turn(turn: Turn, whole: bool) -> Text:
    from rich.text import Text

    text = Text()
    for part in turn.parts:
        block = isinstance(part, Fold) or part.role == "evidence"
        if block and not whole:
            _new_line(text)
        if isinstance(part, Fold):
            text.append_text(_whole(part) if whole else _ends(part))
        elif part.role == "glue" and not part.text.strip() and not whole:
            _new_line(text)
        else:
            text.append_text(_words(part, whole))
    text.rstrip()
    return text


def _new_line(text: Text) -> None:
    if text.plain and not text.plain.endswith("\n"):
        text.append("\n")


def _whole(fold: Fold) -> Text:
    from rich.text import Text

    return Text().join(_words(span, True) for span in fold.spans)


def _ends(fold: Fold) -> Text:
    """The first and the last distractor of a fold, shortened, and how much there is in all."""
    from rich.text import Text

    first, *others = fold.distractors
    text = Text(shortened(first) + "\n", _style(first))
    if len(others) > 1:
        text.append(f"… {fold.said} …\n", "dim italic")
    if others:
        text.append(shortened(others[-1]) + "\n", _style(others[-1]))
    return text


def _words(span: ShownSpan, whole: bool) -> Text:
    from rich.text import Text

    if span.message is None:
        return Text(visible(span.text).replace("\n", "⏎"), _style(span))
    is_long = span.role in ("distractor", "summary") and not whole
    words = Text(shortened(span) if is_long else visible(span.text), _style(span))
    if span.role == "evidence":
        depth = "" if span.depth is None else f" at depth {span.depth:.0%}"
        return Text.assemble((f"evidence{depth} · {span.about}\n", "dim"), words)
    return words


def _style(span: ShownSpan | ShownToken) -> str:
    learned = span.learned if isinstance(span, ShownSpan) else span.weight
    return f"bold underline {COLOURS[span.role]}" if learned > 0 else COLOURS[span.role]


def legend(shown: Shown) -> Text:
    """Which colour is which role, and what underlining says."""
    from rich.text import Text

    named = [Text(role, COLOURS[role]) for role in shown.roles]
    marked = Text.assemble(("underlined", "bold underline"), ": learned from")
    return Text("  ").join([*named, marked])


def table(shown: Shown) -> Table:
    """Every span: role, loss, tokens, depth, grain, document with heading path, offsets."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), width=100)
    for name in ("token", "tokens", "role", "loss", "depth"):
        grid.add_column(name, justify="left" if name == "role" else "right", no_wrap=True)
    grid.add_column("grain", no_wrap=True, max_width=16)
    grid.add_column("offsets", no_wrap=True)
    grid.add_column("document › headings, or words", ratio=1, no_wrap=True, overflow="ellipsis")
    for span in shown.spans:
        grid.add_row(
            f"{span.first_token:,}",
            f"{span.tokens:,}",
            Text(span.role, _style(span)),
            f"{span.loss:g}",
            "" if span.depth is None else f"{span.depth:.3f}",
            span.place,
            "" if span.start is None else f"{span.start}-{span.end}",
            Text(_origin(span)),
        )
    return grid


def _origin(span: ShownSpan) -> str:
    if span.source:
        return visible(" › ".join((span.source, *span.headings)))
    return visible(span.text).replace("\n", "⏎")


def trained(shown: Shown, *, whole: bool = False) -> Text:
    """The tokens as trained, a bar behind each; those with a weight above 0 are underlined."""
    from rich.text import Text

    text = Text()
    for run in token_runs(shown.trained):
        for token in run if whole else (*run[:12], *run[-12:]) if len(run) > 60 else run:
            text.append(visible(token.text).replace("\n", "⏎"), _style(token))
            text.append("│", "dim")
            if not whole and len(run) > 60 and token is run[11]:
                text.append(f" … {len(run) - 24:,} tokens … ", "dim italic")
    return text


def html(shown: Shown) -> str:
    """A page of its own: the example whole, the table of its spans, its tokens if given."""
    page = environment().get_template("explain.html")
    return page.render(shown=shown, runs=token_runs(shown.trained))


@cache
def environment() -> jinja2.Environment:
    """The templates of all pages; whatever is put into them is made visible and escaped."""
    import jinja2  # 50 ms that no other view needs

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    made.filters.update(shortened=shortened, percent=percent, json=script_json)
    made.filters.update(number=lambda value: f"{value:,}")
    made.globals.update(turns=turns, asset=asset)
    return made


def asset(name: str) -> Markup:
    """A style sheet or a script of ours, to be put into a page as it is."""
    from markupsafe import Markup

    return Markup((TEMPLATES / name).read_text("utf-8"))


def script_json(value: object) -> Markup:
    """JSON that is safe inside a script element, whatever its strings say."""
    import orjson
    from markupsafe import Markup

    text = visible(orjson.dumps(value).decode())
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(text)


def percent(share: float | None) -> str:
    """A share as a reader wants it: 0.14%, 2.1%, 12%, 99.6%; a dash where there is none."""
    if share is None:
        return "–"
    places = 2 if 0 < share < 0.01 else 1 if 0 < share < 0.1 or 0.9 < share < 1 else 0
    return f"{share:.{places}%}"
