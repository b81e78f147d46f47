"""The words typed after ``longgrain ask`` > one question over a document, answered by the method named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from cyclopts import Parameter

By = Literal["full", "retrieve", "map-reduce", "refine", "compress", "pearl", "all"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Whom:
    """Who is asked."""

    model: str = ""
    """The model's name at the endpoint, or with --teacher transformers its folder."""
    base_url: str = ""
    """An OpenAI-compatible endpoint; its key comes from OPENAI_API_KEY."""
    teacher: str = "openai"
    """A teacher of the shelf, or module:Name for one of your own."""
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=())] = ()
    """A setting of the teacher: --set max_reply_tokens=500. May be given again."""
    prompts: str = ""
    """A folder of your own prompts."""

    def made(self) -> Any:
        """The teacher. Raises PlanError for settings that cannot be."""
        from longgrain.errors import PlanError
        from longgrain.make import component

        wrong = next((one for one in self.settings if "=" not in one), None)
        if wrong:
            raise PlanError(f"--set {wrong!r} has no '='; write --set name=value")
        own = {"model": self.model, "base_url": self.base_url}
        given = {name: value for name, value in own.items() if value}
        teacher = component(
            "teachers", self.teacher, given | dict(one.split("=", 1) for one in self.settings)
        )
        if not getattr(teacher, "prompted", False):
            raise PlanError(
                f"teacher {self.teacher!r} reads no prompts, so it cannot answer a question in words; "
                "name a language model: --base-url URL --model NAME"
            )
        return teacher


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Within:
    """How much is read at a time."""

    window: int = 8192
    """Tokens read in one prompt by map-reduce, refine and pearl."""
    budget: int = 0
    """Tokens of the compressed text; as many as the window if it is not given."""
    k: Annotated[int, Parameter(name=["-k", "--passages"])] = 12
    """Passages that are retrieved."""
    tokenizer: str = "longgrain"
    """Counts tokens: a tokenizer.json or a Hugging Face model name."""


def ask(
    document: str,
    question: str,
    /,
    *,
    by: By = "full",
    whom: Whom | None = None,
    within: Within | None = None,
    json: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
) -> None:
    """Ask one question about a long document; the answer comes with its evidence and its cost.

    Parameters
    ----------
    document
        A file, a folder, an archive or an address of anything that can be read.
    question
        The question, in quotes.
    by
        How the document is read: whole, the nearest passages, notes of every window put together or
        refined, compressed, by a plan of actions; or by all of them, side by side.
    json
        Print one line of JSON a method instead.
    """
    from longgrain import ask_terminal, terminal
    from longgrain.ask import METHODS, Asked
    from longgrain.ask_text import Text
    from longgrain.prompts import Prompts
    from longgrain.speaker import Speaker
    from longgrain.tokens import Tokenizer

    whom, within = whom or Whom(), within or Within()
    asked = Asked(question=question, window=within.window, budget=within.budget, k=within.k)
    speaker = Speaker(teacher=whom.made(), prompts=Prompts(whom.prompts))
    text = Text.of([document], Tokenizer.load(within.tokenizer))
    methods = list(METHODS) if by == "all" else [by]
    show = ask_terminal.as_json if json else ask_terminal.show
    show(terminal.console(), terminal.console(stderr=True), methods, asked, text, speaker)
