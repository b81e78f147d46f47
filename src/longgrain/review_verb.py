"""The words typed after ``longgrain review`` > a page in the browser, on which people judge and label."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from longgrain.review.serving import Opened


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Page:
    """Where the page is served, and how it looks."""

    host: str = "127.0.0.1"
    """Another one can be reached from other machines, and gets a token in its address."""
    port: int = 8400
    """0 takes a free one."""
    language: Literal["en", "zh", "auto"] = "auto"
    """Of the page; auto is that of the browser."""
    open: Annotated[bool, Parameter(negative="--no-open")] = True
    """Open the page in a browser."""


def review(
    folder: Path,
    /,
    *,
    label: Path | None = None,
    pairs: Annotated[tuple[Path, Path] | None, Parameter(negative=())] = None,
    side: Literal["train", "valid", "test"] | None = None,
    by: str = "",
    repeat: float = 0.05,
    judges: int = 0,
    page: Page | None = None,
) -> None:
    """Judge examples, label texts or compare answers on a local page; decisions stay in the folder.

    Needs the extra ``review``. Nothing leaves this machine.

    Parameters
    ----------
    folder
        The folder of a run. With --pairs, or texts of your own, any folder.
    label
        Label texts as this YAML file says, instead of judging examples.
    pairs
        Compare two folders of a probe's answers, or two JSONL files of replies, blind.
    side
        Only the examples of one side.
    by
        The name of whoever has given none on the page.
    repeat
        The share of items that a person sees twice, to tell how steady they are.
    judges
        So many people decide about each item; 0 gives every item to everyone.
    """
    from longgrain.errors import RunError

    how = page or Page()
    try:
        from longgrain.review.serving import Asked, serve

        asked = Asked(
            folder=folder,
            label=label,
            pairs=pairs,
            side=side,
            by=by,
            repeat=repeat,
            judges=judges,
            language=how.language,
            host=how.host,
            port=how.port,
        )
        serve(asked, lambda one: _ready(one, how.open))
    except ModuleNotFoundError as error:
        raise RunError(
            f"the page needs {error.name}, which is not installed; `pip install 'longgrain[review]'`"
        ) from error
    except KeyboardInterrupt:
        sys.exit(130)


def _ready(one: Opened, is_to_open: bool) -> None:
    """Says where the page is, and opens it."""
    import webbrowser

    from longgrain.review.words import speaker_of

    say, items = speaker_of("en"), one.site.queue.items
    what = {"example": "examples", "label": "texts", "pair": "pairs"}[one.site.task.kind]
    print(f"{items.count():,} {what} at {one.bound.address}")
    for reason, count in items.left_out().items():
        if count:
            print(f"left out: {say(reason, count=f'{count:,}')}")
    print(f"decisions are kept in {items.store.path}; stop with Ctrl+C", flush=True)
    if is_to_open:
        webbrowser.open(one.bound.address)
