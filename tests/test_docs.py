"""The README in both languages and the pages of docs > held against the code that they describe."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from longgrain import shelf
from longgrain.plan import Plan

ROOT = Path(__file__).parents[1]
README, README_ZH = ROOT / "README.md", ROOT / "README.zh-CN.md"
PAGES = sorted((ROOT / "docs").rglob("*.md"))
# Written by a script from the code, and by the benchmarks.
MADE = {"docs/map.md", "docs/benchmarks.md"}
OURS = [README, README_ZH, *(p for p in PAGES if p.relative_to(ROOT).as_posix() not in MADE)]
STEPS = (
    *("read", "cut", "split", "draft", "check", "assemble", "encode-and-pack"),
    *("export", "report", "plan"),
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")


def text(path: Path) -> str:
    return path.read_text("utf-8")


def blocks(path: Path, *languages: str) -> list[str]:
    """The fenced blocks of a page, all or those of some languages."""
    found = FENCE.findall(text(path))
    return [body for language, body in found if not languages or language in languages]


def prose(path: Path) -> str:
    """The page without its fenced blocks."""
    return FENCE.sub("", text(path))


def headings(path: Path) -> list[tuple[int, str]]:
    return [(len(marks), words) for marks, words in HEADING.findall(prose(path))]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# --- the two READMEs ---


def test_both_readmes_have_the_same_sections() -> None:
    levels = [level for level, _ in headings(README)]
    assert levels == [level for level, _ in headings(README_ZH)]
    assert len(levels) >= 8


def test_both_readmes_have_the_same_commands_and_code() -> None:
    assert FENCE.findall(text(README)) == FENCE.findall(text(README_ZH))


def test_both_readmes_link_to_the_same_pages_and_to_each_other() -> None:
    own, other = (set(LINK.findall(text(path))) for path in (README, README_ZH))
    assert own - {"README.zh-CN.md"} == other - {"README.md"}
    assert "README.zh-CN.md" in own
    assert "README.md" in other


def test_both_readmes_name_the_same_numbers() -> None:
    def numbers(path: Path) -> set[str]:
        found = re.findall(r"\d[\d,.]*\d|\d", prose(path))
        return {number for number in found if len(number) > 1}

    assert numbers(README) == numbers(README_ZH)


def test_the_chinese_readme_is_chinese() -> None:
    words = prose(README_ZH)
    assert len(re.findall(r"[\u4e00-\u9fff]", words)) > 0.3 * len(words)


def test_the_readmes_count_the_names_of_the_package() -> None:
    import longgrain

    count = len([name for name in longgrain.__all__ if not name.startswith("__")])
    assert f"exports {count} names" in text(README)
    assert f"对外只有 {count} 个名字" in text(README_ZH)


def test_the_readme_shows_the_two_commands_first() -> None:
    assert blocks(README, "sh")[0].split("\n")[-3:-1] == [
        "make demo        # a finished run and its report, offline, without a model or a key",
        "make test        # installs what the tests need and runs them all",
    ]


# --- commands ---


@cache
def help_of(verb: str) -> str:
    """What ``longgrain VERB --help`` prints."""
    command = [sys.executable, "-c", "from longgrain.cli import main; main()"]
    ran = subprocess.run(
        [*command, *([verb] if verb else []), "--help"], capture_output=True, text=True, check=True
    )
    return ran.stdout


def commands(path: Path) -> list[list[str]]:
    """The command lines of a page's shell blocks and of its inline code."""
    lines = [line for block in blocks(path, "sh") for line in block.splitlines()]
    lines += re.findall(r"`((?:longgrain|make) [^`]+)`", prose(path))
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


@pytest.mark.parametrize("path", OURS, ids=name)
def test_every_command_shown_exists_with_its_options(path: Path) -> None:
    for program, *words in commands(path):
        if program != "longgrain" or words[:1] == ["--help"]:
            continue
        verb, *rest = words
        assert re.search(rf"^│ {verb}\s", help_of(""), re.MULTILINE), f"no verb {verb!r}"
        for option in (word for word in rest if word.startswith("-")):
            assert re.search(rf"{option}(?![\w-])", help_of(verb)), f"{verb} has no {option}"


