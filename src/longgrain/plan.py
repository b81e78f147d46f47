"""A YAML file or a mapping > a complete, checked plan: everything a run asks for, defaults written out.

Unknown keys are errors, with file and line; paths are read from the folder of the plan.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML

from longgrain.errors import PlanError
from longgrain.plan_file import change, explained, parsed, telling
from longgrain.quota import share_out
from longgrain.review_part import ReviewPart
from longgrain.secret import place_of_secret
from longgrain.types import content_id
from longgrain.wished_mix import Balance

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class Part(BaseModel):
    """A part of a plan: immutable, and any key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cutting(Part):
    """How documents are cut into grains; ``size`` is in tokens of the run's tokenizer."""

    size: Annotated[int, Field(ge=8, le=4096)] = 128
    mode: Literal["sentence", "exact"] = "sentence"


class Splitting(Part):
    """Shares of tokens held out, and what is kept together: documents, chapters, or what suffices."""

    valid: Share = 0.05
    test: Share = 0.05
    by: Literal["auto", "document", "chapter"] = "auto"


class Between(Part):
    """Context lengths spread evenly between two bounds, in tokens of the whole example."""

    min: Annotated[int, Field(ge=256)] = 2048
    max: Annotated[int, Field(ge=256)] = 16384

    @model_validator(mode="after")
    def _ordered(self) -> Between:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is larger than max {self.max}; swap them")
        return self


class Distractors(Part):
    """Shares of a context's other grains: any, those nearest to the question, the same document's."""

    random: Share = 0.8
    hard: Share = 0.1
    same_document: Share = 0.1

    @model_validator(mode="after")
    def _whole(self) -> Distractors:
        if abs(self.random + self.hard + self.same_document - 1) > 1e-6:
            raise ValueError("random, hard and same_document must add up to 1")
        return self


class Layout(Part):
    """How evidence is laid out: lengths, depth quotas, distractors, what stands before a grain."""

    lengths: Between | tuple[Annotated[int, Field(ge=256)], ...] = Between()
    depths: Annotated[int, Field(ge=1, le=100)] | tuple[Annotated[float, Field(ge=0)], ...] = 10
    distractors: Distractors = Distractors()
    metadata: tuple[Literal["title", "heading", "date", "position"], ...] = ()
    in_order: Share = 0.1
    short: Annotated[int, Field(ge=128)] = 1024

    @property
    def longest(self) -> int:
        """The longest example asked for, in tokens."""
        return self.lengths.max if isinstance(self.lengths, Between) else max(self.lengths)

    @property
    def depth_shares(self) -> tuple[float, ...]:
        """One share for each depth bin."""
        if isinstance(self.depths, int):
            return (1 / self.depths,) * self.depths
        return tuple(share / sum(self.depths) for share in self.depths)

    @field_validator("lengths", "depths")
    @classmethod
    def _not_empty(cls, value: Any) -> Any:
        if isinstance(value, tuple) and (not value or not sum(value)):
            raise ValueError("the list is empty or all zero; name at least one")
        return value


class Component(BaseModel):
    """A component by name with its settings, as in ``{use: extractive}``."""

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str

    @property
    def settings(self) -> dict[str, Any]:
        """What the component's own fields are set to."""
        return dict(self.model_extra or {})


WAYS = ("synonyms", "paraphrase", "constrain", "join", "reorder")


