"""A Survey > tables for a terminal of 100 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from longgrain.intents import QUESTIONS
from longgrain.terminal import WIDTH, bullets, size

if TYPE_CHECKING:
    from rich.console import Console

    from longgrain.survey import Survey, Surveyed

NAMED = {"en": "English", "zh": "Chinese", "ja": "Japanese", "ko": "Korean", "und": "unknown"}
SCRIPTS = {"Hans": "Simplified", "Hant": "Traditional", "mixed": "mixed"}
FITS = {"good": ("●", "green"), "part": ("◐", "yellow"), "no": ("○", "red")}
# Lines of each table; the rest is counted, and stands whole in the JSON and the page.
DOCUMENTS, GROUPS, LINES = 30, 6, 5


def show(out: Console, found: Survey) -> None:
    """Everything found, shortened where there is much of it."""
    out.print(Text(_headline(found), "bold"))
    for line in _spoken(found):
        out.print(Text(line))
    _titled(out, "documents, longest first", _documents(found))
    _said(out, _rest(len(found.documents), DOCUMENTS, "documents"))
    _titled(out, "lengths", _lengths(found))
    if found.topics:
        _titled(out, "topics", _topics(found))
    _titled(out, "what can be asked", _intents(found))
    bullets(out, "copies", list(_copies(found)))
    if found.trouble:
        _titled(out, "trouble", _trouble(found))
    bullets(out, "lines that many documents share", list(_boilerplate(found)))
    bullets(out, "could not be read", list(_dropped(found)), "bold yellow")
    out.print(Text("\nrecipes", "bold"))
    for line in _recipes(found):
        out.print(Text(line))


def _titled(out: Console, title: str, table: Table) -> None:
    out.print(Text(f"\n{title}", "bold"))
    out.print(table)


def _said(out: Console, words: str) -> None:
    if words:
        out.print(Text(words, "dim"))


def _rest(count: int, shown: int, what: str) -> str:
    return f"and {count - shown:,} more {what}: see --json or --html" if count > shown else ""


def _headline(found: Survey) -> str:
    many = len(found.documents)
    return (
        f"{many:,} document{'s' * (many != 1)} from {found.sources:,} "
        f"source{'s' * (found.sources != 1)}, {size(found.size)}: {found.tokens:,} tokens of "
        f"tokenizer {found.tokenizer}"
    )


def language_name(language: str, script: str = "") -> str:
    """A language for people: "Traditional Chinese"."""
    name = NAMED.get(language, language.removeprefix("und-"))
    return f"{SCRIPTS[script]} {name}" if script else name


def _spoken(found: Survey) -> Iterator[str]:
    for one in found.languages:
        share = one.tokens / max(found.tokens, 1)
        name = language_name(one.language, one.script)
        yield f"  {name:22} {share:4.0%}  {one.documents:,} document{'s' * (one.documents != 1)}"


def _grid(*columns: tuple[str, str]) -> Table:
    """A table without lines; a column's second word is its alignment."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, side in columns:
        table.add_column(name, justify="right" if side == "right" else "left", no_wrap=True)
    return table


def cut(words: str, columns: int) -> str:
    """The words in at most so many columns, Chinese counted double, with an ellipsis."""
    text = Text(" ".join(words.split()))
    text.truncate(columns, overflow="ellipsis")
    return text.plain


def _documents(found: Survey) -> Table:
    names = list(found.recipes)
    columns = [("title", ""), ("source", ""), ("language", ""), ("tokens", "right")]
    columns += [("chapters", "right"), ("copied", "right"), *((name, "") for name in names)]
    table = _grid(*columns)
    for one in sorted(found.documents, key=lambda one: (-one.tokens, one.source))[:DOCUMENTS]:
        marks = [Text(*FITS[one.recipes[name].fit]) for name in names]
        table.add_row(
            cut(one.title, 26),
            Text(cut(one.source, 30), "dim"),
            f"{one.language}-{one.script}" if one.script else one.language,
            f"{one.tokens:,}",
            _chapters(one),
            f"{one.repeated:.0%}" if one.repeated >= 0.005 else "",
            *marks,
        )
    return table


def _chapters(one: Surveyed) -> str:
    titled = sum(1 for chapter in one.chapters if chapter.title)
    return f"{titled:,}" if titled else "–"