@pytest.mark.parametrize("path", OURS, ids=name)
def test_every_target_of_make_shown_exists(path: Path) -> None:
    targets = re.findall(r"^(\w+):", text(ROOT / "Makefile"), re.MULTILINE)
    assert {words[1] for words in commands(path) if words[0] == "make"} <= set(targets)


@pytest.mark.parametrize("path", OURS, ids=name)
def test_every_set_shown_changes_a_setting(path: Path) -> None:
    for words in commands(path):
        changes = [words[i + 1] for i, word in enumerate(words) if word == "--set"]
        if words[1:2] == ["score"]:
            for change in changes:
                metric, _, setting = change.partition("=")[0].partition(".")
                assert setting in {one.name for one in fields(shelf.load("metrics", metric))}
        elif changes:
            Plan.load(ROOT / "examples/demo/plan.yaml", changes)


def test_the_readme_shows_every_verb() -> None:
    verbs = set(re.findall(r"^│ ([a-z]+)\s", help_of(""), re.MULTILINE))
    assert {words[1] for words in commands(README) if words[0] == "longgrain"} >= verbs


# --- settings and components ---


def settings(part: type[BaseModel], before: str = "") -> list[str]:
    """The dotted name of every setting of a part of the plan and of its parts."""
    found = []
    for field, info in part.model_fields.items():
        if info.exclude:
            continue
        found.append(before + field)
        for inner in _parts(info.annotation):
            found += settings(inner, f"{before}{field}.")
    return found


def _parts(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [part for inner in get_args(annotation) for part in _parts(inner)]


def test_every_setting_of_the_plan_has_a_line_in_its_page() -> None:
    page, listed = text(ROOT / "docs/plan.md"), settings(Plan)
    own = [one for one in listed if not any(other.startswith(f"{one}.") for other in listed)]
    missing = [one for one in own if f"`{one}`" not in page]
    assert not missing, f"docs/plan.md does not explain {missing}"


def test_the_page_of_the_plan_names_no_setting_that_is_gone() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \|", text(ROOT / "docs/plan.md"), re.MULTILINE)
    assert set(rows) <= set(settings(Plan))
    assert len(rows) > 20


def test_the_page_of_the_plan_tells_the_defaults() -> None:
    page = text(ROOT / "docs/plan.md")
    for name, default in (
        ("seed", Plan.model_fields["seed"].default),
        ("grains.size", 128),
        ("split.valid", Plan.model_fields["split"].default.valid),
        ("layout.in_order", Plan.model_fields["layout"].default.in_order),
        ("layout.short", Plan.model_fields["layout"].default.short),
        ("layout.lengths.max", Plan.model_fields["layout"].default.longest),
    ):
        assert f"| `{name}` | `{default}` |" in page


def test_every_recipe_on_the_shelf_has_a_page_with_its_settings_and_source() -> None:
    for recipe in shelf.names("recipes"):
        page = text(ROOT / f"docs/recipes/{recipe}.md")
        found = shelf.load("recipes", recipe)
        number = re.search(r"\d{4}\.\d{5}", found.source)
        assert number is None or number[0] in page
        assert found.source.split()[0] in page
        for field in fields(found):
            assert f"`{field.name}`" in page, f"{recipe} has a setting {field.name!r}"


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        ("checks", "check"),
        ("exports", "export"),
        ("teachers", "draft"),
        ("recipes", "recipes/README"),
        ("metrics", "score"),
        ("probes", "probe"),
        ("augmentations", "augment"),
    ],
)
def test_every_component_stands_on_the_page_of_its_step(kind: str, page: str) -> None:
    words = text(ROOT / f"docs/{page}.md")
    for one in shelf.names(kind):
        assert f"`{one}`" in words or f"[{one}]" in words
        if kind == "checks":
            shown = (f.name for f in fields(shelf.load(kind, one)) if not f.name.startswith("_"))
            assert all(f"`{field}" in words for field in shown)


def test_every_suffix_that_can_be_read_stands_on_the_page_of_reading() -> None:
    page = text(ROOT / "docs/read.md")
    for reader in shelf.names("readers"):
        found = shelf.load("readers", reader)
        for suffix in found.suffixes:
            assert f"`{suffix}`" in page


# --- pages ---


def test_every_step_has_a_page() -> None:
    assert all((ROOT / f"docs/{step}.md").is_file() for step in STEPS)


