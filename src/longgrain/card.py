"""A finished run > README.md in its folder: a dataset card as the Hugging Face hub reads it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from longgrain import shelf
from longgrain.errors import PlanError
from longgrain.plan import Plan, RecipeEntry
from longgrain.report import Manifest, Run, examples_of, shortfalls, split_by
from longgrain.reviewed import summary
from longgrain.show import TEMPLATES, percent
from longgrain.shown import visible
from longgrain.types import ROLES

# What the hub calls the sides, and the sizes it knows.
SPLITS = {"train": "train", "valid": "validation", "test": "test"}
SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)
LANGUAGES = {"en": "English", "zh": "Chinese"}
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#|~!&])")


def write_card(run: Run) -> Path:
    """Writes ``README.md`` into the run's folder, under a temporary name first; the path."""
    path = run.folder / "README.md"
    part = path.with_suffix(".md.part")
    part.write_text(_card(run.manifest, run.plan), "utf-8")
    return part.replace(path)


def _card(m: Manifest, plan: Plan) -> str:
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["number"] = lambda value: f"{value:,}"
    made.filters["percent"], made.filters["plain"] = percent, plain
    return made.get_template("card.md").render(
        m=m,
        front=front_matter(m),
        plan=plan,
        roles=ROLES,
        first=next((side for side, packed in m["packing"].items() if packed["rows"]), "train"),
        sides={side: _side(m, side) for side in m["packing"]},
        languages=", ".join(LANGUAGES.get(code, code) for code in _languages(m)),
        recipes=[_recipe(entry) for entry in plan.recipes],
        tokens=sum(packed["tokens"] for packed in m["packing"].values()),
        shortfalls=shortfalls(m),
        split_by=split_by(m),
        reviewed=summary(m.get("review", {})),
    )


def front_matter(m: Manifest) -> str:
    """The YAML between the two ``---``: languages, size, tasks, and which files are which split."""
    from ruamel.yaml import YAML

    total = sum(examples_of(m, side) for side in m["packing"])
    head: dict[str, Any] = {
        "pretty_name": m["name"],
        "language": _languages(m),
        "license": "other",
        "license_name": "as-the-documents",
        "size_categories": [next((name for limit, name in SIZES if total < limit), "n>10M")],
        "task_categories": ["question-answering", "text-generation"],
        "tags": ["long-context", "instruction-tuning", "longgrain"],
        "configs": [
            {"config_name": "rows", "default": True, "data_files": _files(m, "rows-{}-*.parquet")},
            {"config_name": "examples", "data_files": _files(m, "examples-{}.parquet")},
            *(
                {"config_name": name, "data_files": f"{name}.parquet"}
                for name in ("documents", "grains", "drafts", "dropped")
            ),
        ],
    }
    out = io.StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.dump(head, out)
    return out.getvalue()


def _files(m: Manifest, pattern: str) -> list[dict[str, str]]:
    """The sides that hold rows; a split without a file would be an error of the hub's reader."""
    return [
        {"split": SPLITS[side], "path": pattern.format(side)}
        for side, packed in m["packing"].items()
        if packed["rows"]
    ]


def _languages(m: Manifest) -> list[str]:
    return sorted({one["language"] for one in m["documents"] if one["language"]})


def _side(m: Manifest, side: str) -> Mapping[str, Any]:
    learned = sum(role["learned"] for role in m["roles"].get(side, {}).values())
    found = m["split"]["sides"].get(side, {})
    return {
        **m["packing"][side],
        "examples": examples_of(m, side),
        "learned": learned,
        "documents": found.get("documents", 0),
        "kinds": m["quotas"].get(side, {}).get("kinds", {}),
    }


def _recipe(entry: RecipeEntry) -> Mapping[str, Any]:
    """A recipe's name, share and settings, with what it says of itself."""
    try:
        found = shelf.load("recipes", entry.use)
        said, source = (found.__doc__ or "").strip(), str(getattr(found, "source", ""))
    except PlanError:  # the card outlives a recipe of one's own that is no longer installed
        said = source = ""
    return {
        "use": entry.use,
        "examples": entry.examples,
        "settings": json.dumps(entry.settings, default=str, ensure_ascii=False).replace("`", "'"),
        "said": " ".join(said.split("\n\n")[0].split()),
        "source": source,
    }


def plain(text: str) -> str:
    """Words of others as they are: no Markdown or HTML in them takes effect, nor do line breaks."""
    return _MARKUP.sub(r"\\\1", " ".join(visible(text).split()))
