"""A prompt of longgrain's own > what a model of middling quality says to it, always the same.

It works by the rule of the tests, leaves a fifth of the pieces without a question, and asks one to
four questions of the others. It tells its tokens by the length of what it says.
"""

from __future__ import annotations

import hashlib
import json
import re

from standin_server import Heard, Says
from test_teachers_in_a_build import PIECE, by_rule

QUESTION = re.compile(r"<<<(question [0-9a-f]{8})>>>\n(.*?)\n<<<end \1>>>", re.DOTALL)


def middling(one: Heard) -> Says:
    """The reply to a call."""
    words = one.body["messages"][0]["content"]
    text = by_rule(words)
    if '"answerable"' in words:
        text = solved(words)
    if '"questions"' in words:
        draw = int(hashlib.sha256(words.encode()).hexdigest()[:8], 16)
        kept = json.loads(text)["questions"][: draw % 5]
        text = json.dumps({"questions": kept}, ensure_ascii=False)
    return Says(text=text, reply_tokens=len(text) // 4 + 1)


def solved(prompt: str) -> str:
    """The number that stands in a piece where the question has its blank."""
    match = QUESTION.search(prompt)
    before = match[2].split("____")[0] if match else ""
    pieces = "\n".join(text for _, text in PIECE.findall(prompt))
    number = re.search(re.escape(before) + r"(\d+)", pieces) if before else None
    return json.dumps({"answerable": bool(number), "answer": number[1] if number else ""})
