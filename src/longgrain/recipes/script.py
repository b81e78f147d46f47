"""Our own Chinese words and what they stand beside > the same words in its script."""

from __future__ import annotations

from longgrain.scripts import is_traditional, traditional

__all__ = ["is_traditional", "written"]

# Characters of the recipes' own words that both scripts have, and what Traditional has here.
_OURS = str.maketrans("于后准几划里着爲", "於後準幾劃裏著為")
_CORNERS = str.maketrans("“”", "「」")


def written(words: str, like: str) -> str:
    """Our own words in the script of what they stand beside."""
    if not is_traditional(like):
        return words
    return traditional(words).translate(_OURS).translate(_CORNERS)
