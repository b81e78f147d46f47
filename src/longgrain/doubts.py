"""A plan, its documents and a small sample > what cannot work, and what will work only in part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from longgrain import shelf
from longgrain.arrange import Stretches
from longgrain.classes import recipe_name
from longgrain.make import component, side_shares, wishes
from longgrain.plan import Between, Plan
from longgrain.run import Run
from longgrain.shortfall import foreseen
from longgrain.sides import Sided
from longgrain.store import Store
from longgrain.types import SIDES, Side
from longgrain.wished_mix import OTHER, Balance


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What there is to lay out, one entry a cut grain; ``sides`` is -1 for one that is not used."""

    sides: NDArray[np.int8]
    tokens: NDArray[np.int64]
    documents: NDArray[np.int32]
    languages: tuple[str, ...]

    @classmethod
    def of(cls, store: Store, sided: Sided) -> Ground:
        """In the middle of a build."""
        return cls(
            sides=sided.sides,
            tokens=store.laid_tokens,
            documents=store.cut_document,
            languages=tuple(store.document("language")),
        )

    @classmethod
    def of_run(cls, run: Run) -> Ground:
        """Of a finished run."""
        table = pq.read_table(
            run.folder / "grains.parquet",
            columns=["doc", "side", "tokens"],
            filters=[("kind", "=", "cut")],
        )
        codes: dict[str, int] = {side: code for code, side in enumerate(SIDES)}
        languages = pq.read_table(run.folder / "documents.parquet", columns=["language"])
        return cls(
            sides=np.array([codes.get(one, -1) for one in table["side"].to_pylist()], np.int8),
            tokens=np.asarray(table["tokens"]).astype(np.int64),
            documents=np.asarray(table["doc"]).astype(np.int32),
            languages=tuple(languages["language"].to_pylist()),
        )

    def on(self, side: Side) -> NDArray[np.bool_]:
        """The grains of one side."""
        return np.equal(self.sides, SIDES.index(side))

    @property
    def grains(self) -> dict[Side, int]:
        """How many there are on each side."""
        return {side: int(self.on(side).sum()) for side in SIDES}

    def pool(self, side: Side) -> int:
        """Tokens of all grains of one side."""
        return int(self.tokens[self.on(side)].sum())

    def by_language(self, side: Side) -> dict[str, int]:
        """Tokens of one side in each language."""
        spoken = np.array(self.languages, dtype=object)[self.documents]
        mine = self.on(side)
        return {
            language: int(self.tokens[mine & (spoken == language)].sum())
            for language in sorted(set(self.languages))
        }

    @cached_property
    def stretches(self) -> dict[Side, NDArray[np.int64]]:
        """For each side, the tokens of each run of neighbouring grains of one document."""
        found: dict[Side, NDArray[np.int64]] = {}
        for side in SIDES:
            runs = Stretches.of(self.on(side), self.documents, self.tokens)
            ends = np.append(0, np.cumsum(self.tokens))
            found[side] = ends[runs.last + 1] - ends[runs.first]
        return found


def problems(plan: Plan, store: Store, sided: Sided) -> list[str]:
    """What cannot work, in plain words: a build with any of these would be a waste of time."""
    return impossible(plan, Ground.of(store, sided))


def impossible(plan: Plan, ground: Ground) -> list[str]:
    """What cannot work: a pool shorter than the longest context, a mix of what no recipe makes."""
    asked = wishes(plan, list(side_shares(plan)))
    unknown = list(_unknown_classes(plan, asked))
    if all(_makes_its_own(one.use) for one in plan.recipes if one.examples):
        return unknown
    total, longest = max(1, sum(map(ground.pool, SIDES))), plan.layout.longest
    return unknown + [
        f"{side}: its documents hold {ground.pool(side):,} tokens, but contexts of up to "
        f"{longest:,} are asked for (layout.lengths), and those cannot be filled; "
        f"{_larger_side(side, 1.5 * longest / total)}ask for at most "
        f"{_round_down(ground.pool(side)):,} tokens, or give more documents"
        for side, kinds in asked.items()
        if sum(kinds.values()) and ground.pool(side) < longest
    ]


def _unknown_classes(plan: Plan, asked: Mapping[Side, Mapping[str, int]]) -> Iterator[str]:
    """Recipes and kinds that a mix names and that the plan does not make."""
    recipes = [recipe_name(entry.use) for entry in plan.recipes]
    kinds = list(dict.fromkeys(kind for found in asked.values() for kind in found))
    mix = plan.balance or Balance()
    for dimension, known, wished in (("recipe", recipes, mix.recipe), ("kind", kinds, mix.kind)):
        for name in wished if isinstance(wished, Mapping) else ():
            if name not in (*known, OTHER):
                yield (
                    f"balance.{dimension}: {name!r} is made by no recipe of the plan, so it can have "
                    f"no share; there are {', '.join(known)}"
                )


def _makes_its_own(name: str) -> bool:
    """Whether all contexts of a recipe are of its own making, so that it needs no pool."""
    return bool(getattr(shelf.load("recipes", name), "own_contexts", False))


def _larger_side(side: Side, share: float) -> str:
    if side == "train":
        return ""
    return (
        f"raise split.{side} to about {share:.2f}, " if share < 0.3 else f"set split.{side} to 0, "
    )


def _round_down(tokens: int) -> int:
    """The largest power of two that is not larger, at least 256."""
    return max(256, 1 << max(tokens, 1).bit_length() - 1)


