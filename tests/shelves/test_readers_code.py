"""Source code keeps its text, gets its structure, and is cut between lines."""

from __future__ import annotations

import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from longgrain import grains
from longgrain.grains import cut, heading_path, tree
from longgrain.readers.code import Code
from longgrain.types import Document

sys.path.insert(0, str(Path(__file__).parents[1] / "laws"))
from test_cover import held_once, is_a_tree, leaves

SOURCES = Path(grains.__file__).parent


def read(text: str, source: str = "lib/tool.py") -> Document:
    (item,) = Code().read(textwrap.dedent(text).lstrip("\n").encode(), source)
    assert isinstance(item, Document), item
    return item


def outline(document: Document) -> list[str]:
    """The headings, indented by their level, each in one line."""
    return [
        "  " * (level - 1) + " ".join(document.text[start:end].split())
        for start, end, level in document.meta["headings"]
    ]


PYTHON = '''
    """A module."""
    import os

    LIMIT = 3

    # How far it goes.
    @cache
    @named("x", y=(1,
                   2))
    def far(a: int,
            b: str = ":") -> int:  # a note
        """Its docstring stays."""
        def inner(): return 1
        return a

    if os.name:
        class Ship(Base):

            size = 1

            @property
            def name(self):
                return "引航员"

            async def sail(self): ...
'''


def test_python_is_read_by_its_own_grammar_with_decorators_and_nesting() -> None:
    found = read(PYTHON)
    assert outline(found) == [
        '# How far it goes. @cache @named("x", y=(1, 2)) def far(a: int, b: str = ":") -> int: # a note',
        "  def inner(): return 1",
        "class Ship(Base):",
        "  @property def name(self):",
        "  async def sail(self): ...",
    ]
    assert found.text == textwrap.dedent(PYTHON).lstrip("\n")
    assert (found.meta["title"], found.meta["code"]) == ("tool.py", "python")
    assert '"""Its docstring stays."""' in found.text


def test_python_that_does_not_parse_is_read_by_its_indentation() -> None:
    found = read(
        "class A:\n    def f(self):\n        print 'old'\n\n    def g(self):\n        pass\n"
    )
    assert outline(found) == ["class A:", "  def f(self):", "  def g(self):"]


@pytest.mark.parametrize(
    "text",
    ["(" * 100_000, "-" * 100_000 + "1", "a" + ".b" * 100_000, "x = '\\d'\n", "\tif x:\n  y", "f'{" * 500],
)  # fmt: skip
def test_python_that_breaks_parsers_is_read_without_a_word(
    text: str, recwarn: pytest.WarningsRecorder
) -> None:
    assert read(text).text
    assert not recwarn.list


