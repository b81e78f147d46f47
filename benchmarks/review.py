"""A finished run > milliseconds to open its examples on the page for people, and to scroll the longest.

    python benchmarks/review.py RUN [--items 60] [--by-frame 60]

Decisions that lie in the folder are left as they are. The second part needs playwright and chromium;
a browser without a GPU draws on the processor, so nothing else should run beside it.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from longgrain.review.items import Items
from longgrain.review.serving import Asked, Opened, opened, server_of
from longgrain.review.store import FILE, Store

SCROLL = """step => new Promise(done => {
  const box = document.querySelector('.reading'), times = [];
  box.scrollTop = 0;
  (function frame(time) {
    if (time) times.push(time);
    box.scrollTop += step;
    if (times.length < 240) requestAnimationFrame(frame); else done(times);
  })();
})"""
LAYOUT = """() => {
  const box = document.querySelector('.reading'), begun = performance.now();
  box.style.width = '700px';
  return [box.scrollHeight, performance.now() - begun];
}"""


def main() -> None:
    """Prints both parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--items", type=int, default=60)
    parser.add_argument("--by-frame", type=int, default=60, help="pixels that a frame scrolls")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "run"
        shutil.copytree(
            asked.run, copy, ignore=shutil.ignore_patterns("rows-*", "calls.*", FILE + "*")
        )
        begun = time.process_time()
        one = opened(Asked(folder=copy, by="benchmark", port=0))
        items = one.site.queue.items
        print(f"{items.count():,} examples; index written in {time.process_time() - begun:.2f} s")
        begun = time.process_time()
        Items(Store(copy / FILE), one.site.task)
        print(f"index found again in {1000 * (time.process_time() - begun):.1f} ms")
        _opening(one, asked.items)
        _scrolling(one, asked.by_frame)


def _opening(one: Opened, count: int) -> None:
    """Processor time of the server for the first examples in the order of the page."""
    listed = one.site.queue.items.listed("", state="", sort="", words="", page=1)
    one.site.warm()
    spent: list[tuple[int, float]] = []
    for entry, _ in listed.entries[:count]:
        begun = time.process_time()
        one.site.task.view(entry, "benchmark", "en")
        spent.append((entry.size, 1000 * (time.process_time() - begun)))
    times = [each for _, each in spent]
    print(
        f"opened {len(times)}: median {statistics.median(times):.1f} ms of CPU, most {max(times):.1f}"
    )
    longest = [each for size, each in spent if size > 30_000]
    if longest:
        print(f"of more than 30,000 tokens: median {statistics.median(longest):.1f} ms of CPU")


def _scrolling(one: Opened, step: int) -> None:
    """Frame times in a browser, for the longest example of the first pages."""
    from playwright.sync_api import sync_playwright

    items = one.site.queue.items
    pages = range(1, min(6, items.listed("", state="", sort="", words="", page=1).last + 1))
    entries = [
        entry
        for page in pages
        for entry, _ in items.listed("", state="", sort="", words="", page=page).entries
    ]
    entry = max(entries, key=lambda each: each.size)
    server = server_of(one)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [one.bound.socket]}, daemon=True
    )
    thread.start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1360, "height": 860})
        page.goto(f"{one.bound.address}item/{entry.id}")
        page.wait_for_selector("[data-ready]")
        height, layout = page.evaluate(LAYOUT)
        print(f"{entry.size:,} tokens, {height:,} pixels high: laid out in {layout:.1f} ms")
        times = page.evaluate(SCROLL, step)
        print(f"scrolled by {step} pixels a frame: {_said(times)}")
        browser.close()
    server.should_exit = True
    thread.join(timeout=20)


def _said(times: Sequence[float]) -> str:
    each = sorted(after - before for before, after in pairwise(times))
    late = each[int(len(each) * 0.95)]
    return f"median {statistics.median(each):.1f} ms a frame, 95% within {late:.1f}, most {each[-1]:.1f}"


if __name__ == "__main__":
    main()