@pytest.mark.parametrize("path", OURS, ids=name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in LINK.findall(prose(path)):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), f"{name(path)} links to {link}"
        if anchor:
            known = (re.sub(r"[^\w -]", "", words.lower()) for _, words in headings(target))
            assert anchor in {words.replace(" ", "-") for words in known}


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set[Path](), [README]
    while waiting:
        path = waiting.pop()
        if path in reached or path.suffix != ".md" or not path.is_file():
            continue
        reached.add(path)
        links = (link.partition("#")[0] for link in LINK.findall(text(path)))
        waiting += [(path.parent / link).resolve() for link in links if "://" not in link]
    assert {page.resolve() for page in OURS} <= {path.resolve() for path in reached}


@pytest.mark.parametrize("path", OURS, ids=name)
def test_files_and_modules_that_are_named_exist(path: Path) -> None:
    """Paths in code font that begin with a folder of the repository, and module files of a note."""
    words = prose(path)
    for place in re.findall(r"`((?:src|docs|examples|scripts|benchmarks|tests)/[\w./-]+)`", words):
        assert (ROOT / place).exists(), f"{name(path)} names {place}"
    for line in re.findall(r"^.*\bCode: (.*)$", words, re.MULTILINE):
        for module in re.findall(r"`(\w+\.py)`", line):
            assert (ROOT / "src/longgrain" / module).is_file(), f"{name(path)} names {module}"


@pytest.mark.parametrize("path", OURS, ids=name)
def test_python_that_is_shown_imports_what_there_is(path: Path) -> None:
    for block in blocks(path, "python"):
        imports = [line for line in block.splitlines() if line.startswith(("from ", "import "))]
        exec("\n".join(imports), {})
        compile(block, name(path), "exec")


@pytest.mark.parametrize("path", OURS, ids=name)
def test_plans_that_are_shown_are_plans(path: Path) -> None:
    from ruamel.yaml import YAML

    for block in blocks(path, "yaml"):
        values = YAML(typ="safe").load(block)
        Plan.of({"sources": ["documents"], **values})


@pytest.mark.parametrize("path", OURS, ids=name)
def test_no_page_promises_what_is_not_there(path: Path) -> None:
    """Words of intent, praise and decoration; and plans for later, which belong nowhere here."""
    words = prose(path)
    banned = (
        r"\b(?:coming soon|roadmap|will be added|planned for|not yet implemented|in the future"
        r"|blazing|seamless|powerful|cutting-edge|state-of-the-art|effortless|simply|TODO|TBD)\b"
        r"|即将推出|敬请期待|路线图|强大的|业界领先|一站式|赋能|轻松实现"
        r"|[\U0001F300-\U0001FAFF\u2705\u2B50]|shields\.io|badge"
    )
    found = re.search(banned, words, re.IGNORECASE)
    assert not found, f"{name(path)} says {found[0]!r}"


def test_the_notes_on_design_are_dated() -> None:
    notes = sorted((ROOT / "docs/design").glob("*.md"))
    assert len(notes) >= 6
    for note in notes:
        assert re.match(r"# .+\n\n[A-Z][a-z]+ 20\d\d\. Code: ", text(note)), name(note)


def test_the_log_is_dated_newest_first() -> None:
    days = [words for level, words in headings(ROOT / "docs/log.md") if level == 2]
    assert days
    assert days == sorted(days, reverse=True)
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", day) for day in days)


def test_the_licence_is_apache_2() -> None:
    licence = text(ROOT / "LICENSE")
    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert 'license = "Apache-2.0"' in text(ROOT / "pyproject.toml")


# --- the demonstration ---


def test_the_demonstration_has_a_plan_and_bilingual_general_data() -> None:
    import orjson

    from longgrain.facts import language_of

    plan = Plan.load(ROOT / "examples/demo/plan.yaml")
    [recipe] = plan.recipes
    assert recipe.use == "in2"
    assert set(recipe.settings["shares"]) == {"fine", "integration", "short", "general"}
    rows = [
        orjson.loads(line)
        for line in plan.path(recipe.settings["general"]).read_bytes().splitlines()
    ]
    languages = [language_of(orjson.dumps(row).decode()) for row in rows]
    assert languages.count("en") == languages.count("zh") == len(rows) / 2
    assert len({orjson.dumps(row) for row in rows}) == len(rows) >= 48
