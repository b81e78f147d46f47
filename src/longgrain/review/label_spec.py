"""A YAML file > what is to be labelled: classes, entities, relations, questions, and in which texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from longgrain.errors import PlanError
from longgrain.plan_file import explained, parsed
from longgrain.types import Kind

Names = Mapping[Annotated[str, Field(min_length=1)], str]
# Keys for labels, in this order. Those that the page uses itself are not among them.
KEYS = "1234567890tyiopdfhkzxcvb"


class FromRun(BaseModel):
    """Grains of a run, all of one kind or ``limit`` of them, drawn by seed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    grains: Kind = "paragraph"
    limit: Annotated[int, Field(ge=1)] | None = None


class LabelSpec(BaseModel):
    """``classes``, ``entities`` and ``relations`` are names with a hint each, or a list of names.

    ``texts`` is a JSONL file, or what is taken from the run. ``suggest`` marks what the rules of
    longgrain find, or what the teacher of the run's plan says, for people to correct.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    texts: str | FromRun = FromRun()
    classes: Names = Field(default_factory=dict)
    several: bool = False
    """Whether a text may have more than one class."""
    entities: Names = Field(default_factory=dict)
    relations: Names = Field(default_factory=dict)
    question: bool = False
    suggest: Literal["rule", "teacher", "none"] = "none"

    @field_validator("classes", "entities", "relations", mode="before")
    @classmethod
    def _hinted(cls, value: Any) -> Any:
        if isinstance(value, list):
            return {str(one): "" for one in value}
        if isinstance(value, Mapping):
            return {str(name): hint or "" for name, hint in value.items()}
        return value

    @model_validator(mode="after")
    def _possible(self) -> LabelSpec:
        labels = len(self.classes) + len(self.entities) + len(self.relations)
        if not labels and not self.question:
            raise ValueError(
                "nothing is to be labelled; name `classes`, `entities` or `relations`, or set "
                "`question: true`"
            )
        if labels > len(KEYS):
            raise ValueError(
                f"{labels} labels need a key each, and there are {len(KEYS)}; make two files of them"
            )
        if self.relations and not self.entities:
            raise ValueError("relations are between entities; name `entities`, too")
        return self

    @property
    def keys(self) -> dict[str, str]:
        """``entity:NAME``, ``class:NAME`` and ``relation:NAME`` > the key that sets it."""
        parts = {"entity": self.entities, "class": self.classes, "relation": self.relations}
        names = [f"{what}:{name}" for what, many in parts.items() for name in many]
        return dict(zip(names, KEYS, strict=False))


def load(path: Path) -> LabelSpec:
    """The spec in a file, named after it where it has no name. Raises PlanError."""
    if not path.is_file():
        raise PlanError(
            f"there is no file {path}, so nothing can be labelled; write one as docs/review.md shows"
        )
    values = parsed(path)
    name = "".join(sign if sign.isalnum() or sign in "_.-" else "-" for sign in path.stem)
    try:
        spec = LabelSpec.model_validate({"name": name, **values})
    except ValidationError as error:
        found = [explained(one, values, str(path)) for one in error.errors()]
        raise PlanError("\n".join(dict.fromkeys(found))) from None
    if isinstance(spec.texts, str):
        return spec.model_copy(update={"texts": str(path.parent / Path(spec.texts).expanduser())})
    return spec
