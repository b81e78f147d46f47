"""A LaTeX command with words of its own, such as a footnote > those words where they can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from longgrain.readers.latex.names import LEVELS, LISTS
from longgrain.readers.latex.writer import ASIAN

if TYPE_CHECKING:
    from longgrain.readers.latex.body import Body


def _footnote(body: Body, at: int) -> int:
    _, at = body.options(at)
    note, at = body.argument(at)
    if note:
        body.out.say(f"（{note}）" if ASIAN.search(note) else f" ({note})")
    return at


def _link(body: Body, at: int) -> int:
    start, stop, at = body.source.group(body.source.skip(at))
    place = body.text[start:stop].replace("\\", "")
    words, at = body.argument(at)
    body.out.say(words if words == place else f"{words} ({place})")
    return at


def _url(body: Body, at: int) -> int:
    start, stop, at = body.source.group(body.source.skip(at))
    body.out.say(body.text[start:stop].replace("\\", ""))
    return at


def _caption(body: Body, at: int) -> int:
    _, at = body.options(at)
    caption, at = body.argument(at)
    is_table = any("table" in one.name for one in body.around[-50:])
    words = ("表：", "图：") if ASIAN.search(caption) else ("Table: ", "Figure: ")
    body.out.flush()
    body.out.say(f"{words[not is_table]}{caption}")
    body.out.flush()
    return at


def _item(body: Body, at: int) -> int:
    body.out.flush()
    options, at = body.options(at)
    lists = [one for one in body.around[-50:] if one.name in LISTS]
    mark = "- "
    if lists:
        lists[-1].items += 1
        mark = LISTS[lists[-1].name].replace("1", str(lists[-1].items))
    name = f"{options[0]}: " if options and options[0] else ""
    body.out.mark = f"{'  ' * (len(lists) - 1)}{mark}{name}"
    return at


def _bibitem(body: Body, at: int) -> int:
    _, at = body.options(at)
    key, at = body.argument(at)
    body.out.flush()
    body.out.mark = f"- [{key}] "
    return at


def _take_title(body: Body, at: int) -> int:
    body.title, at = _titling(body, at)
    return at


def _take_author(body: Body, at: int) -> int:
    body.author, at = _titling(body, at)
    return at


def _take_date(body: Body, at: int) -> int:
    body.date, at = _titling(body, at)
    return at


def _titling(body: Body, at: int) -> tuple[str, int]:
    _, at = body.options(at)
    return body.argument(at)


def _thanks(body: Body, at: int) -> int:
    words, at = _titling(body, at)
    body.thanks = f"{body.thanks} {words}".strip()
    return at


def _frame_title(body: Body, at: int) -> int:
    return body.section(LEVELS["subsection"], at)


def _make_title(body: Body, at: int) -> int:
    return body.make_title(at)


HANDLERS: dict[str, Callable[[Body, int], int]] = {
    "item": _item,
    "bibitem": _bibitem,
    "caption": _caption,
    "footnote": _footnote,
    "footnotetext": _footnote,
    "href": _link,
    "url": _url,
    "title": _take_title,
    "author": _take_author,
    "date": _take_date,
    "thanks": _thanks,
    "maketitle": _make_title,
    "frametitle": _frame_title,
}
