"""The words typed after ``longgrain why`` > a page that says which grains one answer rests on."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from longgrain.why import Explained, Tell
    from longgrain.why.case import Case

Flag = Annotated[bool, Parameter(negative=(), show_default=False)]
LISTED = 8


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Asking:
    """Who is asked, and how."""

    model: str = ""
    """A folder or hub name for a model in this process; with --base-url its name at the server."""
    base_url: str = ""
    """An OpenAI-compatible endpoint; its key comes from OPENAI_API_KEY."""
    own: Flag = False
    """Explain what the model says now, not the answer of the example or the reply to the probe."""
    reply_tokens: int = 128
    """A reply has so many tokens at most."""
    no_attention: Flag = False
    """Do not look at where a local model attends."""
    attention_memory: float = 2.0
    """GiB that its attention weights may take."""
    batch: int = 8
    """Contexts at a time for a local model."""
    device: str = ""
    """cpu, cuda, cuda:1, mps for a local model; a GPU where there is one."""


def why(
    place: Path,
    answer_id: str | None = None,
    /,
    *,
    how: Asking | None = None,
    estimate: Flag = False,
    out: Path | None = None,
    json: Flag = False,
) -> None:
    """Say which grains of its context one answer rests on: leave them out, and see what is lost.

    Parameters
    ----------
    place
        The folder of a run, or of a probe.
    answer_id
        The id of an example or of a question, or the beginning of it; without one, a few are listed.
    estimate
        Say how often the model would be asked, and ask nothing.
    out
        The page; why-ID.html in the folder if it is not given.
    json
        Print the figures as JSON too.
    """
    from longgrain import terminal
    from longgrain.errors import PlanError
    from longgrain.why.page import write

    if answer_id is None:
        _list(place)
        return
    case, asking = _case(place, answer_id), how or Asking()
    _foretell(case, to_stderr=json)
    if estimate:
        return
    if not asking.model:
        raise PlanError("no model is named, so nothing can be asked: give --model, or --estimate")
    path = out or place / f"why-{case.id}.html"
    ask = _served if asking.base_url else _local
    with terminal.steps() as steps:
        found = ask(case, asking, path, steps.tell)
    write(found, path)
    if json:
        sys.stdout.buffer.write(found.json() + b"\n")
    _say(found, path, to_stderr=json)


def _foretell(case: Case, *, to_stderr: bool) -> None:
    from longgrain.terminal import console
    from longgrain.why.leaving import most

    console(stderr=to_stderr).print(
        f"{case.grains:,} grains, {sum(len(text) for _, text in case.chat()):,} characters: at most "
        f"{most(case.grains):,} contexts are asked about",
        highlight=False,
    )


def _case(place: Path, name: str) -> Case:
    from longgrain.errors import RunError
    from longgrain.run import Run
    from longgrain.why.asked import of_question
    from longgrain.why.case import of_example

    if (place / "manifest.json").is_file():
        return of_example(Run(place), name)
    if (place / "answers.jsonl").is_file():
        return of_question(place, name)
    raise RunError(
        f"{place} holds neither a finished run nor the answers of a probe, so there is no answer to "
        "explain: give the folder of one of them"
    )


def _served(case: Case, asking: Asking, path: Path, tell: Tell) -> Explained:
    """Of a model behind an endpoint; its calls are kept beside the page."""
    from longgrain.calls import Ledger
    from longgrain.why import why as explain
    from longgrain.why.endpoint import Endpoint

    path.parent.mkdir(parents=True, exist_ok=True)
    with Ledger(path.with_suffix(".sqlite")) as ledger:
        asked = Endpoint.of(asking.model, asking.base_url, ledger, most=asking.reply_tokens)
        own = asking.reply_tokens if asking.own else 0
        return explain(case, asked, asked.teacher.name, own=own, tell=tell)


def _local(case: Case, asking: Asking, path: Path, tell: Tell) -> Explained:
    """Of a model in this process also where it looks; what keeps that from being had is said."""
    from longgrain.errors import TeacherError
    from longgrain.why import why as explain
    from longgrain.why.attention import GIB, attention, memory
    from longgrain.why.local import Local

    tell("loading the model")
    asked = Local.load(asking.model, device=asking.device, batch=asking.batch)
    own = asking.reply_tokens if asking.own else 0
    found = explain(case, asked, Path(asking.model).name, own=own, tell=tell)
    if asking.no_attention:
        return found
    tokens = [len(asked.ids(asked.rendered(found.case.chat()))), len(asked.answer_ids(found.case))]
    tell(f"attention weights: {memory(asked, *tokens) / GIB:.3f} GiB")
    try:
        seen = attention(asked, found.case, most=asking.attention_memory)
        return replace(found, attention=seen)
    except TeacherError as error:
        return replace(found, unseen=str(error))


def _say(found: Explained, path: Path, *, to_stderr: bool) -> None:
    from rich.text import Text

    from longgrain.terminal import console
    from longgrain.why.verdict import sentences

    out = console(stderr=to_stderr)
    for one in sentences(found):
        out.print(Text(f"• {one}"))
    out.print(f"\n{found.left.asked:,} contexts were asked about\nwrote {path}")


def _list(place: Path) -> None:
    from longgrain import terminal
    from longgrain.run import Run
    from longgrain.why.asked import listed

    out = terminal.console()
    if (place / "manifest.json").is_file():
        terminal.some_ids(out, Run(place))
        return
    for name, about in listed(place, LISTED):
        out.print(f"{name}  {about}", highlight=False)
    out.print(f"\nnext: longgrain why {place} ID --model DIR")
