"""What a page shows > its HTML; whatever is put into it is made visible and escaped."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import orjson
from markupsafe import Markup, escape

from longgrain.review.words import Language, speaker_of
from longgrain.show import TEMPLATES, percent
from longgrain.shown import visible

PAGES, STATIC = Path(__file__).parent / "pages", Path(__file__).parent / "static"


def html(template: str, language: Language, values: Mapping[str, Any]) -> str:
    """A page or a part of one, in a language."""
    page = _environment().get_template(template)
    return page.render(**values, language=language, t=speaker_of(language))


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([PAGES, TEMPLATES]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: visible(value) if type(value) is str else value,
    )
    made.filters.update(percent=percent, exact=exact, data=data)
    made.filters.update(number=lambda value: f"{value:,}")
    return made


def exact(words: str) -> Markup:
    """Words for a text area: escaped, but with every character as it is.

    The first line end in a text area is not part of its words, so one stands before them.
    """
    return Markup("\n") + escape(words)


def data(value: object) -> Markup:
    """JSON for a data block, with every character as it is; a browser reads it and runs nothing."""
    text = orjson.dumps(value).decode()
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(text)
