"""The server of the page: whom it answers, what it keeps, and that words stay words."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the page needs the extra `review`")
pytest.importorskip("uvicorn", reason="the page needs the extra `review`")
from starlette.testclient import TestClient

from longgrain.errors import PlanError, RunError
from longgrain.review.serving import Asked, Opened, opened
from longgrain.review.words import WORDS, language_of, speaker_of
from longgrain.run import Run
from review_served import HOSTILE, copied, kept, rows, spec_file

HERE = "http://127.0.0.1:8400"


def client(one: Opened, **how: Any) -> TestClient:
    return TestClient(one.guard, base_url=HERE, **how)


@pytest.fixture
def review(small_run: Run, tmp_path: Path) -> Iterator[Opened]:
    one = opened(Asked(folder=copied(small_run, tmp_path / "run"), by="Ann", port=0, repeat=0))
    yield one
    one.bound.socket.close()


def form_of(page: str) -> dict[str, str]:
    """The hidden fields of an item's form, and its address."""
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))
    address = re.search(r'hx-post="(/item/[^"]+)"', page)
    assert address, page[:500]
    return {**fields, "address": address[1]}


def send(web: TestClient, page: str, **values: str) -> Any:
    form = form_of(page)
    return web.post(form.pop("address"), data={**form, **values}, headers={"hx-request": "true"})


# --- whom it answers ---


def test_every_answer_forbids_scripts_and_requests_of_others(review: Opened) -> None:
    web = client(review)
    for path in ("/", "/list", "/name", "/static/review.js", "/nothing", "/item/none"):
        policy = web.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "10.0.0.7", "[", "::"]
)
def test_a_name_that_was_rebound_to_this_machine_is_not_answered(review: Opened, host: str) -> None:
    assert client(review).get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_what_a_page_of_another_site_sends_is_not_kept(
    review: Opened, headers: dict[str, str]
) -> None:
    web = client(review)
    form = form_of(web.get("/").text)
    answer = web.post(form.pop("address"), data={**form, "verdict": "accept"}, headers=headers)
    assert answer.status_code == 403
    assert not kept(review.site.queue.items.store.path.parent)


def test_a_server_that_others_can_reach_wants_its_token(review: Opened) -> None:
    guard = replace(review.guard, host="0.0.0.0", token="secret-token")
    web = TestClient(guard, base_url=HERE)
    assert web.get("/").status_code == 403
    assert web.get("/?token=wrong").status_code == 403
    web.cookies.set("longgrain_token_8400", "wrong")
    assert web.get("/").status_code == 403
    web.cookies.clear()
    assert web.get("/?token=secret-token").status_code == 200
    assert web.get("/list").status_code == 200
    assert "secret-token" not in web.get("/").text
    by_address = TestClient(guard, base_url="http://192.168.1.20:8400")
    assert by_address.get("/?token=secret-token").status_code == 200
    by_name = TestClient(guard, base_url="http://evil.example:8400")
    assert by_name.get("/?token=secret-token").status_code == 421


def test_only_a_host_that_others_can_reach_gets_a_token(tmp_path: Path) -> None:
    spec = spec_file(tmp_path, "classes: [a]\n", ["x"])
    for host, has_token in (("127.0.0.1", False), ("0.0.0.0", True)):
        one = opened(Asked(folder=tmp_path, label=spec, host=host, port=0))
        assert bool(one.bound.token) == has_token == ("token=" in one.bound.address)
        one.bound.socket.close()


def test_a_request_larger_than_any_of_ours_is_refused(review: Opened) -> None:
    web = client(review)
    assert web.post("/undo", content=b"x" * 8_000_001).status_code == 413
    assert web.post("/undo", content=iter([b"x"] * 9)).status_code == 413  # of unknown length


def test_a_port_that_is_taken_is_said_so(tmp_path: Path) -> None:
    spec = spec_file(tmp_path, "classes: [a]\n", ["x"])
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(RunError, match=f"127.0.0.1:{port} cannot be taken"):
            opened(Asked(folder=tmp_path, label=spec, port=port))


