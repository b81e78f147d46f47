"""The text of a plan over a document > its new actions and steps, or the first thing that is wrong with it.

The form is that of PEARL (Sun et al. 2023, arXiv 2305.14564): a block of new actions, a blank line,
and a block of numbered steps ``1. out = ACTION(CTX, "text", earlier) : why``. Quoted text may hold
any sign; nothing that a plan adds outlives it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

CTX = "CTX"
HEADERS = ("New actions:", "新动作：", "新动作:")
NOTHING = ("- None", "- 无")
QUOTES = {'"': '"', "“": "”"}

FaultKind = Literal[
    "blocks",
    "new action",
    "number",
    "assignment",
    "form",
    "unknown action",
    "arguments",
    "own argument",
    "undefined argument",
]

_NAME = re.compile(r"[A-Z][A-Z0-9_]*")
_VARIABLE = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"(\d+)\s*[.．、]\s*(.*)", re.DOTALL)
_NEW = re.compile(r"-\s+([A-Z][A-Z0-9_]*)\s*\(([^()]*)\)\s*[:：]\s*(\S.*)")
_ESCAPE = re.compile(r'\\(["”\\])')


@dataclass(frozen=True, slots=True)
class Action:
    """What can be done with a document: its parameters, the first of which is what it reads.

    ``any_number`` says that it takes one argument or more (CONCAT).
    """

    name: str
    parameters: tuple[str, ...]
    meaning: str
    any_number: bool = False

    def __str__(self) -> str:
        more = ", ..." if self.any_number else ""
        return f"{self.name}({', '.join(self.parameters)}{more}) : {self.meaning}"


@dataclass(frozen=True, slots=True)
class Argument:
    """The document (CTX), an earlier output, or quoted text."""

    text: str
    quoted: bool = False

    def __str__(self) -> str:
        if not self.quoted:
            return self.text
        return '"' + re.sub(r'(["”\\])', r"\\\1", self.text) + '"'


@dataclass(frozen=True, slots=True)
class Step:
    """One call of an action: ``out = ACTION(arguments) : why``."""

    output: str
    action: str
    arguments: tuple[Argument, ...]
    why: str = ""

    def __str__(self) -> str:
        call = f"{self.output} = {self.action}({', '.join(map(str, self.arguments))})"
        return f"{call} : {self.why}" if self.why else call


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps, and the actions that they need beyond those that are known."""

    steps: tuple[Step, ...]
    new: tuple[Action, ...] = ()

    @property
    def results(self) -> tuple[str, ...]:
        """Outputs that no other step uses: together they are the answer."""
        used = {one.text for step in self.steps for one in step.arguments if not one.quoted}
        return tuple(step.output for step in self.steps if step.output not in used)

    def written(self, language: str = "en") -> str:
        """The plan as text; `parse` reads it back."""
        chinese = language == "zh"
        new = [f"- {action}" for action in self.new] or [NOTHING[chinese]]
        steps = [f"{number}. {step}" for number, step in enumerate(self.steps, 1)]
        return "\n".join([HEADERS[chinese], *new, "", *steps])


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a plan, in words for whoever wrote it."""

    kind: FaultKind
    line: str
    message: str

    def __str__(self) -> str:
        return f"{self.message}: {self.line}" if self.line else self.message


class _WrongError(Exception):
    def __init__(self, kind: FaultKind, line: str, message: str) -> None:
        self.fault = Fault(kind, line, message)


def parse(text: str, actions: Mapping[str, Action]) -> Plan | Fault:
    """The plan in a text that knows these actions; they stay as they are."""
    blocks = [block.strip() for block in re.split(r"\n[^\S\n]*\n\s*", text.strip())]
    try:
        if len(blocks) != 2:
            said = f"a plan has two blocks with a blank line between, this one has {len(blocks)}"
            raise _WrongError("blocks", "", said)
        new = tuple(_new_actions(blocks[0].splitlines(), actions))
        known = {**actions, **{action.name: action for action in new}}
        return Plan(steps=_steps(blocks[1].splitlines(), known), new=new)
    except _WrongError as wrong:
        return wrong.fault


def _new_actions(lines: Sequence[str], known: Mapping[str, Action]) -> Iterator[Action]:
    head, *rest = (line.strip() for line in lines)
    if head not in HEADERS or not rest:
        raise _WrongError("new action", head, "the first block begins with 'New actions:'")
    if rest in ([NOTHING[0]], [NOTHING[1]]):
        return
    seen = set(known)
    for line in rest:
        found = _NEW.fullmatch(line)
        parameters = tuple(re.split(r"\s*[,，]\s*", found[2].strip())) if found else ()
        if not found or not all(parameters):
            raise _WrongError(
                "new action", line, "a new action is written '- NAME(args) : meaning'"
            )
        if found[1] in seen:
            raise _WrongError("new action", line, f"there is an action {found[1]} already")
        seen.add(found[1])
        yield Action(found[1], parameters, found[3])


def _steps(lines: Sequence[str], actions: Mapping[str, Action]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for number, line in enumerate(lines, 1):
        step = _step(line.strip(), number)
        _check(step, line, actions, {one.output for one in steps})
        steps.append(step)
    return tuple(steps)


def _step(line: str, number: int) -> Step:
    found = _NUMBER.fullmatch(line)
    if not found or int(found[1]) != number:
        raise _WrongError("number", line, f"step {number} begins with '{number}.'")
    body = found[2]
    equals = next((at for at in _outside(body) if body[at] == "="), -1)
    output = body[:equals].strip()
    if equals < 0:
        raise _WrongError("assignment", line, "a step is written 'out = ACTION(...)'")
    if not _VARIABLE.fullmatch(output) or output == CTX:
        raise _WrongError("form", line, f"{output!r} cannot be the name of an output")
    call = body[equals + 1 :].strip()
    name = _NAME.match(call)
    if not name or not call[name.end() :].lstrip().startswith("("):
        raise _WrongError(
            "form", line, "behind '=' stands one action with its arguments in brackets"
        )
    inside, behind = _bracketed(call[name.end() :].lstrip(), line)
    why = re.fullmatch(r"\s*(?:[:：]\s*(.*))?", behind, re.DOTALL)
    if not why:
        raise _WrongError(
            "form", line, "behind the bracket stands ':' and an explanation, or nothing"
        )
    return Step(output, name[0], tuple(_arguments(inside, line)), (why[1] or "").strip())


def _outside(text: str) -> Iterator[int]:
    """The places of all signs that do not stand in quoted text; an open quote ends with the text."""
    closing, at = "", 0
    while at < len(text):
        sign = text[at]
        if closing:
            if sign == "\\":
                at += 1
            elif sign == closing:
                closing = ""
        elif sign in QUOTES:
            closing = QUOTES[sign]
        else:
            yield at
        at += 1


def _bracketed(text: str, line: str) -> tuple[str, str]:
    """What stands in the brackets that a text begins with, and what stands behind them."""
    for at in _outside(text):
        if at and text[at] == "(":
            raise _WrongError(
                "form", line, "an argument is a name or quoted text, not another action"
            )
        if text[at] == ")":
            return text[1:at], text[at + 1 :]
    raise _WrongError("form", line, "a bracket or a quotation mark is not closed")


def _arguments(inside: str, line: str) -> Iterator[Argument]:
    borders = [-1, *(at for at in _outside(inside) if inside[at] in ",，"), len(inside)]
    parts = [inside[a + 1 : b].strip() for a, b in pairwise(borders)]
    for part in parts if inside.strip() else ():
        if part[:1] in QUOTES and len(part) > 1 and not list(_outside(part)):
            if part[-1] != QUOTES[part[0]]:
                raise _WrongError("form", line, "a quotation mark is not closed")
            yield Argument(_ESCAPE.sub(r"\1", part[1:-1]), quoted=True)
        elif _VARIABLE.fullmatch(part):
            yield Argument(part)
        elif re.search(r"[^\W\d]", part) and part[:1] not in QUOTES:
            raise _WrongError(
                "undefined argument", line, f"{part!r} is text and needs quotation marks"
            )
        else:
            raise _WrongError("form", line, f"{part!r} is neither a name nor quoted text")


def _check(step: Step, line: str, actions: Mapping[str, Action], defined: set[str]) -> None:
    action = actions.get(step.action)
    if action is None:
        raise _WrongError("unknown action", line, f"there is no action {step.action}")
    count, wanted = len(step.arguments), len(action.parameters)
    if count != wanted and not (action.any_number and count):
        said = f"{step.action} takes {wanted} arguments, here are {count}"
        raise _WrongError("arguments", line, said)
    if step.output in defined:
        raise _WrongError("form", line, f"an earlier step has the output {step.output} already")
    for argument in step.arguments:
        if argument.quoted or argument.text == CTX or argument.text in defined:
            continue
        if argument.text == step.output:
            raise _WrongError("own argument", line, f"{step.output} is used before it is there")
        said = f"{argument.text} is neither CTX nor an earlier output nor quoted text"
        raise _WrongError("undefined argument", line, said)
