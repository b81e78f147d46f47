"""A chat template and the speakers of a conversation > a frame: where the template puts each message.

The template is rendered around sentinels, never around content, so nothing that a document says
can act as template or control token. A frame is found once for each sequence of speakers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import jinja2
import jinja2.nodes
from jinja2.ext import Extension, loopcontrols
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from longgrain.errors import TokenizerError
from longgrain.plan import Plan
from longgrain.tokens import Tokenizer

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n"
    "{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


BLANKS = "\n "
# Words that a template which escapes or rewrites text would not leave as they are.
HOSTILE = "<&>\"'\\ {{ }} {% %} <|im_end|> [INST] ~"


@dataclass(frozen=True, slots=True)
class Literal:
    """Words of the template. ``ends`` is the message whose turn they end, if they do."""

    text: str
    ends: int | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """One control token of the template, and the message whose turn it ends, if it does."""

    id: int
    text: str
    ends: int | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """The place of a message's words, and which blanks are trimmed there on either side.

    ``trims_left`` and ``trims_right`` hold the characters: none, line feeds, or `BLANKS` for all.
    """

    message: int
    trims_left: str = ""
    trims_right: str = ""


Part = Literal | Control | Content
Frame = tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class ChatTemplate:
    """A Jinja chat template with the tokenizer whose control tokens it uses.

    ``day`` is what a template that asks for the date is told: it is frozen in the plan, so that the
    same plan gives the same bytes on another day.
    """

    name: str
    source: str
    tokenizer: Tokenizer
    day: date = date(2026, 1, 1)
    variables: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, name: str, tokenizer: Tokenizer, day: date) -> ChatTemplate:
        """``chatml``, ``tokenizer`` (the tokenizer's own) or the path of a Jinja file."""
        source, variables = CHATML, dict[str, Any]()
        if name == "tokenizer":
            own = tokenizer.settings.get("chat_template")
            if not isinstance(own, str):
                raise TokenizerError(
                    f"template 'tokenizer': {tokenizer.name!r} brings no chat template, so turns "
                    "cannot be marked as its model expects; give 'chatml' or a Jinja file"
                )
            source = own
        elif name != "chatml":
            path = Path(name).expanduser()
            if not path.is_file():
                raise TokenizerError(
                    f"template {name!r}: there is no such file; give 'chatml', 'tokenizer', or the "
                    "path of a Jinja file"
                )
            source = path.read_text("utf-8")
        for key in ("bos_token", "eos_token", "unk_token", "pad_token"):
            value = tokenizer.settings.get(key)
            variables[key] = value["content"] if isinstance(value, dict) else value or ""
        return cls(name=name, source=source, tokenizer=tokenizer, day=day, variables=variables)

    @classmethod
    def of(cls, plan: Plan, tokenizer: Tokenizer) -> ChatTemplate:
        """The template that a plan names."""
        named = plan.template in ("chatml", "tokenizer")
        return cls.load(
            plan.template if named else str(plan.path(plan.template)), tokenizer, plan.day
        )

    @cached_property
    def _compiled(self) -> jinja2.Template:
        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, loopcontrols]
        )
        environment.globals["raise_exception"] = _refuse
        environment.globals["strftime_now"] = self._today
        try:
            return environment.from_string(self.source)
        except jinja2.TemplateError as error:
            raise TokenizerError(f"template {self.name!r} is not valid Jinja: {error}") from error

    def _today(self, pattern: str) -> str:
        return datetime(self.day.year, self.day.month, self.day.day).strftime(pattern)

    def render(self, speakers: Sequence[str], contents: Sequence[str]) -> str:
        """The conversation as the template writes it, with a generation prompt never added."""
        messages = [
            {"role": speaker, "content": content}
            for speaker, content in zip(speakers, contents, strict=True)
        ]
        try:
            return self._compiled.render(
                messages=messages, add_generation_prompt=False, **self.variables
            )
        except (jinja2.TemplateError, TypeError, ValueError) as error:
            raise TokenizerError(
                f"template {self.name!r} cannot lay out the turns {list(speakers)}: {error}"
            ) from error

    @cached_property
    def watched(self) -> tuple[str, ...]:
        """Words that the template looks for in contents and that change what it writes."""
        return tuple(word for word in self._mentioned if self._minds(word))

    def _minds(self, word: str) -> bool:
        turns = ("user", "assistant") * 2
        marks = _marks(turns)
        try:
            bare = _around(self, turns, marks, marks)
            return not all(
                all(_kept(self, turns, marks, bare, word, left=left)) for left in (True, False)
            )
        except TokenizerError:
            return True

    @cached_property
    def _mentioned(self) -> tuple[str, ...]:
        tree = jinja2.Environment(extensions=[_Generation, loopcontrols]).parse(self.source)
        found = set[str]()
        for compare in tree.find_all(jinja2.nodes.Compare):
            found |= {_word(compare.expr)}
        for call in tree.find_all(jinja2.nodes.Call):
            if isinstance(call.node, jinja2.nodes.Getattr) and call.node.attr in _TEXT_METHODS:
                found |= {_word(one) for one in call.args}
        for used in tree.find_all(jinja2.nodes.Filter):
            found |= {_word(one) for one in used.args} if used.name == "replace" else set()
        return tuple(sorted(found - {""}))

    def alters(self, text: str) -> bool:
        """Whether the template might treat this text differently from ordinary words."""
        return any(word in text for word in self.watched)

    def frame(self, speakers: tuple[str, ...]) -> Frame:
        """Where the template puts each message; ``("text",)`` is raw text without a template."""
        return _frame(self, speakers)

    def __hash__(self) -> int:
        return hash((self.name, self.source, self.day, self.tokenizer.sha256))


