"""The first line of every module's docstring > docs/map.md, in the order of the way through.

python scripts/make_map.py            writes docs/map.md
python scripts/make_map.py --check    exits with 1 if it is stale
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "longgrain"
MAP = ROOT / "docs" / "map.md"

# Step > its modules and shelves, in the order in which data goes through them.
WAY = {
    "read": ("corpus", "archives", "languages", "readers"),
    "cut": (
        *("lines", "numerals", "headings", "plain_headings", "sentences", "grains", "cuts"),
        *("ingest", "store", "spans"),
    ),
    "survey": (
        *("survey", "findings", "about", "scripts", "topics", "keywords", "intents", "copies"),
        *("trouble", "suited", "survey_terminal", "survey_charts", "survey_page"),
    ),
    "split": ("near", "benchmarks", "split", "sides"),
    "draft": (
        *(
            "forecast",
            "doubts",
            "rehearsal",
            "yields",
            "make",
            "materials",
            "drafting",
            "made",
            "recipes",
            "wrap",
            "window",
            "augment",
            "unaltered",
            "augmentations",
            "prompts",
            "teachers",
            "calls",
            "callfile",
            "caps",
        ),
        *("secret", "drafts"),
    ),
    "assemble": (
        *("quota", "laying", "arrange", "placing", "draws", "assemble", "context", "stretch"),
        *("layouts",),
    ),
    "check": ("checks",),
    "balance": ("wished_mix", "balance", "classes", "learned", "difficulty", "mix", "shortfall"),
    "encode": ("tokens", "borders", "chat", "encode", "lay", "shells"),
    "pack": (
        "pack",
        "bounds",
        "best_fit",
        "exact",
        "refill",
        "repeats",
        "delivery",
        "fill",
        "rows",
    ),
    "export": ("exports",),
    "train": ("train_verb", "masks", "train", "train_terminal", "adapters_verb"),
    "probe": (
        *(
            "probe_verb",
            "ground",
            "held_grains",
            "probe",
            "probes",
            "probe_scores",
            "probe_terminal",
        ),
        *("meter", "compare_verb", "compare"),
    ),
    "score": (
        *(
            "score_verb",
            "tables",
            "took",
            "cut_rows",
            "replies",
            "judge",
            "score",
            "metrics",
            "sheet",
        ),
        *("intervals", "scores_terminal"),
    ),
    "prove": ("prove_verb", "prove"),
    "tune": ("tune_verb", "tune"),
    "review": (
        *(
            "review_verb",
            "decisions_verb",
            "review_part",
            "reviewed",
            "decisions_terminal",
            "review",
        ),
    ),
    "select": (
        *("select_verb", "pool", "select", "similarity", "diversity", "dense", "select_terminal"),
    ),
    "ask": ("ask_verb", "ask_text", "speaker", "ask", "ask_terminal"),
    "report": (
        *("baseline", "skim", "coverage", "account", "manifest", "run"),
        *("report", "charts", "mix_table", "card", "shown", "show", "explain"),
        *("report_verb", "evaluation", "why_verb", "why"),
    ),
}
HEAD = """\
# Map

What comes into each module and what goes out, in the words of its docstring. Written by
`make map`; `make test` fails when it is stale. A folder is a shelf: one file and one line in its
`__init__.py` add a component.
"""


def written() -> str:
    """The whole map. Raises SystemExit for a module of `WAY` that is not there."""
    found = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
    parts = [HEAD]
    for step, names in WAY.items():
        lines = [line for name in names for line in _lines(name, found)]
        parts.append(f"## {step}\n\n" + "\n".join(lines) + "\n")
    rest = [_line(name, path) for name, path in found.items()]
    parts.append("## beside the way\n\n" + "\n".join(rest) + "\n")
    return "\n".join(parts)


def _lines(name: str, found: dict[str, Path]) -> Iterator[str]:
    """The lines of a module, or of a shelf and all on it, which are taken out of ``found``."""
    if f"{name}.py" in found:
        yield _line(f"{name}.py", found.pop(f"{name}.py"))
        return
    shelf = [one for one in found if one.startswith(f"{name}/")]
    if not shelf:
        raise SystemExit(f"scripts/make_map.py places {name!r}, which src/longgrain does not have")
    for one in shelf:
        depth = one.count("/") - one.endswith("__init__.py")
        yield _line(one, found.pop(one), indent="  " * depth)


def _line(name: str, path: Path, indent: str = "") -> str:
    said = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition("\n")[0]
    shown = name.removesuffix("__init__.py") or "__init__.py"
    return f"{indent}- [`{shown}`](../src/longgrain/{name}) {said}"


def main() -> int:
    """Writes the map, or with ``--check`` tells whether it is stale."""
    new = written()
    if sys.argv[1:] == ["--check"]:
        if MAP.is_file() and MAP.read_text("utf-8") == new:
            return 0
        print("docs/map.md is stale: run `make map` and commit it")
        return 1
    MAP.parent.mkdir(exist_ok=True)
    MAP.write_text(new, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
