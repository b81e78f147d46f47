"""The part ``review`` of a plan > the rubrics that people judge by, and what they decided before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

Points = Annotated[Mapping[int, str], Field(min_length=2)]
Rule = Literal["majority", "any", "all"]


class ReviewPart(BaseModel):
    """``rubrics`` are questions by name, each with points from 1 to 9 and the words that anchor them.

    Not every point needs words: those between two anchored ones may be given as well.

    ``decisions`` are files of decisions (JSONL, review.sqlite) and runs that people reviewed. What they
    rejected is left out, what they edited is taken as edited. ``rule`` says what several people
    together decide: more than half of them, any one, or all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rubrics: Mapping[str, Points] = Field(default_factory=dict)
    decisions: tuple[str, ...] = ()
    rule: Rule = "majority"

    @field_validator("decisions", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("rubrics")
    @classmethod
    def _anchored(cls, rubrics: Mapping[str, Points]) -> Mapping[str, Points]:
        for name, points in rubrics.items():
            if wrong := [one for one in points if not 1 <= one <= 9]:
                raise ValueError(
                    f"rubric {name!r} has a point {wrong[0]}, for which there is no key; points go "
                    "from 1 to 9"
                )
        return rubrics
