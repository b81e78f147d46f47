"""Words of ours and the material > the same words in its script, Simplified or Traditional."""

from __future__ import annotations

from typing import Literal

from longgrain.facts import Language
from longgrain.scripts import is_traditional
from longgrain.teachers._forms import TO_TRADITIONAL

Script = Literal["en", "hans", "hant"]
_INNER = str.maketrans("“”「」", "‘’‘’")
_INNER_CORNERS = str.maketrans("“”「」", "『』『』")
_CORNERS = str.maketrans("“”", "「」")


def script_of(material: str, language: Language) -> Script:
    """The script of a sentence; Simplified where neither shows."""
    if language == "en":
        return "en"
    return "hant" if is_traditional(material) else "hans"


def written(words: str, script: Script) -> str:
    """Words of ours in a script, and their quotation marks."""
    return words.translate(TO_TRADITIONAL).translate(_CORNERS) if script == "hant" else words


def inner(words: str, script: Script) -> str:
    """Quoted words with the quotation marks that stand inside others."""
    words = words.translate(_INNER_CORNERS if script == "hant" else _INNER)
    return words.replace('"', "'") if script == "en" else words
