"""The report of a stand-in: each section, escaping, honesty, and a look by a browser."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from longgrain.coverage import CELLS, coverage
from longgrain.report import unbalanced, write_report
from standin import HOSTILE, StandIn, finished

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture
def run(tmp_path: Path) -> StandIn:
    return finished(tmp_path)


def page_of(run: StandIn) -> str:
    return write_report(run).read_text("utf-8")


def words_of(page: str) -> str:
    """What a reader reads: no tags, scripts or styles."""
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


@pytest.mark.parametrize(
    "said",
    [
        "From 80 documents (40 English, 40 Chinese)",
        "399 examples (360 for train, 20 for valid and 19 for test)",
        "Every token is accounted for",
        "test: 2 fine questions fewer than wished",
        "train: 2 examples are longer than a row and were left out.",
        "10 no fact fits exactly one sentence",
        "valid and test hold 5% of the tokens each",
        "14,950–16,384 31 31",
        "90–100% 31.6 30.9",
        "1,570 of 6,547 grains were asked about",
        "水務站值班規程（繁體）",
        "50 more documents",
        "distractor 2,629,120 92.1% 0",
        "Tokens over a border",
        "not in the rows of train: a1b2c3d4e5f60718 , 0123456789abcdef .",
        "rival grain kept out 1,204",
        "integration 400 59 15%",
        "Chinese: 684 questions in 24 forms",
        "evidence at depth 40%",
        "北水库的读数记入哪一本登记簿？",
        "The extractive teacher works by rule",
        "longgrain, 32,003 tokens, encoded by fastokens",
        "2 workers, at most 412 MB of memory",
        "Inputs: 80 files",
    ],
)
def test_the_report_says(run: StandIn, said: str) -> None:
    assert said in words_of(page_of(run))


def test_documents_cannot_put_markup_or_scripts_into_the_page(run: StandIn) -> None:
    run.manifest["guards"] = {HOSTILE: 1}
    run.manifest["forms"] = {"en": {HOSTILE: 3}}
    run.manifest["quotas"]["train"]["shortfalls"] = [HOSTILE]
    run.manifest["baseline"][HOSTILE] = {"asked": 2, "hit": 1}
    page = page_of(run)
    assert "<script>window.hurt" not in page
    assert "&lt;script&gt;window.hurt" in page
    assert "\\u003cscript\\u003e" in page
    assert "\u202e" not in page


def test_the_page_asks_nothing_of_the_network_and_stays_small(run: StandIn) -> None:
    page = page_of(run)
    wanted: list[str] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            wanted.extend(
                str(v) for name, v in attrs if name in ("src", "href", "srcset", "action")
            )

    Links().feed(page)
    assert wanted
    assert all(link.startswith("#") for link in wanted)
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert not re.search(r"@import|url\(", re.findall(r"<style>(.*?)</style>", page, re.S)[0])
    assert len(page.encode()) < 1_600_000


def test_every_link_of_the_contents_has_its_section(run: StandIn) -> None:
    page = page_of(run)
    anchors = re.findall(r'<a href="#([\w-]+)">', page)
    assert len(anchors) == 11
    assert all(f'id="{anchor}"' in page for anchor in anchors)


def test_a_step_that_does_not_add_up_is_said_at_the_top_and_takes_the_claim_back(
    run: StandIn,
) -> None:
    run.manifest["steps"][3]["made"] -= 1
    said = words_of(page_of(run))
    assert "Step draft does not add up: 431 asked, 420 made, 10 dropped." in said
    assert "Every token is accounted for" not in said


def test_roles_that_do_not_add_up_to_the_rows_are_noticed(run: StandIn) -> None:
    assert unbalanced(run.manifest) == []
    run.manifest["roles"]["valid"]["answer"]["tokens"] += 1
    (said,) = unbalanced(run.manifest)
    assert said.startswith("The rows of valid hold 162,558 tokens, but its roles add up to 162,559")


def test_a_drop_that_is_counted_but_not_listed_is_noticed(run: StandIn) -> None:
    run.manifest["steps"][7]["dropped"]["longer than a row"] = 3
    run.manifest["steps"][7]["made"] -= 1
    assert "counted 3 dropped, but dropped.parquet lists 2" in words_of(page_of(run))


def test_a_baseline_above_its_limit_on_integration_is_said_at_the_top(run: StandIn) -> None:
    run.manifest["baseline"]["integration"]["hit"] = 160
    assert "answers 40% of the integration questions; the limit is 30%" in words_of(page_of(run))


def test_a_bin_off_its_quota_is_said_even_if_the_run_did_not_say_so(run: StandIn) -> None:
    run.manifest["quotas"]["valid"]["depths"]["made"][9] -= 0.5
    assert "valid: a bin of depths is 1.4 examples off its quota." in words_of(page_of(run))


def test_a_run_without_shortfalls_says_so(run: StandIn) -> None:
    for side in run.manifest["quotas"]:
        run.manifest["quotas"][side]["shortfalls"] = []
        run.manifest["packing"][side]["too_long"] = []
    assert "Every quota was met; nothing fell short." in words_of(page_of(run))


def test_a_run_that_made_nothing_still_has_a_report(run: StandIn) -> None:
    for key in ("guards", "baseline", "forms", "quotas", "packing", "roles", "straddling"):
        run.manifest[key] = {}
    run.manifest.update(lengths={}, documents=[], steps=[])
    assert "From 0 documents" in words_of(page_of(run))


def test_a_long_example_is_shortened_and_the_page_says_so(
    run: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longgrain.report.ROOM", 1000)
    said = words_of(page_of(run))
    assert "In the longer ones, distractors are shortened here." in said
    assert "… 118 tokens …" in said


def test_thousands_of_documents_and_chapters_are_drawn_in_bounded_room(run: StandIn) -> None:
    one = run.manifest["documents"][0]
    chapters = [{**one["chapters"][0], "title": str(i)} for i in range(1000)]
    grains, asked = (sum(c[key] for c in chapters) for key in ("grains", "asked"))
    many = [{**one, "chapters": chapters, "grains": grains, "asked": asked}] * 3000
    found = coverage(many)
    drawn = [*found["first"], *found["more"]]
    assert all(len(document["cells"]) <= CELLS for document in drawn)
    assert all(sum(c["grains"] for c in document["cells"]) == grains for document in drawn)
    assert "2,800 smallest documents are not drawn" in found["rest"]


def test_a_document_split_by_chapters_shows_the_side_of_each(run: StandIn) -> None:
    one = run.manifest["documents"][0]
    cell = {"title": "t", "tokens": 9, "grains": 12, "asked": 3}
    chapters = [{**cell, "side": side} for side in ("train", "train", "test")]
    run.manifest["documents"] = [{**one, "side": "chapters", "chapters": chapters}]
    page = page_of(run)
    assert page.count('class="side-train" style="height') == 2
    assert page.count('class="side-test" style="height') == 1


PROBE = """
<script>
const blank = [...document.querySelectorAll("figure.chart")].filter((figure) => {
  const canvas = figure.querySelector("canvas");
  if (!canvas) return true;
  const points = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return !points.some((value) => value > 0);
});
const wide = document.documentElement.scrollWidth > innerWidth ? 1 : 0;
const asked = performance.getEntriesByType("resource").length;
const charts = document.querySelectorAll("figure.chart[data-drawn]").length;
const hurt = window.hurt ? 1 : 0;
document.title = `charts ${charts} blank ${blank.length} asked ${asked} wide ${wide} hurt ${hurt}`;
</script>
"""


def test_in_a_browser_the_charts_draw_without_errors_or_requests(
    run: StandIn, tmp_path: Path
) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("there is no Chromium or Chrome on this machine to open the page in")
    probed = tmp_path / "probed.html"
    probed.write_text(page_of(run) + PROBE, "utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    flags += ["--window-size=600,900", "--virtual-time-budget=4000", "--dump-dom"]
    flags.append(f"--user-data-dir={tmp_path / 'profile'}")
    done = subprocess.run(
        [browser, *flags, probed.as_uri()], capture_output=True, text=True, timeout=120
    )
    found = re.search(r"<title>(charts.*?)</title>", done.stdout)
    assert found, done.stderr[-2000:]
    assert found[1] == "charts 7 blank 0 asked 0 wide 0 hurt 0"
    assert "CONSOLE" not in done.stderr