class Augmenting(Part):
    """What share of the sound drafts is put in other words, in which ways, and whether beside them.

    With ``copies`` 0 the augmented draft takes the original's place; else there are so many of them
    beside it, each in another way.
    """

    share: Share = 0.0
    copies: Annotated[int, Field(ge=0, le=4)] = 0
    ways: Annotated[tuple[Component, ...], Field(min_length=1)] = tuple(
        Component(use=name) for name in WAYS
    )

    @field_validator("ways", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return _components(value)

    @model_validator(mode="after")
    def _enough(self) -> Augmenting:
        if self.copies > len(self.ways):
            raise ValueError(
                f"{self.copies} copies need as many ways, since each is made in another one; there "
                f"are {len(self.ways)}"
            )
        return self


def _components(value: Any) -> Any:
    """Names in a list as components without settings."""
    if not isinstance(value, list | tuple):
        return value
    return [{"use": one} if isinstance(one, str) else one for one in value]


COMPRESSED_WINDOW = 4096


class Wrapping(Part):
    """What a recipe's examples get about their contexts, whatever the recipe.

    ``metadata`` is a line before every grain of a pool, or before the window; ``outline`` a budget of
    tokens for the headings of the evidence's document; ``window`` cuts the context to so many tokens
    of the evidence's own document; ``compress`` is the share that is left of a window's far parts, and
    alone it has a window of 4,096 tokens, or of three quarters of a row where that is less.
    """

    metadata: tuple[Literal["title", "heading", "date", "position"], ...] = ()
    outline: Annotated[int, Field(ge=32)] | None = None
    window: Annotated[int, Field(ge=256)] | None = None
    compress: Annotated[float, Field(gt=0, lt=1)] | None = None

    def reach(self, row: int) -> int:
        """Tokens of the window in rows of so many tokens; 0 for none."""
        own = min(COMPRESSED_WINDOW, row * 3 // 4) if self.compress else 0
        return self.window or own

    @model_validator(mode="after")
    def _sensible(self) -> Wrapping:
        if len(set(self.metadata)) < len(self.metadata):
            raise ValueError(f"metadata {list(self.metadata)} names a part twice; name each once")
        return self


class RecipeEntry(BaseModel):
    """One recipe of the plan: its name, how many examples over all sides, and its own settings.

    Instead of ``examples`` it may have a ``share`` of the plan's examples. ``augment`` holds for its
    examples instead of the plan's, ``wrap`` for their contexts.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    use: str
    examples: Count
    share: Annotated[float, Field(gt=0)] | None = None
    augment: Augmenting | None = None
    wrap: Wrapping = Wrapping()

    @property
    def settings(self) -> dict[str, Any]:
        """What the recipe's own fields are set to."""
        return dict(self.model_extra or {})


class TeacherEntry(Component):
    """The teacher by name with its settings, and caps that hold for any teacher.

    ``max_money`` is in the currency of the teacher's prices, ``max_calls`` counts requests, each
    once. Both are spent in plan order; null is no limit. ``prompts`` is a folder of your own words
    for a language model; what it lacks is asked in longgrain's.
    """

    max_money: Annotated[float, Field(ge=0)] | None = None
    max_calls: Count | None = None
    prompts: str = ""


# Duplicates come last: what another check refuses is not remembered as asked.
CHECKS = (
    *("bounds", "quote", "answerable", "leak", "phrases", "language", "fidelity"),
    *("citations", "erased", "preferred", "constraints", "duplicates"),
)


class Packing(Part):
    """Rows of at most ``length`` tokens; None takes the longest example of the plan."""

    length: Annotated[int, Field(ge=256)] | None = None


class Plan(Part):
    """Everything that a run asks for. The same plan, documents and answers give the same bytes."""

    name: Annotated[str, Field(pattern=r"^[\w.-]+$")] = "run"
    seed: Annotated[int, Field(ge=0)] = 17
    sources: Annotated[tuple[str, ...], Field(min_length=1)]
    readers: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict)
    tokenizer: str = "longgrain"
    template: str = "chatml"
    day: date = date(2026, 1, 1)
    system: str = ""
    grains: Cutting = Cutting()
    split: Splitting = Splitting()
    decontaminate: tuple[str, ...] = ()
    teacher: TeacherEntry = TeacherEntry(use="extractive")
    examples: Count | None = None
    recipes: Annotated[tuple[RecipeEntry, ...], Field(min_length=1)] = (
        RecipeEntry(use="in2", examples=200),
    )
    augment: Augmenting = Augmenting()
    layout: Layout = Layout()
    checks: tuple[Component, ...] = tuple(Component(use=name) for name in CHECKS)
    balance: Balance | None = None
    review: ReviewPart | None = None
    pack: Packing = Packing()
    folder: str = Field(default=".", exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _shared_out(cls, values: Any) -> Any:
        """Recipes with a share get their number of examples, by largest remainder."""
        entries = values.get("recipes") if isinstance(values, Mapping) else None
        if not isinstance(entries, list | tuple):
            return values
        waiting = [one for one in entries if isinstance(one, Mapping) and "examples" not in one]
        waiting = [one for one in waiting if isinstance(one.get("share"), int | float)]
        if not waiting:
            return values
        if not isinstance(values.get("examples"), int):
            raise ValueError(
                "recipes with a share need the plan's own `examples`, of which it is a share; give "
                "it, or give every recipe its number of examples"
            )
        fixed = sum(one["examples"] for one in entries if isinstance(one.get("examples"), int))
        left = max(0, values["examples"] - fixed)
        each = iter(share_out(left, [max(0, one["share"]) for one in waiting]))
        held = {id(one) for one in waiting}
        recipes = [{**one, "examples": next(each)} if id(one) in held else one for one in entries]
        return {**values, "recipes": recipes}

    @model_validator(mode="after")
    def _mixed(self) -> Plan:
        shared = any(entry.share is not None for entry in self.recipes)
        if self.balance and not (self.balance.asked or shared):
            raise ValueError(
                "`balance` names no share and no recipe has one, so there is nothing to balance; "
                "give shares, as in `balance: {language: equal}`, or leave it out"
            )
        return self

    @model_validator(mode="after")
    def _rows_hold_wraps(self) -> Plan:
        for entry in self.recipes:
            needed = entry.wrap.reach(self.row_length) + (entry.wrap.outline or 0)
            if needed >= self.row_length:
                raise ValueError(
                    f"recipe {entry.use!r} is wrapped in {needed} tokens of window and outline, and "
                    f"a row holds {self.row_length}, so its examples would be left out; ask for less, "
                    "or raise pack.length"
                )
        return self

    @field_validator("checks", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return _components(value)

    @field_validator("teacher", mode="before")
    @classmethod
    def _teacher(cls, value: Any) -> Any:
        return {"use": value} if isinstance(value, str) else value

    @field_validator("sources", "decontaminate", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @property
    def row_length(self) -> int:
        """Tokens a packed row may hold."""
        return self.pack.length or self.layout.longest

    @property
    def tokenizer_path(self) -> str:
        """The tokenizer's name, or its path where the plan's folder holds such a file."""
        path = self.path(self.tokenizer)
        return str(path) if path.exists() else self.tokenizer

    @property
    def id(self) -> str:
        """The hash of all that is asked; the folder the plan lies in is no part of it."""
        return content_id(orjson.dumps(self.as_dict(), option=orjson.OPT_SORT_KEYS))

    def as_dict(self) -> dict[str, Any]:
        """The whole plan as plain values, defaults written out."""
        return self.model_dump(mode="json")

    def as_yaml(self) -> str:
        """The whole plan as YAML, defaults written out."""
        out = io.StringIO()
        yaml = YAML()
        yaml.default_flow_style = None
        yaml.width = 96
        yaml.dump(self.as_dict(), out)
        return out.getvalue()

    @property
    def prompts(self) -> str:
        """The folder of the user's own prompts, "" for none."""
        return str(self.path(self.teacher.prompts)) if self.teacher.prompts else ""

    def path(self, name: str) -> Path:
        """A file or folder named in the plan, read from the plan's own folder."""
        return Path(self.folder) / Path(name).expanduser()

    @classmethod
    def load(cls, file: str | Path, changes: Sequence[str] = ()) -> Plan:
        """The plan in a YAML file; ``changes`` are ``key=value`` with dots for parts, as YAML."""
        path = Path(file)
        if not path.is_file():
            raise PlanError(
                f"there is no plan {path}; write one with `longgrain init FOLDER` or check the path"
            )
        values = parsed(path)
        for one in changes:
            change(values, one)
        return cls.of(values, folder=path.parent, file=str(path))

    @classmethod
    def of(
        cls, values: Mapping[str, Any], *, folder: str | Path = ".", file: str = "the plan"
    ) -> Plan:
        """The plan in a mapping. Raises PlanError with the place of every value that is wrong."""
        if place := place_of_secret(values):
            raise PlanError(
                f"{file}: {place} looks like a key or a password, and a plan is copied into every "
                "run's folder; take it out (and out of the file's history), and set it in the "
                "environment: OPENAI_API_KEY, or AZURE_OPENAI_API_KEY"
            )
        try:
            return cls.model_validate({**values, "folder": str(folder)})
        except ValidationError as error:
            found = [explained(one, values, file) for one in error.errors() if telling(one)]
            raise PlanError("\n".join(dict.fromkeys(found))) from None
