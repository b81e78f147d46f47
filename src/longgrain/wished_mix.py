"""The part ``balance`` of a plan > the mix that is wished for, and what may be done to reach it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

from longgrain.types import Side

Dimension = Literal["recipe", "kind", "difficulty", "language", "length", "depth", "source"]
DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
Level = Literal["easy", "medium", "hard"]
LEVELS: tuple[Level, ...] = get_args(Level)
# What no named class holds; it is left free, unless it is given a share.
OTHER = "other"
# The depth of an example without evidence in its context.
NONE = "none"
Weights = Mapping[str, Annotated[float, Field(ge=0)]]
Wished = Literal["equal"] | Weights


class Balance(BaseModel):
    """Shares of classes in up to seven dimensions, scaled to add up to 1; other classes are free.

    ``measure`` is what the shares are shares of: learned tokens (those with a weight above 0), or
    examples. ``sampling`` says whether examples may be repeated, left out, both, or neither.
    ``most`` is how often one example may stand in the rows; ``keep`` the share of the side's
    learned tokens (or examples) below which leaving out may not go, repeats counted.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    measure: Literal["learned", "examples"] = "learned"
    sampling: Literal["both", "over", "under", "none"] = "both"
    most: Annotated[int, Field(ge=1, le=100)] = 4
    keep: Annotated[float, Field(ge=0, le=1)] = 0.5
    sides: Annotated[tuple[Side, ...], Field(min_length=1)] = ("train",)
    recipe: Wished | None = None
    kind: Wished | None = None
    difficulty: Wished | None = None
    language: Wished | None = None
    length: Wished | None = None
    depth: Wished | None = None
    source: Wished | None = None

    @property
    def bounds(self) -> tuple[int, int]:
        """How often an example may stand in the rows: at least and at most."""
        least = 0 if self.sampling in ("both", "under") else 1
        return least, self.most if self.sampling in ("both", "over") else 1

    @property
    def asked(self) -> dict[Dimension, Wished]:
        """The dimensions that shares are wished for in."""
        found = {name: getattr(self, name) for name in DIMENSIONS}
        return {name: wished for name, wished in found.items() if wished is not None}

    @field_validator(*DIMENSIONS, mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        """Names of classes that YAML reads as numbers are names."""
        if isinstance(value, Mapping):
            return {
                f"{key:g}" if isinstance(key, float) else str(key): one
                for key, one in value.items()
            }
        return value

    @field_validator(*DIMENSIONS)
    @classmethod
    def _not_empty(cls, value: Wished | None) -> Wished | None:
        if isinstance(value, Mapping) and not sum(value.values()):
            raise ValueError("no class has a share above 0, so nothing would be left; name one")
        return value

    @field_validator("difficulty")
    @classmethod
    def _levels(cls, value: Wished | None) -> Wished | None:
        if isinstance(value, Mapping) and (odd := set(value) - {*LEVELS, OTHER}):
            raise ValueError(f"{min(odd)!r} is no level; there are {', '.join(LEVELS)}")
        return value

    @field_validator("length", "depth")
    @classmethod
    def _bounds(cls, value: Wished | None) -> Wished | None:
        for key in value if isinstance(value, Mapping) else ():
            if key not in (OTHER, NONE) and not _above_zero(key):
                raise ValueError(
                    f"{key!r} is no upper bound; name classes by the largest length (4096) or depth "
                    "(0.25) that they hold"
                )
        return value


def _above_zero(key: str) -> bool:
    try:
        return float(key) > 0
    except ValueError:
        return False
