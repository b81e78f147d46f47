"""The words typed after ``longgrain`` > one of its verbs done, and what came of it in the terminal.

Everything heavy is imported inside the verb that needs it, so that help is there at once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Parameter

from longgrain.adapters_verb import adapters
from longgrain.ask_verb import ask
from longgrain.compare_verb import compare
from longgrain.decisions_verb import decisions
from longgrain.errors import LonggrainError
from longgrain.probe_verb import probe
from longgrain.prove_verb import prove
from longgrain.report_verb import report
from longgrain.review_verb import review
from longgrain.score_verb import score
from longgrain.select_verb import select
from longgrain.train_verb import train
from longgrain.tune_verb import tune
from longgrain.why_verb import why

if TYPE_CHECKING:
    from longgrain.run import Run

Changes = Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)]
Flag = Annotated[bool, Parameter(negative=(), show_default=False)]


def _version() -> str:
    from importlib.metadata import version

    return version("longgrain")


app = App(
    name="longgrain",
    help="Long documents in, fine-tuning data out, every token accounted for.",
    help_epilogue=(
        "A first run:\n\n"
        "  longgrain survey documents/     what have I got?\n"
        "  longgrain init documents/       write a commented plan.yaml\n"
        "  longgrain preview plan.yaml     look before building\n"
        "  longgrain build plan.yaml       build it, and open the report\n"
    ),
    help_format="plaintext",
    version=_version,
)


def main() -> None:
    """The command ``longgrain``; exits with 2 where something was asked that cannot be."""
    from longgrain.terminal import console

    try:
        app(
            sys.argv[1:],
            exit_on_error=False,
            console=console(),
            error_console=console(stderr=True),
        )
    except CycloptsError:
        sys.exit(2)
    except LonggrainError as error:
        _complain(error)
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        sys.stderr.close()
        sys.exit(0)


def _complain(error: LonggrainError) -> None:
    from rich.text import Text

    from longgrain.terminal import console

    said = "\n".join([str(error), *getattr(error, "__notes__", ())])
    console(stderr=True).print(Text.assemble(("longgrain: ", "bold red"), said))


@app.command(
    sort_key=0, help_epilogue="Example:\n\n  longgrain survey documents/ --html survey.html\n"
)
def survey(
    *paths: Path,
    plan: Path | None = None,
    html: Path | None = None,
    json: Flag = False,
    tokenizer: str = "longgrain",
    workers: int | None = None,
) -> None:
    """Say what there is: lengths, languages, topics, what can be asked, copies, trouble.

    Parameters
    ----------
    paths
        Files, folders (with all below them) and globs; the sources of the plan if none is given.
    plan
        Say also what a build of this plan will take; its teacher is not asked.
    html
        Write a page that opens offline to this file.
    json
        Print everything as JSON instead of tables.
    tokenizer
        Count tokens with it: a tokenizer.json or a Hugging Face model name.
    workers
        How many processes; one for every 4 MB if it is not given.
    """
    from longgrain import survey_page, survey_terminal, terminal
    from longgrain.errors import SourceError
    from longgrain.plan import Plan
    from longgrain.preview import places, preview
    from longgrain.survey import survey as look

    asked = Plan.load(plan) if plan else None
    named = paths or places(asked)
    if not named:
        raise SourceError("no path is given, so there is nothing to look into: name a folder")
    with terminal.steps() as steps:
        found = look(named, tokenizer=tokenizer, workers=workers, tell=steps.tell)
        taken = preview(asked, 0, tell=steps.tell) if asked else None
    if html is not None:
        survey_page.write(found, html)
    if json:
        sys.stdout.buffer.write(terminal.as_json(found, taken) + b"\n")
        return
    survey_terminal.show(terminal.console(), found)
    if taken:
        terminal.forecast(terminal.console(), taken)
    print(f"\nwrote {html}" if html else "\nnext: --html FILE for a page with charts")


@app.command(sort_key=1, help_epilogue="Example:\n\n  longgrain init documents/\n")
def init(folder: Path, /, *, out: Path = Path("plan.yaml"), force: Flag = False) -> None:
    """Write a commented plan.yaml for the documents in a folder.

    Parameters
    ----------
    folder
        Where the documents are: txt, Markdown, JSONL, CSV or Parquet files.
    out
        Where the plan goes.
    force
        Write over a plan that is already there.
    """
    from longgrain.init import init as write_plan

    path = write_plan(folder, out, force=force)
    print(f"wrote {path}\nnext: longgrain preview {path}")


@app.command(sort_key=2, help_epilogue="Example:\n\n  longgrain preview plan.yaml -n 3\n")
def preview(
    plan: Path,
    /,
    *,
    n: Annotated[int, Parameter(name=["-n", "--examples"])] = 5,
    pilot: int = 0,
    out: Path | None = None,
    changes: Changes = (),
) -> None:
    """Show a few examples, what a build will take and what cannot work.

    Writes nothing and asks no teacher that may cost something, unless --pilot allows it.

    Parameters
    ----------
    plan
        The plan's YAML file.
    n
        How many examples to show.
    pilot
        Ask the plan's teacher for so many of its examples; the build takes them from its folder.
    out
        The folder where the build will go, for the calls of a pilot; runs/NAME if it is not given.
    changes
        Change a setting of the plan: --set layout.lengths.max=8192. May be given again.
    """
    from longgrain import show, terminal
    from longgrain.plan import Plan
    from longgrain.preview import preview as look

    with terminal.steps() as steps:
        found = look(Plan.load(plan, changes), n, pilot=pilot, out=out, tell=steps.tell)
    told = terminal.console()
    for example in found.examples:
        told.print(show.terminal(example))
        told.print()
    terminal.forecast(told, found)
    if found.problems:
        sys.exit(2)
    told.print(f"\nnext: longgrain build {plan}" + (f" --out {out}" if out else ""))


@app.command(
    sort_key=3,
    help_epilogue="Example:\n\n  longgrain build plan.yaml --set recipes.0.examples=500\n",
)
def build(
    plan: Path,
    /,
    *,
    out: Path | None = None,
    changes: Changes = (),
    workers: int = 1,
    replace: Flag = False,
) -> None:
    """Build a plan into a run folder; goes on where an earlier build of it was stopped.

    Parameters
    ----------
    plan
        The plan's YAML file.
    out
        The run's folder; runs/NAME if it is not given.
    changes
        Change a setting of the plan: --set seed=18. May be given again.
    workers
        How many processes; the bytes of the run are the same for any number.
    replace
        Make room for a changed plan in the same folder; stored teacher calls are kept.
    """
    from longgrain import terminal
    from longgrain.build import build as run_plan
    from longgrain.plan import Plan

    asked = Plan.load(plan, changes)
    try:
        with terminal.steps() as steps:
            run = run_plan(asked, out, workers=workers, replace=replace, tell=steps.tell)
    except KeyboardInterrupt:
        again = "stopped; the same command goes on where this build stopped"
        terminal.console(stderr=True).print(f"\n{again}")
        sys.exit(130)
    terminal.summary(terminal.console(), run)


@app.command(sort_key=4, help_epilogue="Example:\n\n  longgrain explain runs/demo 3f2a --tokens\n")
def explain(
    run: Path,
    example_id: str | None = None,
    /,
    *,
    html: Path | None = None,
    tokens: Flag = False,
    whole: Flag = False,
) -> None:
    """Show one example: every span with role, loss, grain and place, checked against its row.

    Parameters
    ----------
    run
        The run's folder.
    example_id
        The example's id or the beginning of it; without one, a few ids are listed.
    html
        Write a page to this file.
    tokens
        Show every token as it is trained.
    whole
        Shorten nothing.
    """
    from longgrain import terminal
    from longgrain.run import Run

    opened = Run(run)
    if example_id is None:
        terminal.some_ids(terminal.console(), opened)
    else:
        _explain(opened, example_id, html, tokens=tokens, whole=whole)


def _explain(run: Run, example_id: str, html: Path | None, *, tokens: bool, whole: bool) -> None:
    from rich.rule import Rule

    from longgrain import show, terminal
    from longgrain.explain import explain as look
    from longgrain.explain import revised, row_place, weighed

    found, out = look(run, example_id), terminal.console()
    if html is not None:
        html.write_text(show.html(found), "utf-8")
        out.print(f"wrote {html}")
        return
    out.print(show.terminal(found, whole=whole))
    out.print(Rule("spans", align="left"))
    out.print(show.table(found))
    if tokens:
        out.print(Rule("tokens as trained", align="left"))
        out.print(show.trained(found, whole=whole))
    example = run.example(found.id)
    place = row_place(run, example)
    out.print(place.said if place else "in no row: it is longer than a row of this run")
    if words := weighed(example):
        out.print(words)
    for line in revised(example):
        out.print(line, markup=False)


def _settings(changes: tuple[str, ...]) -> dict[str, str]:
    """``name=value`` of each change. Raises PlanError for one without a sign of equality."""
    from longgrain.errors import PlanError

    if wrong := next((one for one in changes if "=" not in one), None):
        raise PlanError(f"--set {wrong!r} has no '='; write --set name=value")
    return dict(one.split("=", 1) for one in changes)


@app.command(sort_key=5, help_epilogue="Example:\n\n  longgrain export runs/demo --to trl\n")
def export(run: Path, /, *, to: str, out: Path | None = None, changes: Changes = ()) -> None:
    """Write a run in a format that trainers read.

    Parameters
    ----------
    run
        The run's folder.
    to
        jsonl (messages), parquet (rows with labels, weights and position_ids), hf (a folder for
        `datasets`), arrays (memory-mapped, for torch), for a trainer trl, axolotl, llamafactory,
        ms_swift, megatron or openai, or module:Name for one of your own.
    out
        Where the files go; RUN/export/FORMAT if it is not given.
    changes
        A setting of the export, as in --set form=segments. May be given again.
    """
    from longgrain import terminal
    from longgrain.make import component
    from longgrain.run import Run

    settings = _settings(changes)
    folder = out or run / "export" / to.replace(":", "-")
    for path in component("exports", to, settings).write(Run(run), folder):
        terminal.console().print(f"wrote {path}  {terminal.size(path.stat().st_size)}")


# In the order of the way: what a verb of a file of its own is, and a line that shows it.
VERBS: tuple[tuple[Callable[..., None], str], ...] = (
    (train, "train runs/demo --model models/base --method lora --mask grains --out tuned"),
    (adapters, "adapters law=tuned/law code=tuned/code --out tuned/both"),
    (probe, "probe --model models/tuned --probe needle --lengths 4k,8k,16k"),
    (compare, "compare probes/before probes/after"),
    (score, "score --metric rouge --predictions replies.jsonl --references gold.jsonl"),
    (report, "report runs/demo --probe probes/before --probe probes/after"),
    (why, "why probes/after 54c9ff --model models/tuned"),
    (review, "review runs/demo"),
    (decisions, "decisions runs/demo"),
    (tune, "tune plan.yaml --vary grains.size=64,128,256"),
    (prove, "prove position"),
    (select, 'select pool.jsonl --query "How many lamps?" --budget 2000'),
    (
        ask,
        'ask handbook.pdf "Who may open the sluice?" --by retrieve '
        "--base-url http://127.0.0.1:8000/v1 --model my-model",
    ),
)
for key, (verb, example) in enumerate(VERBS, start=6):
    app.command(verb, sort_key=key, help_epilogue=f"Example:\n\n  longgrain {example}\n")

if __name__ == "__main__":
    main()