@pytest.mark.parametrize(
    ("source", "text", "expected"),
    [
        (
            "a.c",
            """
            #include <stdio.h>
            /* Adds. */
            static int
            add(int a,
                int b)
            {
                if (a) {
                    return b;
                }
                return a + b;
            }

            struct point {
                int x;
            };
            """,
            ["/* Adds. */ static int add(int a, int b)", "struct point {"],
        ),
        (
            "a.rs",
            """
            use std::{
                fmt,
            };

            #[derive(Debug)]
            pub struct Ship {
                name: String,
            }

            impl Ship {
                /// The name.
                pub fn name(
                    &self,
                ) -> &str {
                    match self { _ => &self.name }
                }

                fn sail(&self) {
                    for x in y {
                        z();
                    }
                }
            }
            """,
            [
                "#[derive(Debug)] pub struct Ship {",
                "impl Ship {",
                "  /// The name. pub fn name( &self, ) -> &str {",
                "  fn sail(&self) {",
            ],
        ),
        (
            "a.go",
            """
            package main

            // Board boards a ship.
            func Board(s Ship) error {
                if s.Full {
                    return nil
                }
                return errors.New("full")
            }
            """,
            ["// Board boards a ship. func Board(s Ship) error {"],
        ),
        (
            "A.java",
            """
            public class A
            {
                private int x;

                /** 返回名字。 */
                @Override
                public String name()
                {
                    return "a";
                }
            }
            """,
            ["public class A", "  /** 返回名字。 */ @Override public String name()"],
        ),
        (
            "a.hpp",
            """
            namespace ships {
            class Ship {
             public:
              int size() const {
                return 1;
              }
            };
            }
            """,
            ["class Ship {", "  int size() const {"],
        ),
        (
            "a.js",
            """
            const config = {
              deep: { deeper: 1 },
            };
            export default class Ship {
              sail() {
                while (true) {
                  go();
                }
              }
            }
            """,
            ["const config = {", "export default class Ship {", "  sail() {"],
        ),
        ("a.rb", "module A\n  class B\n    def c\n      1\n    end\n  end\nend\n", ["module A", "  class B", "    def c"]),
        ("a.sh", "#!/bin/sh\n# Sails.\nsail() {\n  echo 1\n}\nif true; then\n  sail\nfi\n", ["# Sails. sail() {"]),
        ("a.sql", "-- Ships.\nCREATE TABLE ships (\n  name text\n);\nSELECT\n  1;\n", ["-- Ships. CREATE TABLE ships ("]),
        ("a.lua", "local x = 1\nfunction f(a)\n  return a\nend\n", ["function f(a)"]),
    ],
)  # fmt: skip
def test_blocks_of_other_languages_are_found_by_indentation(
    source: str, text: str, expected: list[str]
) -> None:
    found = read(text, source)
    assert outline(found) == expected
    assert is_a_tree(tree(found.text, found.meta))


def test_a_long_comment_above_a_function_is_no_part_of_its_heading() -> None:
    found = read("// words of a comment\n" * 40 + "func f() {\n\treturn\n}\n", "a.go")
    assert outline(found) == ["func f() {"]


def test_the_language_is_known_by_the_suffix_in_any_case_and_behind_gz() -> None:
    assert read("x <- 1\n", "A.R").meta["code"] == "r"
    assert read("x = 1\n", "a.py.gz").meta["code"] == "python"


def test_a_grain_of_a_method_is_below_its_class() -> None:
    found = read(PYTHON)
    table = tree(found.text, found.meta)
    at = np.array([found.text.index("引航员")])
    assert heading_path(table, found.text, at) == [
        ("class Ship(Base):", "@property def name(self):")
    ]


def broken_lines(text: str, found: list[grains.Grain]) -> int:
    """Cuts that end although more words follow in their line."""
    return sum(bool(text[one.end :].partition("\n")[0].strip()) for one in found)


@pytest.mark.parametrize("name", ["search.py", "cli.py", "types.py"])
def test_code_is_covered_and_cut_between_lines(name: str) -> None:
    found = read((SOURCES / name).read_text("utf-8"), name)
    table = tree(found.text, found.meta)
    assert is_a_tree(table)
    assert held_once(found.text, *leaves(table))
    cuts = cut(found, size=128, kinds=("cut",))
    bounds = np.array([(one.start, one.end) for one in cuts])
    assert held_once(found.text, bounds[:, 0], bounds[:, 1])
    assert broken_lines(found.text, cuts) == 0
    # The control: read as prose, the same text is cut in the middle of lines.
    prose = Document.of(found.text, source=name, meta={"markup": "plain"})
    assert broken_lines(prose.text, cut(prose, size=128, kinds=("cut",))) > 0


def test_a_cut_ends_at_a_function_where_one_is_near() -> None:
    text = "".join(f"def f{n}(a, b):\n    x = a + b\n    return x * {n}\n\n\n" for n in range(60))
    found = read(text)
    cuts = cut(found, size=128, kinds=("cut",))
    assert all(found.text.startswith("def ", one.start) for one in cuts)


@pytest.mark.parametrize(
    "unit", ["{\n", "  x\n", "(", "class A:\n ", "// c\n", "\t" * 50 + "x\n", "if x:\n"]
)
def test_odd_code_takes_linear_time(unit: str) -> None:
    for source in ("a.py", "a.c"):
        began = time.process_time()
        found = read(unit * 20_000, source)
        assert is_a_tree(tree(found.text, found.meta)) or len(found.text) > 100_000
        assert time.process_time() - began < 4