@cache
def _frame(template: ChatTemplate, speakers: tuple[str, ...]) -> Frame:
    if speakers == ("text",):
        end = template.variables.get("eos_token") or "<|endoftext|>"
        known = end in template.tokenizer.control
        return (Content(0), *(_controls(template.tokenizer, end, 0) if known else ()))
    marks = _marks(speakers)
    literals = _around(template, speakers, marks, marks)
    left, right = (_trims(template, speakers, marks, literals, left=side) for side in (True, False))
    parts: list[Part] = []
    for number, literal in enumerate(literals):
        ends = number - 1 if number and speakers[number - 1] == "assistant" else None
        parts += _controls(template.tokenizer, literal, ends)
        if number < len(marks):
            parts.append(Content(number, left[number], right[number]))
    return _swallowed(template.tokenizer, parts)


def _marks(speakers: Sequence[str]) -> list[str]:
    return [f"qZ{number}sentinelZq" for number in range(len(speakers))]


def _around(
    template: ChatTemplate, speakers: Sequence[str], marks: list[str], contents: list[str]
) -> list[str]:
    """The rendered conversation cut at the sentinels; refuses a template that drops or moves one."""
    rendered = template.render(speakers, contents)
    for mark, speaker in zip(marks, speakers, strict=True):
        if rendered.count(mark) != 1:
            raise TokenizerError(
                f"template {template.name!r} writes the {speaker} message "
                f"{rendered.count(mark)} times, so its tokens could not be accounted for; use "
                "another template or leave that speaker out"
            )
    places = [rendered.index(mark) for mark in marks]
    if places != sorted(places):
        raise TokenizerError(
            f"template {template.name!r} changes the order of the turns {list(speakers)}, so "
            "depths and masks would be wrong; use another template"
        )
    return re.split("|".join(map(re.escape, marks)), rendered)


