"""A form, a language, the name of a list > how that list may be written: JSON, lines, a table, sentences."""

from __future__ import annotations

from longgrain.recipes.keyvalue.laying import Style
from longgrain.recipes.keyvalue.tasks import Entry

HEAD = {"en": "Register {list}", "zh": "登记册{list}"}
COLUMNS = {"en": ("key", "value"), "zh": ("键", "值")}
NUMBERED = {"en": ("no.", "entry"), "zh": ("编号", "内容")}


def styles(form: str, language: str, name: str) -> dict[str, Style]:
    """How the list of this name may be written, by the name of the style."""
    head = HEAD[language].format(list=name)
    if form.startswith("tracking"):
        return {
            "lines": Style(name="lines", head=f"{head}\n", line=_assigned),
            "words": Style(name="words", head=f"{head}\n", line=_SPOKEN[language]),
        }
    has_numbers = form in ("count-one", "count-most")
    key, value = (NUMBERED if has_numbers else COLUMNS)[language]
    columns = f"| {key} | {value} |\n|---|---|\n"
    return {
        "json": Style(name="json", head=f"{head}\n{{", line=_member, joint=",\n ", tail="}"),
        "lines": Style(name="lines", head=f"{head}\n", line=_line),
        "table": Style(name="table", head=f"{head}\n\n{columns}", line=_row),
    }


def _member(entry: Entry) -> str:
    values = [f'"{one}"' for one in entry.values]
    held = values[0] if len(values) == 1 else f"[{', '.join(values)}]"
    return f'"{entry.key}": {held}'


def _line(entry: Entry) -> str:
    return f"{entry.key}: {', '.join(entry.values)}"


def _row(entry: Entry) -> str:
    return f"| {entry.key} | {', '.join(entry.values)} |"


def _assigned(entry: Entry) -> str:
    return f"{entry.key} = {entry.values[0]}"


def _in_english(entry: Entry) -> str:
    value = entry.values[0]
    source = f"the number {value}" if value.isdigit() else f"what {value} has"
    return f"{entry.key} is given {source}."


def _in_chinese(entry: Entry) -> str:
    value = entry.values[0]
    return f"{entry.key}{f'得到数{value}' if value.isdigit() else f'取{value}当时的值'}。"


_SPOKEN = {"en": _in_english, "zh": _in_chinese}
