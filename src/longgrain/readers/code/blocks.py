"""The text of a file in any programming language > its blocks, by indentation and blank lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# A block that begins with one of these is a step of a program, and no part with a name.
_STEPS = re.compile(
    r"(?:if|else|elif|elseif|elsif|for|foreach|while|until|unless|switch|case|when|try|catch|except"
    r"|finally|rescue|ensure|do|loop|match|with|return|throw|raise|select|default|begin|repeat|then"
    r"|end|import|from|use|using|require|include|print|echo|goto|assert|new|await|yield|esac|fi)\b",
    re.IGNORECASE,
)
_HOLDERS = re.compile(
    r"\b(?:class|interface|struct|enum|trait|impl|module|namespace|mod|object|protocol|extension"
    r"|record|union|contract|library|actor|describe|extern)\b"
)
_LEAD = re.compile(r"@|#|//|/\*|\*|--|;|%|\[\w")  # comments, decorators, attributes
_DIRECTIVE = re.compile(r"#(?:!|\s*(?:include|define|undef|if|ifdef|else|endif|import|pragma)\b)")
_LABEL = re.compile(r"(?:public|private|protected|signals|slots|internal)\b[\w ]*:$")
_TYPE = re.compile(r"[A-Za-z_][\w \t*&:<>]*[\w*&>]")  # of a function, on a line before its name
_OPENS = ("{", ":", "=>", "=", "do", "then", "where", "(")
_SIGNATURE = 12  # lines that a signature may take
_DEEPEST = 7
_LONGEST_LEAD = 300  # code points of the comment above a signature that is read as part of it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A line that is not blank: its place, the words in it, their indentation in columns."""

    number: int
    start: int
    indent: int
    words: str

    @property
    def end(self) -> int:
        return self.start + len(self.words)


def blocks(text: str) -> list[tuple[int, int, int]]:
    """Start, end, level of the first line of every block: those at the left, and those in classes.

    A block is a line with deeper ones behind it. Offsets are code points, levels count from 1.
    """
    lines = list(_lines(text))
    found: list[tuple[int, int, int]] = []
    around: list[tuple[int, bool]] = []  # indentation of the blocks around, and whether they hold
    for at, line in enumerate(lines):
        if _passes(line.words):
            continue
        while around and around[-1][0] >= line.indent:
            around.pop()
        inside = all(holds for _, holds in around) and (bool(around) or not line.indent)
        if inside and len(around) < _DEEPEST and _is_block(lines, at):
            last = _signature_end(lines, at)
            found.append((line.start, lines[last].end, len(around) + 1))
            around.append((line.indent, bool(_HOLDERS.search(line.words))))
    return found


def with_leads(text: str, marks: list[tuple[int, int, int]]) -> list[list[int]]:
    """The same with the comments and decorators right above each, where these are short."""
    lines = list(_lines(text))
    at = {line.start: place for place, line in enumerate(lines)}
    taken, led = 0, []
    for start, end, level in marks:
        if start < taken:
            continue  # in the brackets of the signature before it, or on the same line
        place = first = at.get(start + _blank(text, start), 0)
        while first and _leads(lines[first - 1], lines[first]) and lines[first - 1].start >= taken:
            first -= 1
        if place and lines[place].start - lines[first].start <= _LONGEST_LEAD:
            start = lines[first].start
        led.append([start, end, level])
        taken = end
    return led


def _lines(text: str) -> Iterator[_Line]:
    start = 0
    for number, line in enumerate(text.split("\n")):
        words = line.strip()
        if words:
            blank = _blank(line, 0)
            indent = len(line[:blank].expandtabs(4))
            yield _Line(number=number, start=start + blank, indent=indent, words=words)
        start += len(line) + 1


def _blank(text: str, start: int) -> int:
    """How many blanks of one line stand at ``start``."""
    at = start
    while at < len(text) and text[at] != "\n" and text[at].isspace():
        at += 1
    return at - start


def _passes(words: str) -> bool:
    """A line that neither begins nor ends a block: a comment, a label, the rest of a signature."""
    if words == "{" or _LEAD.match(words) or _LABEL.match(words):
        return True
    return words[0] in ")]>" and words.endswith(_OPENS)


def _is_block(lines: list[_Line], at: int) -> bool:
    line = lines[at]
    if _STEPS.match(line.words) or line.words[0] in "})]>{\"'`|&?:.,=+-<" or at + 1 == len(lines):
        return False
    following = lines[at + 1]
    if following.words == "{" and following.indent == line.indent:
        return at + 2 < len(lines)
    return following.indent > line.indent


def _signature_end(lines: list[_Line], at: int) -> int:
    """The line where the brackets of a signature are closed; the same line where it is no such."""
    open_brackets = 0
    for last in range(at, min(at + _SIGNATURE, len(lines))):
        words = lines[last].words
        open_brackets += words.count("(") - words.count(")")
        if open_brackets <= 0:
            brace = last + 1 < len(lines) and lines[last + 1].words == "{"
            return last if brace or words.endswith(_OPENS) else at
    return at


def _leads(above: _Line, line: _Line) -> bool:
    if above.number != line.number - 1 or abs(above.indent - line.indent) > 1:
        return False
    if _TYPE.fullmatch(above.words):
        return not _STEPS.match(above.words)
    return bool(_LEAD.match(above.words)) and not _DIRECTIVE.match(above.words)