def test_what_cannot_be_reviewed_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no finished run"):
        opened(Asked(folder=tmp_path, port=0))
    with pytest.raises(PlanError, match="no share"):
        Asked(folder=tmp_path, repeat=2)
    with pytest.raises(PlanError, match="cannot be shown on one page"):
        Asked(folder=tmp_path, label=tmp_path / "x", pairs=(tmp_path, tmp_path))
    pair = rows(tmp_path / "a.jsonl", [{"id": 1, "reply": "x"}])
    with pytest.raises(RunError, match="there is no folder"):
        opened(Asked(folder=tmp_path / "no", pairs=(pair, pair), port=0))


# --- what it keeps ---


def test_a_decision_holds_what_was_said_of_the_item(review: Opened) -> None:
    web = client(review)
    page = web.get("/").text
    answer = send(
        web,
        page,
        **{"verdict": "reject", "note": "wrong 😀", "rate:answer": "2", "seconds": "12.34"},
    )
    assert answer.status_code == 200
    assert form_of(answer.text)["address"] != form_of(page)["address"]
    [one] = kept(review.site.queue.items.store.path.parent)
    assert (one.verdict, one.by, one.note, one.seconds) == ("reject", "Ann", "wrong 😀", 12.3)
    assert one.ratings == {"answer": 2}
    assert one.item == form_of(page)["address"].removeprefix("/item/")


def test_an_act_that_is_sent_twice_is_kept_once(review: Opened) -> None:
    web = client(review)
    page = web.get("/").text
    send(web, page, verdict="accept")
    send(web, page, verdict="accept")
    assert len(kept(review.site.queue.items.store.path.parent)) == 1


def test_an_edit_is_a_new_version_and_the_original_stays(review: Opened) -> None:
    web = client(review)
    page = web.get("/").text
    form = form_of(page)
    send(web, page, verdict="edit", answer="A better\r\nanswer.", note="shorter")
    [one] = kept(review.site.queue.items.store.path.parent)
    assert one.edit == {"answer": "A better\nanswer."}
    again = web.get(form["address"]).text
    original = re.search(r'id="answer">([^<]*)<', page)
    assert original
    assert original[0] in again
    assert "A better\nanswer." in again
    other = client(review, cookies={review.site.cookie: "Bob"})
    assert "A better\nanswer." not in other.get(form["address"]).text
    send(other, other.get(form["address"]).text, verdict="accept")
    assert "A better\nanswer." in other.get(form["address"]).text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"verdict": "edit"}, "Nothing was changed"),
        ({"verdict": "edit", "answer": " "}, "leaves nothing"),
        ({"verdict": "maybe"}, "no such verdict: maybe"),
        ({"verdict": "accept", "rate:answer": "9"}, "no such point: answer: 9"),
        ({"verdict": "accept", "rate:answer": "x"}, "no such point"),
        ({"verdict": "accept", "by": "Eve"}, "opened by Eve"),
        ({"verdict": "accept", "repeat": "1"}, "cannot come again yet"),
    ],
)
def test_what_cannot_be_kept_is_said_and_the_page_stays(
    review: Opened, values: dict[str, str], said: str
) -> None:
    web = client(review)
    answer = send(web, web.get("/").text, **values)
    assert answer.status_code == 400
    assert answer.headers["hx-retarget"] == "#problem"
    assert said in answer.text
    assert not kept(review.site.queue.items.store.path.parent)


def test_an_item_that_does_not_exist_is_not_found(review: Opened) -> None:
    web = client(review)
    assert web.get("/item/none").status_code == 404
    assert web.post("/item/none", data={"by": "Ann", "verdict": "accept"}).status_code == 400
    assert web.get("/static/..%2fserver.py").status_code == 404