def _lengths(found: Survey) -> Table:
    table = _grid(("tokens", "right"), ("documents", "right"), ("", ""))
    most = max((count for _, count, _ in found.lengths), default=1)
    for least, count, _ in found.lengths:
        bar = "█" * max(round(50 * count / most), count > 0)
        table.add_row(f"{least:,}–{2 * least - 1:,}", f"{count:,}", Text(bar, "cyan"))
    return table


def _topics(found: Survey) -> Table:
    table = _grid(("share", "right"), ("documents", "right"), ("key terms", ""))
    for one in found.topics:
        table.add_row(f"{one.share:.1%}", f"{one.documents:,}", cut(" · ".join(one.terms), 80))
    return table


def _intents(found: Survey) -> Table:
    table = _grid(("kind", ""), ("sentences", "right"), ("documents", "right"), ("for example", ""))
    for (kind, question), (sentences, documents) in zip(
        QUESTIONS.items(), found.intents.values(), strict=True
    ):
        table.add_row(
            f"{kind}",
            f"{sentences:,}",
            f"{documents:,}",
            Text.assemble(question, (f"  {cut(_example(found, kind), 36)}", "dim")),
        )
    return table


def _example(found: Survey, kind: str) -> str:
    """An example of the document with most sentences of this kind."""
    held = [one for one in found.documents if kind in one.examples]
    best = max(held, key=lambda one: one.intents[kind] / one.tokens, default=None)
    return best.examples[kind] if best else ""


def _copies(found: Survey) -> Iterator[str]:
    copied = found.copies
    yield (
        f"{copied.share:.1%} of the tokens lie in grains that repeat an earlier one "
        f"({copied.grains:,} of {found.grains:,} grains)"
    )
    for sources in copied.exact[:GROUPS]:
        yield f"word for word: {_listed(sources)}"
    if rest := _rest(len(copied.exact), GROUPS, "groups"):
        yield rest
    for group in copied.documents[:GROUPS]:
        yield f"near-duplicates, {group.alike:.0%} alike: {_listed(group.sources)}"
    if rest := _rest(len(copied.documents), GROUPS, "groups"):
        yield rest
    for one in copied.chapters[:GROUPS]:
        of = (
            "itself"
            if (one.of, one.of_title) == (one.source, one.title)
            else _place(one.of, one.of_title)
        )
        yield f"{one.share:.0%} of {_place(one.source, one.title)} repeats {of}"
    if rest := _rest(len(copied.chapters), GROUPS, "chapters"):
        yield rest


def _place(source: str, title: str) -> str:
    return f"{cut(source, 34)} › {cut(title, 24)}" if title else cut(source, 34)


def _listed(sources: tuple[str, ...]) -> str:
    more = f" and {len(sources) - 3:,} more" if len(sources) > 3 else ""
    return ", ".join(cut(one, 30) for one in sources[:3]) + more


def _trouble(found: Survey) -> Table:
    table = _grid(("kind", ""), ("documents", "right"), ("for example", ""))
    for kind, numbers in found.trouble.items():
        first = found.documents[numbers[0]]
        seen = next(one for one in first.trouble if one.kind == kind)
        where = Text.assemble(cut(first.source, 28), (f"  {cut(seen.example, 30)}", "dim"))
        table.add_row(kind, f"{len(numbers):,}", where)
    return table


def _boilerplate(found: Survey) -> Iterator[str]:
    for line, documents in found.boilerplate[:LINES]:
        yield f"{documents:,} documents: {cut(line, 72)}"


def _dropped(found: Survey) -> Iterator[str]:
    counts = Counter(one.reason for one in found.dropped)
    for reason, count in counts.most_common():
        first = next(one for one in found.dropped if one.reason == reason)
        yield cut(f"{count:,} x {reason}: {first.id}", WIDTH - 6)


def _recipes(found: Survey) -> Iterator[str]:
    for name, one in found.recipes.items():
        yield (
            f"{name}  ● {one.fits['good']:,} good, ◐ {one.fits['part']:,} in part, "
            f"○ {one.fits['no']:,} not; about {one.questions:,} questions, contexts of up to "
            f"{one.context:,} tokens"
        )
        yield from (f"     {line}" for line in wrap(one.rule, WIDTH - 6))
    if found.unjudged:
        yield from wrap(f"recipes not judged here: {', '.join(found.unjudged)}", WIDTH - 6)
