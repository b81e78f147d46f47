"""The words typed after ``longgrain select`` > examples chosen, as tables or JSON lines on stdout."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

if TYPE_CHECKING:
    from longgrain.select import Selector

By = Literal["bm25", "jaccard", "tfidf", "dense", "mmr", "dpp"]
Like = Literal["tfidf", "jaccard", "dense"]
Order = Literal["best-last", "best-first", "as-picked"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Choice:
    """How to choose."""

    k: Annotated[int, Parameter(name=["-k", "--examples"])] = 8
    """How many examples at most."""
    by: By = "bm25"
    """What makes an example near: dense wants --embed, mmr and dpp look for variety too."""
    budget: int | None = None
    """Tokens of all examples together at most."""
    tokenizer: str = "longgrain"
    """Counts tokens: a tokenizer.json or a Hugging Face model name."""
    order: Order = "best-last"
    """How they stand in the prompt."""
    guard: str = "document,answer,input"
    """What an example may not share with the query; "" for nothing."""
    weight: float = 0.5
    """Relevance against variety for mmr and dpp, 0 to 1."""
    shorter: float = 0.0
    """How much length counts against an example; 1 is as much as relevance."""
    like: Like = "tfidf"
    """What mmr and dpp compare by."""
    inputs: str = ""
    """Fields that ask, with commas; input, question, prompt and the like are known."""
    outputs: str = ""
    """Fields that answer; output, answer, completion and the like are known."""
    template: str = ""
    """How an example stands in the prompt: "Q: {question} A: {answer}"."""
    embed: str = ""
    """A sentence-transformers model, module:name, or a model of --base-url."""
    base_url: str = ""
    """An OpenAI-compatible endpoint that embeds; its key comes from OPENAI_API_KEY."""

    def selector(self) -> Selector:
        """Raises PlanError for what cannot be."""
        from longgrain.dense import embedder
        from longgrain.select import Selector

        return Selector(
            by=self.by,
            k=self.k,
            budget=self.budget,
            tokenizer=self.tokenizer,
            order=self.order,
            guard=_listed(self.guard),  # type: ignore[arg-type]
            weight=self.weight,
            shorter=self.shorter,
            like=self.like,
            inputs=_listed(self.inputs),
            outputs=_listed(self.outputs),
            template=self.template,
            embed=embedder(self.embed, self.base_url) if self.embed else None,
        )


_DEFAULT = Choice()


def select(
    pool: Path,
    /,
    *,
    query: str | None = None,
    queries: Path | None = None,
    json: Annotated[bool, Parameter(negative=(), show_default=False)] = False,
    choice: Choice = _DEFAULT,
) -> None:
    """Choose examples to show in a prompt, for one query or many.

    Parameters
    ----------
    pool
        JSONL with input and output or messages, or a run's folder: its drafts of side train.
    query
        The words of one query.
    queries
        A file of queries: JSONL (answer and documents feed the guard), or one query a line.
    json
        Print one line of JSON a query instead of tables.
    """
    from longgrain import select_terminal, terminal

    selector = choice.selector()
    asked = [] if query is None else [{(selector.inputs or ("input",))[0]: query}]
    told = terminal.console(stderr=True)
    found = select_terminal.select(selector, pool, asked, queries, told)
    if json:
        select_terminal.write_json(found)
    else:
        select_terminal.show(terminal.console(), found, selector)


def _listed(words: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in words.split(",") if part.strip())
