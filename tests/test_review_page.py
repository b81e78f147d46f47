"""The page in a real browser: everything by keyboard, two people at once, a server that is killed."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the page needs the extra `review`")
sync_api = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None:
    pytest.skip("there is no chromium on this machine", allow_module_level=True)

from longgrain.review.serving import Asked, Opened  # noqa: E402
from longgrain.run import Run  # noqa: E402
from review_served import HOSTILE, copied, kept, rows, served, spec_file  # noqa: E402

EMOJI = "👨‍👩‍👧 Dr. Reed 😀 lives in Bath.\n林黛玉住在大观园。She knows Ann."
LABELS = """
classes: [letter, story]
entities: [person, place]
relations: [lives in]
question: true
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


class Person:
    """Somebody at a keyboard; every request and every error of their browser is noted."""

    def __init__(self, browser: Any, address: str, name: str = "", **how: Any) -> None:
        self.context = browser.new_context(viewport={"width": 1360, "height": 860}, **how)
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda one: self.requests.append(one.url))
        self.page.on("pageerror", lambda one: self.errors.append(str(one)))
        self.page.on("console", self._heard)
        self.page.goto(address)
        if name:
            self.page.keyboard.type(name)
            self.press("Enter")
        self.page.wait_for_selector("[data-ready] #work form, [data-ready] #work h2")

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            self.errors.append(message.text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def decide(self, *keys: str) -> None:
        """Presses keys, the last of which sends; waits for what comes next."""
        before = self.once()
        self.press(*keys)
        self.page.wait_for_function(
            "old => document.querySelector('[name=once]')?.value !== old"
            " && document.body.hasAttribute('data-ready')",
            arg=before,
        )

    def once(self) -> str:
        found = self.page.query_selector("[name=once]")
        return found.get_attribute("value") if found else ""

    def item(self) -> str:
        return str(self.page.get_attribute("#work form", "hx-post")).removeprefix("/item/")

    def says(self, where: str) -> str:
        return str(self.page.inner_text(where))

    def labels(self) -> list[tuple[str, str]]:
        """The marks of the label page: words and tag."""
        found = self.page.query_selector_all("#marks li:has(button)")
        return [
            (one.query_selector("button").inner_text(), one.query_selector(".tag").inner_text())
            for one in found
        ]


@pytest.fixture
def examples(small_run: Run, tmp_path: Path) -> Iterator[Opened]:
    with served(Asked(folder=copied(small_run, tmp_path / "run"), port=0, repeat=0)) as one:
        yield one


def folder_of(one: Opened) -> Path:
    return Path(one.site.queue.items.store.path.parent)


# --- examples ---


def test_examples_are_judged_by_keyboard_alone(browser: Any, examples: Opened) -> None:
    ann = Person(browser, examples.bound.address, "Ann")
    first = ann.item()
    ann.press("j")
    assert ann.page.evaluate("document.activeElement.id") == "evidence-1"
    assert ann.page.evaluate(
        "(() => { const r = document.activeElement.getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight })()"
    )
    ann.press("4", "w", "2", "n")
    ann.page.keyboard.type("a note with 1, a and r in it 😀")
    ann.press("Escape")
    ann.decide("a")
    assert ann.says("#progress").startswith("1 of ")
    assert ann.says("#told") == "Saved: Accept"
    assert ann.says("#status") == "Saved: Accept"

    second = ann.item()
    answer = ann.says("#answer")
    ann.press("e")
    assert ann.page.evaluate("document.activeElement.name") == "question"
    ann.press("Tab", "Control+a")
    ann.page.keyboard.type("My own\nanswer <b>")
    ann.decide("Control+Enter")
    ann.decide("r")
    ann.decide("s")
    assert ann.page.query_selector("#progress")
    ann.decide("u")
    ann.decide("u")
    assert ann.says("#told").startswith("Taken back")
    third = ann.item()
    ann.decide("a")

    said = [(one.item, one.verdict) for one in kept(folder_of(examples))]
    assert said[:2] == [(first, "accept"), (second, "edit")]
    assert said[2] == (third, "reject")
    assert said[-1] == (third, "accept")
    assert [verdict for _, verdict in said].count("skip") == 3  # one by a key, two by undo
    one, two = kept(folder_of(examples))[:2]
    assert one.ratings == {"question": 4, "evidence": 2}
    assert one.note == "a note with 1, a and r in it 😀"
    assert 0 < one.seconds < 60
    assert two.edit == {"answer": "My own\nanswer <b>"}

    ann.press("l")
    ann.page.wait_for_selector("table.list")
    ann.page.goto(f"{examples.bound.address}item/{second}")
    assert ann.says("#answer") == answer
    assert "My own\nanswer <b>" in ann.says(".versions")
    assert not ann.errors
    assert all(url.startswith((examples.bound.address, "data:")) for url in ann.requests)


def test_help_lists_the_keys_and_keys_wait_until_it_is_closed(
    browser: Any, examples: Opened
) -> None:
    ann = Person(browser, examples.bound.address, "Ann")
    ann.press("?")
    assert "Accept" in ann.says("dialog")
    ann.press("a")
    ann.press("Escape")
    assert not kept(folder_of(examples))
    ann.press("e")
    ann.page.wait_for_selector(".editing textarea:focus")
    ann.press("Escape")
    ann.page.wait_for_selector(".editing", state="hidden")
    assert not ann.page.is_visible(".editing")
    ann.decide("a")
    assert len(kept(folder_of(examples))) == 1


def test_the_edit_of_words_with_hidden_signs_changes_only_what_was_changed(
    browser: Any, examples: Opened
) -> None:
    ann = Person(browser, examples.bound.address, "Ann")
    ann.press("e")
    ann.press("Control+Enter")
    ann.page.wait_for_selector("#problem .problem")
    assert "Nothing was changed" in ann.says("#problem")
    assert ann.page.is_visible(".editing")
    assert not kept(folder_of(examples))


def test_two_people_at_once_do_not_disturb_each_other(browser: Any, examples: Opened) -> None:
    ann = Person(browser, examples.bound.address, "Ann")
    bob = Person(browser, examples.bound.address, "小明 & <i>Bob</i>")
    assert ann.item() == bob.item()
    for _ in range(3):
        ann.decide("a")
        bob.decide("r")
    bob.decide("a")
    assert ann.says(".far").startswith("3 of ")
    assert bob.says(".far").startswith("4 of ")
    assert bob.says(".far").endswith("others: 3")
    ann.decide("u")
    said = kept(folder_of(examples))
    assert [one.verdict for one in said if one.by == "Ann"] == ["accept"] * 3 + ["skip"]
    assert [one.by for one in said if one.verdict == "reject"] == ["小明 & <i>Bob</i>"] * 3
    assert bob.says("nav bdi") == "小明 & <i>Bob</i>"


def test_the_page_speaks_chinese(browser: Any, examples: Opened) -> None:
    ann = Person(browser, examples.bound.address, "王小明", locale="zh-CN")
    assert ann.page.get_attribute("html", "lang") == "zh-Hans"
    assert "通过" in ann.says(".verdicts")
    ann.decide("a")
    assert ann.says("#told") == "已保存：通过"
    assert ann.says("#progress").startswith("已评 1 / ")
    ann.page.click("text=English")
    ann.page.wait_for_selector("text=Accept")
    assert kept(folder_of(examples))[0].by == "王小明"


def test_what_cannot_be_sent_is_said_and_can_be_sent_again(browser: Any, examples: Opened) -> None:
    ann = Person(browser, examples.bound.address, "Ann")
    ann.context.set_offline(True)
    ann.press("a")
    ann.page.wait_for_selector("#problem .problem")
    assert "Not saved" in ann.says("#problem")
    ann.context.set_offline(False)
    ann.decide("a")
    assert [one.verdict for one in kept(folder_of(examples))] == ["accept"]


def test_every_control_can_be_reached_with_tab_and_has_a_name(
    browser: Any, examples: Opened
) -> None:
    ann = Person(browser, examples.bound.address, "Ann")
    named = set()
    for _ in range(60):
        ann.press("Tab")
        named.add(
            ann.page.evaluate(
                "(() => { const e = document.activeElement;"
                "return (e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || e.name || '').trim() })()"
            )
        )
    for word in ("Accept a", "Reject r", "Edit e", "Skip s", "Undo u", "Keys ?", "List l"):
        assert any(word.split()[0] in one for one in named), word
    unnamed = ann.page.evaluate(
        "[...document.querySelectorAll('button, a, textarea, input:not([type=hidden]), select')].filter(e => e.offsetParent"
        "&& !(e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText).trim()).length"
    )
    assert unnamed == 0


# --- labels ---


@pytest.fixture
def texts(tmp_path: Path) -> Iterator[Opened]:
    spec = spec_file(tmp_path, LABELS, [EMOJI])
    with served(Asked(folder=tmp_path, label=spec, by="Ann", port=0)) as one:
        yield one


def test_a_text_is_labelled_by_keyboard_with_offsets_in_code_points(
    browser: Any, texts: Opened
) -> None:
    ann = Person(browser, texts.bound.address)
    ann.press("ArrowRight", "Shift+ArrowRight", "Shift+ArrowRight", "1")
    words, tag = ann.labels()[0]
    assert (words, tag) == ("Dr. Reed", "person")
    ann.press("m", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "2")
    assert ann.labels()[1] == ("Bath", "place")
    ann.press("m", "5", "e", "a", "q")
    ann.page.keyboard.type("Where does Dr. Reed live?")
    ann.press("Escape", "4")
    ann.press("Enter")
    ann.page.wait_for_selector("text=That was all.")
    [one] = kept(folder_of(texts))
    found = one.labels
    assert found["classes"] == ["story"]
    assert [EMOJI[e["start"] : e["end"]] for e in found["entities"]] == ["Dr. Reed", "Bath"]
    assert found["relations"] == [{"from": "e1", "to": "e2", "label": "lives in"}]
    assert found["answers"] == [{"start": found["entities"][1]["start"], "end": found["entities"][1]["end"], "text": "Bath"}]  # fmt: skip
    assert found["question"] == "Where does Dr. Reed live?"
    assert not ann.errors


def test_labels_that_were_not_saved_are_not_left_without_a_question(
    browser: Any, texts: Opened
) -> None:
    ann = Person(browser, texts.bound.address)
    asked: list[str] = []

    def stay(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    ann.page.on("dialog", stay)
    ann.press("1", "l")
    ann.page.wait_for_timeout(300)
    assert asked == ["beforeunload"]
    assert len(ann.labels()) == 1
    ann.press("Delete", "4", "Enter")
    ann.page.wait_for_selector("text=That was all.")
    ann.press("l")
    ann.page.wait_for_selector("table.list")
    assert asked == ["beforeunload"]


def test_chinese_words_are_walked_through_and_ends_move_by_a_character(
    browser: Any, texts: Opened
) -> None:
    ann = Person(browser, texts.bound.address)
    ann.press("ArrowDown", "ArrowDown")
    start = ann.says("#text .chosen")
    assert re.fullmatch("[林黛玉]+", start)
    while ann.says("#text .chosen") != "林黛玉":
        ann.press("]")
    ann.press("1")
    assert ann.labels() == [("林黛玉", "person")]
    ann.press("[", "[", "2", "Delete")
    assert ann.labels() == [("林黛玉", "person")]
    ann.press("Delete")
    assert ann.labels() == []


def test_a_text_is_labelled_with_the_mouse_behind_emoji(browser: Any, texts: Opened) -> None:
    ann = Person(browser, texts.bound.address)
    box = ann.page.evaluate(
        """() => { const piece = [...document.querySelectorAll('#text [data-start]')].find(e => e.textContent.includes('Bath'));
        const range = document.createRange(), at = piece.firstChild.data.indexOf('Bath');
        range.setStart(piece.firstChild, at); range.setEnd(piece.firstChild, at + 4);
        const r = range.getBoundingClientRect(); return [r.left, r.right, r.top + r.height / 2] }"""
    )
    left, right, middle = box
    ann.page.mouse.move(left + 1, middle)
    ann.page.mouse.down()
    ann.page.mouse.move(right - 1, middle)
    ann.page.mouse.up()
    ann.page.click(".choice.entity >> text=place")
    assert ann.labels() == [("Bath", "place")]
    ann.press("3", "Enter")
    ann.page.wait_for_selector("text=That was all.")
    [entity] = kept(folder_of(texts))[0].labels["entities"]
    assert EMOJI[entity["start"] : entity["end"]] == "Bath"


def test_hostile_words_are_labelled_as_words(browser: Any, tmp_path: Path) -> None:
    text = f"{HOSTILE}\u202e\x07 end"
    spec = spec_file(tmp_path, f"classes: ['{HOSTILE.split('=')[0]}']\nquestion: true\n", [text])
    with served(Asked(folder=tmp_path, label=spec, by=HOSTILE[:70], port=0)) as one:
        ann = Person(browser, one.bound.address)
        assert HOSTILE in ann.says("#text")
        ann.press("1", "n")
        ann.page.keyboard.type(HOSTILE)
        ann.press("Control+Enter")
        ann.page.wait_for_selector("text=That was all.")
        ann.press("l")
        ann.page.wait_for_selector("table.list")
        assert ann.page.evaluate("window.hurt") is None
        ann.page.goto(f"{one.bound.address}item/{kept(tmp_path)[0].item}")
        assert HOSTILE in ann.says(".before")
        assert ann.page.evaluate("window.hurt") is None
        assert not ann.errors
    assert kept(tmp_path)[0].labels["text"] == text
    assert kept(tmp_path)[0].note == HOSTILE


# --- pairs ---


def test_pairs_are_compared_blind_and_named_at_the_end(browser: Any, tmp_path: Path) -> None:
    for name in ("before", "after"):
        (tmp_path / name).mkdir()
        rows(
            tmp_path / name / "answers.jsonl",
            [{"id": i, "question": f"Question {i}?", "reply": f"{name[0]}{i}"} for i in range(6)],
        )
    asked = Asked(
        folder=tmp_path, pairs=(tmp_path / "before", tmp_path / "after"), by="Ann", port=0
    )
    with served(asked) as one:
        ann = Person(browser, one.bound.address)
        better = []
        for key in ("1", "2", "1", "2", "0"):
            assert "before" not in ann.page.content()
            better.append({"1": ann.says("#left")[0], "2": ann.says("#right")[0], "0": "t"}[key])
            ann.decide(key)
        ann.press("1")
        ann.page.wait_for_selector("text=That was all.")
        assert "before" in ann.says("table.result")
        assert "95% interval" in ann.says("#work")
    told = {"b": "a", "a": "b", "t": "tie"}  # the first letter of a reply > the file it is from
    assert [one.verdict for one in kept(tmp_path)][:5] == [told[one] for one in better]


# --- many items, and a server that is killed ---


def test_ten_thousand_items_are_listed_and_filtered(browser: Any, tmp_path: Path) -> None:
    texts = [f"text number {number}" for number in range(10_000)]
    spec = spec_file(tmp_path, "classes: [a, b]\n", texts)
    with served(Asked(folder=tmp_path, label=spec, by="Ann", port=0, repeat=0)) as one:
        ann = Person(browser, one.bound.address)
        assert ann.says("#progress") == "0 of 10,000"
        ann.decide("1", "Enter")
        ann.press("l")
        ann.page.wait_for_selector("[data-ready] >> text=Page 1 of 200")
        ann.press("]")
        ann.page.wait_for_selector("[data-ready] >> text=Page 2 of 200")
        ann.press("f")
        ann.page.keyboard.type("number 9999")
        ann.press("Enter")
        ann.page.wait_for_selector("text=1 items")
        ann.page.goto(f"{one.bound.address}list?state=labelled")
        assert len(ann.page.query_selector_all("table.list tr")) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_server_that_is_killed_loses_nothing_that_it_said_was_saved(
    browser: Any, tmp_path: Path
) -> None:
    spec = spec_file(tmp_path, "classes: [a, b]\n", [f"text {n}" for n in range(300)])

    def start() -> tuple[subprocess.Popen[str], str]:
        words = ["review", str(tmp_path), "--label", str(spec), "--by", "Ann", "--no-open"]
        command = "import sys; from longgrain.cli import main; sys.argv[0] = 'longgrain'; main()"
        process = subprocess.Popen(
            [sys.executable, "-c", command, *words, "--port", "0", "--repeat", "0"],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        line = process.stdout.readline()
        return process, line.rsplit(" ", 1)[1].strip()

    process, address = start()
    ann = Person(browser, address)
    acknowledged = []
    for _ in range(12):
        item = ann.item()
        ann.decide("1", "Enter")
        acknowledged.append(item)
    ann.press("1", "Enter")  # whether this one arrives is open
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=20)
    found = [one.item for one in kept(tmp_path)]
    assert found[:12] == acknowledged
    assert len(found) in (12, 13)

    process, address = start()
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:
            assert f"{len(found)} of 300" in answer.read().decode()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) in (0, 130, -signal.SIGINT)