def _trims(
    template: ChatTemplate,
    speakers: Sequence[str],
    marks: list[str],
    literals: list[str],
    *,
    left: bool,
) -> list[str]:
    """For each message the blanks that the template trims on one side of it."""
    if not all(_kept(template, speakers, marks, literals, HOSTILE, left=left)):
        raise _changed(template, HOSTILE)
    found = [""] * len(marks)
    for blank in BLANKS:
        kept = _kept(template, speakers, marks, literals, blank, left=left)
        found = [had if keeps else had + blank for had, keeps in zip(found, kept, strict=True)]
    return found


def _kept(
    template: ChatTemplate,
    speakers: Sequence[str],
    marks: list[str],
    literals: list[str],
    pad: str,
    *,
    left: bool,
) -> list[bool]:
    """Whether a pad on one side of each message stays; refuses a template that changes it."""
    contents = [pad + mark if left else mark + pad for mark in marks]
    padded = _around(template, speakers, marks, contents)
    found = []
    for number in range(len(marks)):
        place = number if left else number + 1
        bare = literals[place]
        whole = bare + pad if left else pad + bare
        if padded[place] not in (bare, whole):
            raise _changed(template, pad)
        found.append(padded[place] == whole)
    return found


def _changed(template: ChatTemplate, pad: str) -> TokenizerError:
    return TokenizerError(
        f"template {template.name!r} changes {pad!r} beside the words of a message, so tokens could "
        "not be accounted for; use another template"
    )


def _controls(tokenizer: Tokenizer, literal: str, ends: int | None) -> list[Part]:
    """A literal cut at its control tokens; what ends a turn goes up to the first of them."""
    words = sorted(tokenizer.control, key=len, reverse=True)
    pieces = re.split(f"({'|'.join(map(re.escape, words))})", literal) if words else [literal]
    for i in range(1, len(pieces), 2):  # some control tokens swallow the blanks beside them
        token = tokenizer.control[pieces[i]]
        pieces[i - 1] = pieces[i - 1].rstrip() if token.get("lstrip") else pieces[i - 1]
        pieces[i + 1] = pieces[i + 1].lstrip() if token.get("rstrip") else pieces[i + 1]
    if len(pieces) == 1:  # without a control token there is no end of turn to learn
        return [Literal(literal)] if literal else []
    parts: list[Part] = [Literal(pieces[0], ends)] if pieces[0] else []
    for i in range(1, len(pieces), 2):
        number = int(tokenizer.control[pieces[i]]["id"])
        parts.append(Control(number, pieces[i], ends if i == 1 else None))
        if pieces[i + 1]:
            parts.append(Literal(pieces[i + 1]))
    return parts


def _swallowed(tokenizer: Tokenizer, parts: list[Part]) -> Frame:
    """The frame with contents trimmed where a control token beside them swallows blanks."""
    found = list(parts)
    for i, part in enumerate(found):
        if not isinstance(part, Control):
            continue
        token = tokenizer.control[part.text]
        before, after = found[i - 1] if i else None, found[i + 1] if i + 1 < len(found) else None
        if token.get("lstrip") and isinstance(before, Content):
            found[i - 1] = Content(before.message, before.trims_left, BLANKS)
        if token.get("rstrip") and isinstance(after, Content):
            found[i + 1] = Content(after.message, BLANKS, after.trims_right)
    return tuple(found)


_TEXT_METHODS = {"split", "rsplit", "partition", "rpartition", "startswith", "endswith", "find"}
_TEXT_METHODS |= {"replace", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "count"}


def _word(node: jinja2.nodes.Node) -> str:
    """The string of more than one character that a template compares with, or nothing."""
    value = getattr(node, "value", None) if isinstance(node, jinja2.nodes.Const) else None
    return value if isinstance(value, str) and len(value) > 1 else ""


def _refuse(message: str) -> None:
    raise jinja2.TemplateError(message)


class _Generation(Extension):
    """``{% generation %}`` marks the assistant's words for other tools; here it is passed through."""

    tags = {"generation"}  # noqa: RUF012

    def parse(self, parser: Parser) -> list[jinja2.nodes.Node]:
        """The body, as if the tag were not there."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)