def doubts(
    plan: Plan, ground: Ground, manifest: Mapping[str, Any], *, measured: bool = True
) -> list[str]:
    """What will work only in part; ``manifest`` is that of a sample of the plan.

    Where the sample's answers are not ``measured``, but rehearsed, nothing is said of learned tokens.
    """
    asked = wishes(plan, list(side_shares(plan)))
    return [
        *_of_recipes(plan),
        *_general(plan, asked),
        *_narrow_depths(plan),
        *_mixed_languages(plan, ground, asked),
        *_short_documents(plan, ground, asked),
        *_too_many(ground, asked, manifest),
        *(_off_the_mix(manifest) if measured else ()),
    ]


def _of_recipes(plan: Plan) -> Iterator[str]:
    """What a recipe says of its own settings and files, where it has a method ``doubts``."""
    teacher = component("teachers", plan.teacher.use, plan.teacher.settings)
    prompted = bool(getattr(teacher, "prompted", False))
    for number, entry in enumerate(plan.recipes):
        recipe = component("recipes", entry.use, entry.settings)
        if hasattr(recipe, "doubts"):
            said = recipe.doubts(plan.path, prompted=prompted)
            yield from (f"recipes.{number}: {one}" for one in said)


def _off_the_mix(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Shares that the sample could not be balanced to, by far."""
    for side, told in manifest.get("balance", {}).items():
        for words in foreseen(told):
            yield f"{side}: in a sample of {told['before']['examples']:,} examples: {words}"


def _general(plan: Plan, asked: Mapping[Side, Mapping[str, int]]) -> Iterator[str]:
    """The user's own instruction data, where a recipe takes a share of it."""
    wanted = sum(kinds.get("general", 0) for kinds in asked.values())
    for number, entry in enumerate(plan.recipes):
        named = entry.settings.get("general")
        if not isinstance(named, str) or not named or not wanted:
            continue
        with plan.path(named).open("rb") as file:
            rows = sum(1 for line in file if line.strip())
        if rows < wanted:
            yield (
                f"recipes.{number}.general: {named} has {rows:,} rows, and {wanted:,} examples of "
                "general data are asked for; each row is used once, so add rows or lower its share"
            )


def _shortest(plan: Plan) -> int:
    lengths = plan.layout.lengths
    return lengths.min if isinstance(lengths, Between) else min(lengths)


def _narrow_depths(plan: Plan) -> Iterator[str]:
    bins, size = len(plan.layout.depth_shares), plan.grains.size
    width = _shortest(plan) / bins
    if width < size:
        yield (
            f"layout.depths: {bins} bins of the shortest context ({_shortest(plan):,} tokens) are "
            f"{width:.0f} tokens wide, narrower than a grain of {size}, so depths cannot all be "
            f"met; ask for at most {max(1, _shortest(plan) // size)} bins or longer contexts"
        )


def _mixed_languages(
    plan: Plan, ground: Ground, asked: Mapping[Side, Mapping[str, int]]
) -> Iterator[str]:
    for side in asked:
        if ground.pool(side) < plan.layout.longest:
            continue
        short = {
            language: tokens
            for language, tokens in ground.by_language(side).items()
            if 0 < tokens < plan.layout.longest
        }
        if short:
            held = ", ".join(f"{language} {tokens:,} tokens" for language, tokens in short.items())
            yield (
                f"{side}: one language alone cannot fill the longest context of "
                f"{plan.layout.longest:,} tokens ({held}), so those are filled up with grains in "
                "other languages"
            )


def _short_documents(
    plan: Plan, ground: Ground, asked: Mapping[Side, Mapping[str, int]]
) -> Iterator[str]:
    if not plan.layout.in_order:
        return
    for side in asked:
        lengths = ground.stretches[side]
        able = int((lengths >= _shortest(plan)).sum())
        if not able and len(lengths):
            yield (
                f"{side}: no document or chapter has {_shortest(plan):,} tokens in a row (the "
                f"longest has {int(lengths.max()):,}), so none can be kept in order as "
                f"layout.in_order {plan.layout.in_order:g} asks; pooled contexts take their place"
            )


def _too_many(
    ground: Ground, asked: Mapping[Side, Mapping[str, int]], manifest: Mapping[str, Any]
) -> Iterator[str]:
    """Kinds of which a side's grains hold too few, going by what the sample made of its calls."""
    quotas: Mapping[str, Any] = manifest["quotas"]
    calls, made = manifest["teacher"]["calls"], sum(manifest["drafted"].values())
    # A language model's reply to one call holds several questions, so calls are those put to use.
    used = sum(int(row["used"]) for row in calls)
    share = min(1.0, made / max(1, used))
    for side, kinds in asked.items():
        grains = ground.grains[side]
        for kind, wanted in kinds.items():
            tried = quotas.get(side, {}).get("kinds", {}).get(kind, {"wished": 0, "made": 0})
            if tried["made"] < tried["wished"]:
                yield (
                    f"{side}: of {tried['wished']:,} examples of kind {kind!r} in a sample only "
                    f"{tried['made']:,} could be made, so {wanted:,} will not be met; what is "
                    "missing is listed as a shortfall"
                )
            elif kind != "general" and wanted > (about := int(grains * share)):
                yield (
                    f"{side}: {wanted:,} examples of kind {kind!r} are asked for, but one question "
                    f"a grain gives about {about:,} ({grains:,} grains), so some grains are asked "
                    "about again and a shortfall is likely; ask for fewer or give more documents"
                )
