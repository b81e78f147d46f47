"""The words typed after ``longgrain probe`` > a model's answers and scores in a folder, and a table."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

Flag = Annotated[bool, Parameter(negative=(), show_default=False)]
Many = Parameter(negative=(), show_default=False)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Questions:
    """Which questions, and from what they are made."""

    lengths: str = ""
    """Tokens of a prompt, with commas: 4k,8k,32k."""
    sizes: str = ""
    """Items of a context instead, as published: 75,140,300 pairs."""
    questions: int = 100
    """How many of each length and context."""
    positions: int = 0
    """How many places the evidence is put at in turn; 0 leaves it to the probe."""
    language: Literal["en", "zh"] = "en"
    """Of instructions, made-up words and documents."""
    context: Annotated[tuple[Literal["whole", "evidence", "none"], ...], Many] = ("whole",)
    """Also ask with only the evidence, or with no context at all. May be given again."""
    documents: Annotated[tuple[str, ...], Many] = ()
    """Held-out text: files, folders, or a run, of which the test side is taken. May be given again."""
    data: Path | None = None
    """The folder of a benchmark's published files."""
    tokenizer: str = ""
    """The model's tokenizer.json or its name on the hub; a local model has its own."""
    seed: int = 17
    """Other questions of the same kind."""

    def told(self) -> dict[str, Any]:
        """As the step takes them. Raises PlanError for what is no count."""
        told = asdict(self)
        contexts = tuple(dict.fromkeys(told.pop("context")))
        sizes = {name: counts(told.pop(name)) for name in ("lengths", "sizes")}
        return {**told, **sizes, "contexts": contexts, "data": str(self.data or "")}


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Asking:
    """How the model is asked."""

    reply_tokens: int = 0
    """A reply has so many tokens at most; 0 leaves it to the probe."""
    batch: int = 8
    """Prompts at a time for a local model."""
    device: str = ""
    """cpu, cuda, cuda:1, mps for a local model; a GPU where there is one."""


def probe(
    *,
    probe: str,
    model: str,
    base_url: str = "",
    which: Questions | None = None,
    how: Asking | None = None,
    settings: Annotated[
        tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)
    ] = (),
    out: Path | None = None,
    replace: Flag = False,
    json: Flag = False,
) -> None:
    """Ask a model about long contexts, and see where in them it fails.

    Parameters
    ----------
    probe
        needle, variable_tracking, common_words, frequent_words, key_value, multidoc_qa, val_document,
        val_code, val_database, passage_retrieval; of held-out documents grain_qa, integration, order,
        location, refusal, self_correction, style; or module:Name for one of your own.
    model
        A folder or hub name for a model in this process; with --base-url its name at the server.
    base_url
        An OpenAI-compatible endpoint; its key comes from OPENAI_API_KEY.
    settings
        Change a setting of the probe: --set haystack=noise. May be given again.
    out
        The folder for answers, scores and the ledger; probes/MODEL-PROBE if it is not given.
    replace
        Write over the answers of other settings in the same folder; stored calls are kept.
    json
        Print the summary as JSON instead of a table.
    """
    from longgrain import probe_terminal, terminal
    from longgrain.probe import Asked
    from longgrain.probe import probe as ask

    one, by = which or Questions(), how or Asking()
    asked = Asked(
        probe=probe,
        model=model,
        base_url=base_url,
        settings=_settings(settings),
        **one.told(),
        **asdict(by),
    )
    folder = out or Path("probes") / f"{Path(model).name}-{probe.replace(':', '-')}-{one.language}"
    try:
        with terminal.steps() as steps:
            found = ask(asked, folder, replace=replace, tell=steps.tell)
    except KeyboardInterrupt:
        terminal.console(stderr=True).print("\nstopped; the same command goes on where it stopped")
        sys.exit(130)
    if json:
        sys.stdout.buffer.write(found.json() + b"\n")
        return
    probe_terminal.show(terminal.console(), found)
    print(f"\nwrote {folder}\nnext: longgrain compare {folder} OTHER")


def counts(words: str) -> tuple[int, ...]:
    """``4k,8k,32000`` as numbers; k is 1,024. Raises PlanError for what is none."""
    from longgrain.errors import PlanError

    found = []
    for part in (one.strip().lower() for one in words.split(",") if one.strip()):
        number, k = (part[:-1], 1024) if part.endswith("k") else (part, 1)
        if not number.isdigit() or not int(number):
            raise PlanError(f"{part!r} is no count, so no prompt can have it: write 4k,8k or 4096")
        found.append(int(number) * k)
    return tuple(found)


def _settings(changes: tuple[str, ...]) -> dict[str, Any]:
    """``name=value`` of each change, a list as ``[2,3]``. PlanError without a sign of equality."""
    from longgrain.errors import PlanError

    if wrong := next((one for one in changes if "=" not in one), None):
        raise PlanError(f"--set {wrong!r} has no '='; write --set name=value")
    named = (one.split("=", 1) for one in changes)
    return {
        name: value[1:-1].split(",") if value[:1] + value[-1:] == "[]" else value
        for name, value in named
    }
