"""Every teacher answers or refuses each request, in order, and the same way each time."""

from __future__ import annotations

from typing import Any

import pytest

from longgrain import shelf
from longgrain.protocols import Teacher
from longgrain.teachers.scripted import Scripted
from longgrain.types import Answered, Refused, Request

TEACHERS = shelf.names("teachers")
# What a teacher cannot do without. A language model's is not asked here: the requests have no prompts.
SETTINGS = {
    "batch": {"model": "tiny"},
    "openai": {"model": "tiny", "base_url": "http://127.0.0.1:9/v1"},
    "transformers": {"model": "tiny"},
}
GRAIN = (
    "The first edition was printed in Aldermouth in June 1872 and it had 24 pages of plain text."
)
REQUESTS = [
    Request(task="in2.fine", material=(GRAIN,), settings={"language": "en"}),
    Request(task="in2.fine", material=("",)),
    Request(task="in2.fine"),
    Request(task="no such task", material=(GRAIN,)),
    Request(task="in2.integration", material=(GRAIN, GRAIN), settings={"language": "en"}),
]


@pytest.fixture(params=TEACHERS)
def teacher(request: pytest.FixtureRequest) -> Any:
    return made(request.param)


def made(name: str) -> Any:
    return shelf.load("teachers", name)(**SETTINGS.get(name, {}))


def test_a_teacher_keeps_the_protocol_and_its_name(teacher: Any) -> None:
    assert isinstance(teacher, Teacher)
    assert teacher.name.split(":")[0] in TEACHERS
    assert teacher.version


def test_a_teacher_gives_one_answer_or_reason_for_each_request(teacher: Any) -> None:
    answers = teacher.ask(REQUESTS)
    assert len(answers) == len(REQUESTS)
    assert all(isinstance(one, Answered | Refused) for one in answers)
    assert all(one.reason for one in answers if isinstance(one, Refused))
    assert all(one.text for one in answers if isinstance(one, Answered))


def test_a_teacher_answers_nothing_to_nothing(teacher: Any) -> None:
    assert list(teacher.ask([])) == []


def test_a_request_is_answered_alone_as_it_is_in_a_batch(teacher: Any) -> None:
    alone = [made(teacher.name.split(":")[0]).ask([one])[0] for one in REQUESTS]
    together = teacher.ask(REQUESTS)
    assert [type(one) for one in alone] == [type(one) for one in together]
    assert [one.text for one in alone if isinstance(one, Answered)] == [
        one.text for one in together if isinstance(one, Answered)
    ]


def test_the_script_answers_by_task_in_turn_or_by_a_function() -> None:
    by_task = Scripted(answers={"in2.fine": "yes"}).ask(REQUESTS)
    assert [isinstance(one, Answered) for one in by_task] == [True, True, True, False, False]
    in_turn = Scripted(answers=["one", Refused(reason="busy")]).ask(REQUESTS[:3])
    assert in_turn[:2] == [Answered(text="one"), Refused(reason="busy")]
    assert isinstance(in_turn[2], Refused)
    assert Scripted(answers=lambda request: request.task).ask(REQUESTS[:1]) == [
        Answered(text="in2.fine")
    ]


def test_the_script_counts_what_it_was_asked() -> None:
    scripted = Scripted(answers=lambda request: "yes")
    scripted.ask(REQUESTS[:2])
    scripted.ask(REQUESTS[2:3])
    assert scripted.calls == 3
    assert scripted.asked == REQUESTS[:3]