def test_a_person_without_a_name_is_asked_for_one(small_run: Run, tmp_path: Path) -> None:
    one = opened(Asked(folder=copied(small_run, tmp_path / "run"), port=0))
    web = client(one)
    assert "What is your name?" in web.get("/").text
    assert "1 to 80 characters" in web.post("/name", data={"name": " \u202e "}).text
    assert "<bdi>王 小明</bdi>" in web.post("/name", data={"name": " 王  小明\x00"}).text
    one.bound.socket.close()


def test_what_was_taken_back_is_in_the_form_again(review: Opened) -> None:
    web = client(review)
    page = web.get("/").text
    send(web, page, **{"verdict": "edit", "answer": "Mine.", "note": "hm", "rate:answer": "3"})
    again = web.post("/undo", headers={"hx-request": "true"}).text
    assert form_of(again)["address"] == form_of(page)["address"]
    assert "You decided before" not in again
    assert ">\nMine.</textarea>" in again
    assert ">\nhm</textarea>" in again
    assert re.search(r'name="rate:answer" value="3" checked', again)


def test_a_run_that_does_not_fit_its_tokenizer_is_said_on_the_page(
    small_run: Run, tmp_path: Path
) -> None:
    folder = copied(small_run, tmp_path / "run")
    manifest = (folder / "manifest.json").read_text("utf-8")
    sha = small_run.manifest["tokenizer"]["sha256"]
    (folder / "manifest.json").write_text(manifest.replace(sha, "0" * 64), "utf-8")
    one = opened(Asked(folder=folder, by="Ann", port=0))
    one.site.warm()
    answer = client(one, raise_server_exceptions=False).get("/")
    assert answer.status_code == 500
    assert "put the old file back" in answer.text
    one.bound.socket.close()


def test_a_name_in_the_command_goes_before_one_that_a_browser_kept(tmp_path: Path) -> None:
    spec, kept_cookies = spec_file(tmp_path, "classes: [a]\n", ["x"]), {}
    for by in ("", "Ann", ""):
        one = opened(Asked(folder=tmp_path, label=spec, by=by, port=0))
        web = client(one, cookies=kept_cookies)
        if not by and not kept_cookies:
            web.post("/name", data={"name": "Bob"})
            kept_cookies = dict(web.cookies)
        assert f"<bdi>{by or 'Bob'}</bdi>" in web.get("/").text
        one.bound.socket.close()


def test_an_edit_that_is_opened_again_goes_on_from_its_own_words(review: Opened) -> None:
    web = client(review)
    page = web.get("/").text
    address = form_of(page)["address"]
    send(web, page, verdict="edit", answer="First words.")
    assert re.search(r'name="answer"[^>]*>\nFirst words.</textarea>', web.get(address).text)


def test_the_plan_has_the_rubrics_and_else_ours_are_asked(small_run: Run, tmp_path: Path) -> None:
    folder = copied(small_run, tmp_path / "run")
    plan = (folder / "plan.yaml").read_text("utf-8")
    asked = "review: {rubrics: {usefulness: {1: useless, 4: it saves work}}}"
    (folder / "plan.yaml").write_text(re.sub(r"(?m)^review:.*$", asked, plan), "utf-8")
    one = opened(Asked(folder=folder, by="Ann", port=0))
    page = client(one).get("/").text
    assert re.findall(r'name="rate:([^"]*)" value="(\d)"', page) == [
        ("usefulness", str(point)) for point in (1, 2, 3, 4)
    ]
    assert "it saves work" in page
    one.bound.socket.close()


def test_an_item_that_comes_again_does_not_show_what_was_said(tmp_path: Path) -> None:
    texts = [f"text number {number}" for number in range(30)]
    spec = spec_file(tmp_path, "classes: [yes it is, no]\n", texts)
    one = opened(Asked(folder=tmp_path, label=spec, by="Ann", port=0, repeat=1))
    web = client(one)
    page = web.get("/").text
    labels = '{"classes": ["no"]}'
    while form_of(page)["repeat"] == "0":
        page = send(web, page, verdict="labelled", labels=labels, note="said before").text
    assert "said before" not in page
    assert "You decided before" not in page
    address = form_of(page)["address"]
    send(web, page, verdict="labelled", labels=labels)
    decisions = [d for d in kept(tmp_path) if f"/item/{d.item}" == address]
    assert [d.repeat for d in decisions] == [0, 1]
    assert "said before" in web.get(address).text
    one.bound.socket.close()


