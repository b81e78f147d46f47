"""Files with a known text beside them > how much of it their readers find, as a table.

``python scripts/score_readers.py FOLDER`` reads every file of FOLDER that has a
``NAME.truth.json`` beside it (``text`` in Markdown, ``headings`` as ``[level, words]``) with the
reader that its suffix asks for; ``--write`` puts the table into ``docs/readers.md``.

Recall is the share of the shingles of the truth that stand in the text of the reader, precision
the share of the reader's shingles that stand in the truth; a shingle is a run of 8 characters, and
one that occurs n times counts n times. Before that both texts are made alike (``bare``): blanks
and the marks of Markdown are taken out, typographic quotes are made straight. A heading is found
when its words are the words of a given heading, in the order of the truth.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from longgrain import Document, read
from longgrain.headings import find_headings, heading_title
from longgrain.lines import read_lines

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "readers.md"
BEGIN, END = "<!-- scores: begin -->", "<!-- scores: end -->"
SHINGLE = 8

# What Markdown writes that nobody sees: comments, images, the addresses of links, tags, fences
# with the name of their language, anchors of headings, lines that part the head of a table.
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FENCE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{3,}:?[ \t]*\|?)+[ \t]*$", re.MULTILINE)
_IMAGE = re.compile(r"!\[[^\[\]\n]*\]\([^()\n]*\)(?:\{[^{}\n]*\})?")
_LINK = re.compile(r"\[((?:[^\[\]\n]|\[[^\[\]\n]*\])*)\]\([^()\n]*\)")
_TAG = re.compile(
    r"</?(?:a|abbr|b|br|code|div|em|h[1-6]|hr|i|img|li|ol|p|span|strong|su[bp]|t[dhr]|table|tbody|thead|ul)"
    r"\b[^<>\n]*>"
)
_SAME = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "…": "...", "–": "", "—": ""})
_MARKS = re.compile(r"[\s#*_`|~>\\\-\u2060\u200b\ufeff]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one file was read."""

    name: str
    reader: str
    characters: int
    recall: float
    precision: float
    found: int
    """Headings of the truth that the reader gives."""
    headings: int
    """Headings of the truth."""
    extra: int
    """Headings of the reader that the truth does not have."""
    levels: int
    """Headings found that stand as deep below the first one as in the truth."""
    seconds: float


def scores(folder: Path) -> Iterator[Score]:
    """A score for each file with a truth beside it, by name."""
    for truth in sorted(folder.glob("*.truth.json")):
        path = truth.with_name(truth.name.removesuffix(".truth.json"))
        if path.exists():
            yield score(path, json.loads(truth.read_text("utf-8")))


def score(path: Path, truth: dict[str, object]) -> Score:
    """How much of ``truth`` its reader finds in the file; a file that is dropped scores 0."""
    begun = time.perf_counter()
    documents = [item for item in read(path) if isinstance(item, Document)]
    seconds = time.perf_counter() - begun
    text = "\n\n".join(document.text for document in documents)
    recall, precision = overlap(bare(str(truth["text"]), markdown=True), bare(text))
    wanted = [(int(level), bare(str(words))) for level, words in truth["headings"]]  # type: ignore[attr-defined]
    given = [heading for document in documents for heading in headings(document)]
    pairs = matched([words for _, words in wanted], [words for _, words in given])
    return Score(
        name=path.name,
        reader=path.suffix.lstrip("."),
        characters=len(text),
        recall=recall,
        precision=precision,
        found=len(pairs),
        headings=len(wanted),
        extra=len(given) - len(pairs),
        levels=_levels([(wanted[a][0], given[b][0]) for a, b in pairs]),
        seconds=seconds,
    )


def bare(text: str, *, markdown: bool = False) -> str:
    """The characters that count: no blanks, no marks of Markdown, quotes straight."""
    if markdown:
        for pattern in (_COMMENT, _FENCE, _RULE, _IMAGE):
            text = pattern.sub("", text)
        text = html.unescape(_TAG.sub("", _LINK.sub(r"\1", text)))
    text = unicodedata.normalize("NFC", text).translate(_SAME)
    return _MARKS.sub("", text)


def overlap(truth: str, text: str) -> tuple[float, float]:
    """Recall and precision of shingles, each counted as often as it occurs."""
    wanted, given = shingles(truth), shingles(text)
    both = (wanted & given).total()
    return both / max(1, wanted.total()), both / max(1, given.total())


def shingles(text: str) -> Counter[str]:
    """Every run of ``SHINGLE`` characters of ``text``."""
    return Counter(text[i : i + SHINGLE] for i in range(max(1, len(text) - SHINGLE + 1)))


def headings(document: Document) -> list[tuple[int, str]]:
    """Level and bare words of the headings that the reader gives, or that are found in its text."""
    if given := document.meta.get("headings"):
        return [(level, bare(document.text[start:end])) for start, end, level in given]
    found = find_headings(read_lines(document.text), document.meta)
    spans = zip(found.starts.tolist(), found.ends.tolist(), found.levels.tolist(), strict=True)
    return [(level, bare(heading_title(document.text[start:end]))) for start, end, level in spans]


def matched(wanted: Sequence[str], given: Sequence[str]) -> list[tuple[int, int]]:
    """Places of equal headings in both lists, in the order of both."""
    blocks = SequenceMatcher(None, wanted, given, autojunk=False).get_matching_blocks()
    return [(b.a + i, b.b + i) for b in blocks for i in range(b.size)]


def _levels(pairs: Sequence[tuple[int, int]]) -> int:
    """How many pairs differ by what most of them differ by."""
    return max(Counter(given - wanted for wanted, given in pairs).values(), default=0)


def table(found: Sequence[Score]) -> str:
    """The scores as a Markdown table of at most 100 columns."""
    head = "| file | characters | recall | precision | headings | other | levels |"
    lines = [head, "|---|--:|--:|--:|--:|--:|--:|"]
    lines += [
        f"| {s.name} | {s.characters:,} | {s.recall:.4f} | {s.precision:.4f} "
        f"| {s.found}/{s.headings} | {s.extra} | {s.levels}/{s.found} |"
        for s in found
    ]
    return "\n".join(lines)


def write(found: Sequence[Score], page: Path = PAGE) -> None:
    """Puts the table between its marks in ``docs/readers.md``."""
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{table(found)}\n{END}{after}", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--write", action="store_true", help="put the table into docs/readers.md")
    asked = parser.parse_args()
    found = list(scores(asked.folder))
    if not found:
        print(f"no *.truth.json in {asked.folder}: name a folder that has some", file=sys.stderr)
        return 2
    print(table(found))
    if asked.write:
        write(found)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
