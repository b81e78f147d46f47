"""A folder of a probe and a question's id > what the model read, in parts that can be left out, and its reply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from longgrain.calls import Ledger
from longgrain.errors import RunError
from longgrain.probe_scores import Line, read_lines, read_summary
from longgrain.sentences import sentence_ends
from longgrain.types import Speaker
from longgrain.why.case import Case, Part, some_grains

# A line of more characters is cut at its sentences, and these are joined up to so many.
LONG, PIECE = 600, 300
# Prompts that are looked at to find out which first words all of them share.
OTHERS = 3


def of_question(folder: Path, name: str) -> Case:
    """The question with this id, or a beginning of it, asked in its whole context.

    RunError if there is none, if it has no reply, or if its prompt is no longer stored.
    """
    lines = [line for line in read_lines(folder) if line.context == "whole"]
    line = _chosen(folder, lines, name)
    if line.reply is None:
        raise RunError(
            f"question {line.id} has no reply ({line.unscored}), so there is nothing to explain: "
            "choose another one"
        )
    alike = [one for one in lines if one.size == line.size and one.id != line.id and one.call]
    prompt, *others = _prompts(folder, [line, *alike[:OTHERS]])
    asked = read_summary(folder).asked
    turns = _cut(prompt, others, line)
    return some_grains(
        Case(
            id=line.id,
            title=f"{asked['probe'].rpartition(':')[2]} at {line.size}, asked of {asked['model']}",
            language=asked["language"],
            turns=turns,
            answer=line.reply,
            expected=line.references,
            evidence_is="what lies nearest to the question's depth and holds what is asked for, if "
            "anything does",
        )
    )


def listed(folder: Path, count: int) -> list[tuple[str, str]]:
    """The ids of a few questions, and how their replies were scored."""
    lines = [one for one in read_lines(folder) if one.context == "whole" and one.reply is not None]
    return [(one.id, f"{one.size}, score {one.score}") for one in lines[:count]]


def _chosen(folder: Path, lines: Sequence[Line], name: str) -> Line:
    found = [line for line in lines if line.id.startswith(name)]
    if len(found) != 1:
        said = "no question" if not found else f"{len(found)} questions"
        raise RunError(
            f"{folder} has {said} in a whole context with an id that begins {name!r}; ids are in "
            "answers.jsonl"
        )
    return found[0]


def _prompts(folder: Path, lines: Sequence[Line]) -> list[list[tuple[Speaker, str]]]:
    path = folder / "calls.sqlite"
    if not path.is_file():
        raise RunError(
            f"{path} is not there, so the prompts are not known: put it back, or probe again"
        )
    found = []
    with Ledger(path) as ledger:
        for line in lines:
            call = ledger.call(line.call)
            if call is None:
                raise RunError(
                    f"the call of question {line.id} is not in {path}, so its prompt is not known: "
                    "probe again"
                )
            found.append([(speaker, text) for speaker, text in call.request["prompt"]])
    return found


def _cut(
    prompt: Sequence[tuple[Speaker, str]],
    others: Sequence[Sequence[tuple[Speaker, str]]],
    line: Line,
) -> tuple[tuple[Speaker, tuple[Part, ...]], ...]:
    """The longest message cut into grains; what the prompt begins and ends with always stays.

    The last piece is the question, or what stands behind the question in other prompts as well; the
    first one is the instruction where other prompts begin with it too.
    """
    longest = max(range(len(prompt)), key=lambda at: len(prompt[at][1]))
    pieces = cut(prompt[longest][1])
    same = [other[longest][1] for other in others if len(other) > longest]
    head = 1 if len(pieces) > 2 and same and all(one.startswith(pieces[0]) for one in same) else 0
    last = len(pieces) - 1
    while same and last > head + 1 and all(one.endswith("".join(pieces[last:])) for one in same):
        last -= 1
    evidence = _evidence(pieces, range(head, last), line)
    parts = [
        Part(text=text, grain=at - head if head <= at < last else None, evidence=at in evidence)
        for at, text in enumerate(pieces)
    ]
    return tuple(
        (speaker, tuple(parts) if at == longest else (Part(text=text),))
        for at, (speaker, text) in enumerate(prompt)
    )


def cut(text: str) -> list[str]:
    """Lines or, where there are blank lines throughout, paragraphs; long ones by sentences.

    The pieces joined are the text.
    """
    pieces: list[str] = []
    for one in re.findall(r"(?s).+?(?:\n\s*\n|\Z)", text):
        lines = [one] if len(one) <= LONG else re.findall(r".*\n+|.+\Z", one)
        for line in lines:
            pieces += _sentences(line) if len(line) > LONG else [line]
    return _no_blanks(pieces)


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    for start, end in pairwise([0, *sentence_ends(text).tolist(), len(text)]):
        if found and len(found[-1]) + end - start <= PIECE:
            found[-1] += text[start:end]
        else:
            found.append(text[start:end])
    return found


def _no_blanks(pieces: Sequence[str]) -> list[str]:
    """Pieces of nothing but blanks belong to those before them."""
    found: list[str] = []
    for piece in pieces:
        if found and not piece.strip():
            found[-1] += piece
        elif piece:
            found.append(piece)
    return found


def _evidence(pieces: Sequence[str], allowed: range, line: Line) -> set[int]:
    """For each place of the question the nearest piece with what is asked for, or the nearest one."""
    ends = [0]
    for piece in pieces:
        ends.append(ends[-1] + len(piece))
    total = ends[-1] or 1

    def far(at: int, depth: float) -> float:
        low, high = ends[at] / total, ends[at + 1] / total
        return max(low - depth, depth - high, 0.0)

    found: set[int] = set()
    wanted = [one.casefold() for one in line.references]
    for number, depth in enumerate(line.depths):
        own = [wanted[number]] if len(line.depths) == len(wanted) > 1 else wanted
        holding = [at for at in allowed if any(one in pieces[at].casefold() for one in own)]
        if options := holding or [*allowed]:
            found.add(min(options, key=lambda at: far(at, depth)))
    if not line.depths:
        found = {at for at in allowed if any(one in pieces[at].casefold() for one in wanted)}
    return found