# --- words stay words ---


def test_words_that_try_to_be_a_page_stay_words_everywhere(tmp_path: Path) -> None:
    spec = spec_file(tmp_path, f"name: hostile\nclasses: ['{HOSTILE[:30]}', b]\n", [HOSTILE])
    pair = [
        rows(tmp_path / f"{name}.jsonl", [{"id": HOSTILE, "question": HOSTILE, "reply": HOSTILE + name}])
        for name in "ab"
    ]  # fmt: skip
    for asked in (
        Asked(folder=tmp_path, label=spec, port=0),
        Asked(folder=tmp_path, pairs=(pair[0], pair[1]), port=0),
    ):
        one = opened(asked)
        web = client(one)
        web.post("/name", data={"name": HOSTILE[:79]})
        pages = [web.get("/").text, web.get(f"/list?words={HOSTILE}&state={HOSTILE}&lang=x").text]
        pages += [web.get("/list").text, web.get(f"/item/{HOSTILE[:20]}").text]
        pages.append(send(web, pages[0], verdict=HOSTILE).text)
        for page in pages:
            assert "<script>window" not in page
            assert "<img" not in page
            assert "</textarea></script>" not in page
        one.bound.socket.close()


def test_signs_of_like_are_words_in_the_list(tmp_path: Path) -> None:
    spec = spec_file(tmp_path, "classes: [a]\n", ["100% sure", "100 times", "a_b", "axb"])
    one = opened(Asked(folder=tmp_path, label=spec, by="Ann", port=0))
    web = client(one)
    assert web.get("/list", params={"words": "100%"}).text.count("/item/") == 1
    assert web.get("/list", params={"words": "a_b"}).text.count("/item/") == 1
    assert web.get("/list", params={"page": "99999999", "state": "done"}).status_code == 200
    one.bound.socket.close()


# --- two languages, many items ---


def test_every_word_of_the_page_is_there_in_both_languages() -> None:
    for word, (english, chinese) in WORDS.items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese)), word
        assert word == "other_language" or re.search("[\u4e00-\u9fff]", chinese), word
    assert language_of("zh-CN,zh;q=0.9,en;q=0.8") == "zh"
    assert language_of("fr;q=1, en") == "en"
    assert language_of("") == "en"
    assert speaker_of("zh")("done_of", done=1, all=2) == "已评 1 / 2"


def test_the_language_is_that_of_the_address_then_of_the_command(
    small_run: Run, tmp_path: Path
) -> None:
    folder = copied(small_run, tmp_path / "run")
    one = opened(Asked(folder=folder, by="Ann", port=0, language="zh"))
    web = client(one)
    assert "通过" in web.get("/").text
    assert "Accept" in web.get("/?lang=en").text
    assert "Accept" in web.get("/").text
    one.bound.socket.close()


def test_ten_thousand_items_are_opened_listed_and_decided_quickly(tmp_path: Path) -> None:
    texts = [f"text number {number} about item {number % 97}" for number in range(10_000)]
    spec = spec_file(tmp_path, "classes: [a, b]\n", texts)
    one = opened(Asked(folder=tmp_path, label=spec, by="Ann", port=0))
    web = client(one)
    page = web.get("/").text
    begun = time.process_time()
    for _ in range(20):
        page = send(web, page, verdict="labelled", labels='{"classes": ["a"]}').text
        web.get("/list?state=open&page=150")
    spent = (time.process_time() - begun) / 20
    assert "20 of 10,000" in page
    assert spent < 0.2, f"{spent:.3f} s of CPU for a decision and a page of the list"
    again = time.process_time()
    opened(Asked(folder=tmp_path, label=spec, by="Ann", port=0)).bound.socket.close()
    assert time.process_time() - again < 0.5
    one.bound.socket.close()
