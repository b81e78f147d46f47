"""A teacher's labels for people to correct: placed in the text, paid once, refused aloud."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the page needs the extra `review`")
from starlette.testclient import TestClient

from longgrain.errors import PlanError
from longgrain.review.label_spec import LabelSpec
from longgrain.review.serving import Asked, opened
from longgrain.review.suggesting import placed, request_of
from longgrain.run import Run
from review_served import copied, kept, spec_file
from standin_server import Heard, Says, serving

SPEC = LabelSpec(
    name="x",
    classes={"letter": "", "story": "told by somebody"},
    entities={"person": "", "place": ""},
    relations={"lives in": ""},
    question=True,
)
TEXT = "😀 Ann met Ann in Bath. 林黛玉住在大观园。"


def reply(**changes: Any) -> dict[str, Any]:
    found = {
        "classes": ["story"],
        "entities": [{"text": "Ann", "label": "person"}, {"text": "Ann", "label": "person"}],
        "relations": [],
        "question": "",
        "answer": "",
        "evidence": "",
    }
    return found | changes


def test_mentions_are_placed_in_the_order_of_the_text() -> None:
    found = placed(reply(), TEXT, SPEC)
    assert [(one["start"], one["end"]) for one in found["entities"]] == [(2, 5), (10, 13)]
    assert found["classes"] == ["story"]
    assert found["left_out"] == 0


def test_what_the_text_does_not_hold_is_left_out_and_counted() -> None:
    found = placed(
        reply(
            classes=["poem"],
            entities=[
                {"text": "London", "label": "place"},
                {"text": "Bath", "label": "ship"},
                {"text": "林黛玉", "label": "person"},
                {"text": "大观园", "label": "place"},
            ],
            relations=[
                {"from": "林黛玉", "to": "大观园", "label": "lives in"},
                {"from": "林黛玉", "to": "Bath", "label": "lives in"},
            ],
            question="Who?",
            answer="nobody",
        ),
        TEXT,
        SPEC,
    )
    assert [TEXT[one["start"] : one["end"]] for one in found["entities"]] == ["林黛玉", "大观园"]
    assert found["relations"] == [{"from": "e1", "to": "e2", "label": "lives in"}]
    assert found["left_out"] == 5
    assert "question" not in found


def test_a_question_comes_with_answer_and_evidence() -> None:
    told = {"question": "Where?", "answer": "Bath", "evidence": "Ann met Ann in Bath."}
    found = placed(reply(**told), TEXT, SPEC)
    assert found["answers"] == [{"start": 17, "end": 21}]
    assert found["evidence"] == [{"start": 2, "end": 22}]


def test_a_chinese_text_is_asked_about_in_chinese() -> None:
    said = request_of("林黛玉住在大观园。", SPEC).settings
    assert said["language"] == "zh"
    assert said["said"]["many"] == "恰好一个"
    assert said["said"]["classes"] == ["letter", "story: told by somebody"]


def labelled(run: Run, folder: Path, url: str, **teacher: Any) -> Asked:
    """A review whose run has a teacher behind an address."""
    place = copied(run, folder / "run")
    use = {"use": "openai", "model": "tiny", "base_url": url, **teacher}
    plan = (place / "plan.yaml").read_text("utf-8")
    plan = re.sub(r"(?ms)^teacher:.*?^(?=\w)", f"teacher: {json.dumps(use)}\n", plan)
    (place / "plan.yaml").write_text(plan, "utf-8")
    words = "classes: [letter, story]\nentities: [person]\nsuggest: teacher\n"
    spec = spec_file(folder, words, ["Ann came.", "Then Ann left.", "Ann was gone."])
    return Asked(folder=place, label=spec, by="Ann", port=0, repeat=0)


def test_a_teacher_is_asked_ahead_and_once_and_its_labels_are_corrected(
    small_run: Run, tmp_path: Path
) -> None:
    def script(heard: Heard) -> Says:
        told = reply(entities=[{"text": "Ann", "label": "person"}])
        return Says(text=json.dumps(told))

    with serving(script) as server:
        asked = labelled(small_run, tmp_path, server.url)
        for _ in range(2):  # the second review pays nothing
            one = opened(asked)
            page = TestClient(one.guard, base_url="http://127.0.0.1:8400").get("/").text
            found = re.search(r'id="start">(.*?)</script>', page)
            assert found
            [entity] = json.loads(found[1])["entities"]
            assert entity["label"] == "person"
            assert "Suggested by openai" in page
            following = one.site.queue.items.following(one.site.queue.next("Ann").item)  # type: ignore[union-attr]
            assert following
            one.site.task.prepare(following)()
            one.bound.socket.close()
        assert len(server.log.calls) == 2


def test_a_teacher_that_refuses_is_quoted_on_the_page(small_run: Run, tmp_path: Path) -> None:
    with serving(lambda heard: Says(text="no labels today")) as server:
        one = opened(labelled(small_run, tmp_path, server.url, reasks=0))
        page = TestClient(one.guard, base_url="http://127.0.0.1:8400").get("/").text
        one.bound.socket.close()
    assert "No suggestion:" in page
    assert not kept(one.site.queue.items.store.path.parent)


def test_a_teacher_by_rule_cannot_suggest_labels(small_run: Run, tmp_path: Path) -> None:
    spec = spec_file(tmp_path, "entities: [person]\nsuggest: teacher\n", ["Ann came."])
    folder = copied(small_run, tmp_path / "run")
    plan = (folder / "plan.yaml").read_text("utf-8")
    plan = re.sub(r"(?ms)^teacher:.*?^(?=\w)", "teacher: {use: extractive}\n", plan)
    (folder / "plan.yaml").write_text(plan, "utf-8")
    with pytest.raises(PlanError, match="write `suggest: rule`"):
        opened(Asked(folder=folder, label=spec, port=0))
