"""The scores of the readers against known texts hold, and the command that makes their table works."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import score_readers  # noqa: E402
from score_readers import Score, bare, matched, overlap, scores, table, write  # noqa: E402

FILES = ROOT.parent / "shared" / "data" / "corpora" / "readers"
with_files = pytest.mark.skipif(not FILES.is_dir(), reason=f"no files at {FILES}")

# Least recall and precision by the end of the name; headings that may be missed by file.
LEAST = {".html": 0.93, ".epub": 0.98, ".docx": 0.98, "-1col.pdf": 0.98, "-2col.pdf": 0.95}
MISSED = {"zh-d2l-page.html": 1, "en-nist63b-2col.pdf": 2}


@pytest.fixture(scope="module")
def found() -> dict[str, Score]:
    return {one.name: one for one in scores(FILES)}


@with_files
@pytest.mark.parametrize(
    "name",
    [
        *("en-frankenstein-page.html", "zh-d2l-page.html", "zh-zhaohuaxishi.epub"),
        *("en-hf-ch6.docx", "zh-minfadian.docx", "en-frankenstein-1col.pdf", "zh-nahan-1col.pdf"),
        *("en-nist63b-2col.pdf", "zh-minfadian-2col.pdf"),
    ],
)
def test_a_reader_finds_the_text_and_the_headings_of_a_file(
    name: str, found: dict[str, Score]
) -> None:
    scored = found[name]
    least = next(share for end, share in LEAST.items() if name.endswith(end))
    assert min(scored.recall, scored.precision) >= least
    assert scored.found >= scored.headings - MISSED.get(name, 0)
    assert scored.extra <= MISSED.get(name, 0)
    assert scored.levels == scored.found


def test_the_counted_characters_are_those_that_a_reader_sees() -> None:
    marked = "## A *bold* [link](http://x.y) ![pic](z.png)\n\n```python\nx = 1\n```\n| a | b |\n|---|---|\n<!-- c -->"
    assert (
        bare(marked, markdown=True) == bare("A bold link\n\nx = 1\n\n| a | b |") == "Aboldlinkx=1ab"
    )
    assert bare("“it’s” – so…") == bare('"it\'s" - so...')


def test_what_is_missing_costs_recall_and_what_is_added_costs_precision() -> None:
    words = "the pilot boards at the outer buoy"
    assert overlap(words, words) == (1.0, 1.0)
    recall, precision = overlap(words, words[:20])
    assert recall < 0.6 < precision
    recall, precision = overlap(words, words + " and navigation and footer")
    assert precision < 0.7 < recall
    assert overlap(words, "") == (0.0, 0.0)
    assert overlap(words * 3, words)[0] < 0.4


def test_headings_are_matched_in_order_and_a_title_twice_is_matched_twice() -> None:
    assert matched(["a", "b", "a"], ["a", "x", "a"]) in ([(0, 0), (2, 2)],)
    assert matched(["a", "b"], ["b", "a"]) in ([(0, 1)], [(1, 0)])


def test_the_table_is_made_from_a_folder_and_written_between_its_marks(tmp_path: Path) -> None:
    truth = {"text": "# Pilots\n\nThey board at the buoy.", "headings": [[1, "Pilots"]]}
    (tmp_path / "a.html").write_text("<h1>Pilots</h1><p>They board at the buoy.", "utf-8")
    (tmp_path / "a.html.truth.json").write_text(json.dumps(truth), "utf-8")
    (tmp_path / "gone.html.truth.json").write_text(json.dumps(truth), "utf-8")
    made = list(scores(tmp_path))
    assert [(one.name, one.recall, one.precision, one.found) for one in made] == [
        ("a.html", 1, 1, 1)
    ]
    page = tmp_path / "page.md"
    page.write_text(f"before\n{score_readers.BEGIN}\nold\n{score_readers.END}\nafter\n", "utf-8")
    write(made, page)
    assert page.read_text("utf-8") == (
        f"before\n{score_readers.BEGIN}\n{table(made)}\n{score_readers.END}\nafter\n"
    )
    assert max(map(len, table(made).split("\n"))) <= 100


@with_files
def test_the_page_has_a_line_for_every_file_with_a_truth_and_fits_a_terminal() -> None:
    written = score_readers.PAGE.read_text("utf-8")
    _, _, rest = written.partition(score_readers.BEGIN)
    shown, _, _ = rest.partition(score_readers.END)
    for truth in FILES.glob("*.truth.json"):
        assert f"| {truth.name.removesuffix('.truth.json')} |" in shown
    assert max(map(len, shown.split("\n"))) <= 100
