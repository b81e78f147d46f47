"""LaTeX source > the same without comments and macro definitions, the macros expanded.

Verbatim text is taken out first and stands in the source as its number between two NUL characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

COMMAND = re.compile(r"\\([A-Za-z@]+\*?|[\s\S]|\Z)")

_PROTECTED = re.compile(
    r"\\\\|\\%"
    r"|(?P<comment>%[^\n]*(?:\n[ \t]*(?![ \t\n])|(?=\n)|\Z))"
    r"|\\begin[ \t]*\{(?P<env>verbatim\*?|Verbatim|lstlisting|minted|alltt|comment)\}"
    r"(?:\[[^\]\n]{0,300}\])?(?P<language>\{[\w+#.-]{1,30}\})?"
    r"|\\(?:verb\*?|lstinline(?:\[[^\]\n]{0,300}\])?)(?P<mark>[^\sA-Za-z*{\\])"
    r"|(?P<off>\\iffalse(?![A-Za-z]))"
)
_DEFINES = re.compile(
    r"\\(?:(?:re|provide)?newcommand\*?|providecommand\*?|renewcommand\*?"
    r"|(?P<doc>(?:New|Renew|Provide|Declare)DocumentCommand)|(?P<operator>DeclareMathOperator\*?)"
    r"|(?P<plain>(?:long|global)?\\?[egx]?def))[ \t]*(?:\{\s*)?\\(?P<name>[A-Za-z@]+)\s*\}?[ \t]*"
)
_THEOREM = re.compile(
    r"\\newtheorem\*?\s*\{(?P<env>[^{}\\]{1,40})\}(?:\[[^\]]{0,40}\])?\s*\{(?P<title>[^{}\\]{1,60})\}"
    r"(?:\[[^\]]{0,40}\])?"
)
_CELLS = re.compile(
    r"(?P<row>\\\\(?:\*?[ \t]*\[[^\[\]]{0,20}\])?|\\tabularnewline(?![A-Za-z]))|\\[\s\S]|[{&]"
)
_COUNT = re.compile(r"\[(\d)\]\s*")
_PARAMETER = re.compile(r"#([1-9])")
_DEEPEST = 8  # a macro in a macro in a macro ...
_LONGEST_OPTION = 1000  # code points between brackets
_EXPANSIONS = 50_000  # of one file


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """What a ``\\newcommand`` said: how many parameters, the first one's default, the body."""

    parameters: int
    default: str | None
    body: str


@dataclass(slots=True, kw_only=True)
class Prepared:
    """Source to read on: ``closes`` has the end of each group by its beginning."""

    text: str
    verbatim: list[str]
    theorems: dict[str, str]
    closes: dict[int, int]
    expanded: int = 0
    """Macros that were replaced by what they stand for."""
    left: int = 0
    """Macros that were left standing, since they would never have ended."""
    unclosed: set[str] = field(default_factory=set)

    def skip(self, at: int) -> int:
        """The next offset that is not blank; not over the end of a paragraph."""
        end = at
        while end < len(self.text) and self.text[end] in " \t\n":
            end += 1
        return at if self.text.count("\n", at, end) > 1 else end

    def group(self, at: int) -> tuple[int, int, int]:
        """Start and end of the argument at ``at`` (a group, a command or a sign), and behind it."""
        if at in self.closes:
            return at + 1, self.closes[at], self.closes[at] + 1
        if at >= len(self.text) or self.text[at] in "{}[]\n&$":
            return at, at, at
        command = COMMAND.match(self.text, at)
        end = command.end() if command else at + 1
        return at, end, end

    def behind(self, at: int) -> int:
        """The offset behind all arguments that begin at ``at``."""
        while True:
            end = option_end(self.text, at)
            if self.text[end : end + 1] == "{" and end in self.closes:
                end = self.closes[end] + 1
            if end == at:
                return at
            at = end

    def find(self, mark: str, at: int, end: int) -> int:
        """Where ``mark`` is next, or -1; what is nowhere is not looked for again."""
        if mark in self.unclosed:
            return -1
        found = self.text.find(mark, at)
        if found < 0:
            self.unclosed.add(mark)
        return found if found + len(mark) <= end else -1

    def rows(self, start: int, end: int) -> list[list[tuple[int, int]]]:
        """Start and end of the cells of a table, row by row."""
        rows, cells, begin, at = [], list[tuple[int, int]](), start, start
        while found := _CELLS.search(self.text, at, end):
            at = found.end()
            if found[0] == "{":
                at = self.closes.get(found.start(), found.start()) + 1
            elif found[0] == "&" or found["row"]:
                cells.append((begin, found.start()))
                begin = at
                if found["row"]:
                    rows.append(cells)
                    cells = []
        return [*rows, [*cells, (begin, end)]]


@dataclass(slots=True, kw_only=True)
class _Expansion:
    macros: dict[str, Macro]
    room: int
    count: int = 0
    left: int = 0
    pattern: re.Pattern[str] = field(init=False)

    def __post_init__(self) -> None:
        names = sorted(self.macros, key=lambda name: (-len(name), name))
        self.pattern = re.compile(r"\\\\|\\(" + "|".join(names) + r")(?![A-Za-z@])[ \t]*")


def prepared(source: str) -> Prepared:
    """The source, ready to be read from left to right."""
    verbatim: list[str] = []
    text = _protected(source, verbatim)
    theorems = {found["env"]: found["title"] for found in _THEOREM.finditer(text)}
    text = _THEOREM.sub("", text)
    text, macros = _without_definitions(text)
    expansion = _Expansion(macros=macros, room=4 * len(text) + 100_000)
    if macros:
        text = _expanded(text, expansion, 0)
    return Prepared(
        text=text,
        verbatim=verbatim,
        theorems=theorems,
        closes=groups(text),
        expanded=expansion.count,
        left=expansion.left,
    )


def groups(text: str) -> dict[int, int]:
    """Where each group ends, by the offset of its opening brace; those never closed are not in."""
    closes: dict[int, int] = {}
    around: list[int] = []
    for found in re.finditer(r"\\[\s\S]|[{}]", text):
        if found[0] == "{":
            around.append(found.start())
        elif found[0] == "}" and around:
            closes[around.pop()] = found.start()
    return closes


def option_end(text: str, at: int) -> int:
    """The offset behind an optional argument that begins at ``at``; ``at`` itself without one."""
    if text[at : at + 1] != "[":
        return at
    end = at
    while (end := text.find("]", end + 1, at + _LONGEST_OPTION)) > 0:
        inner = text[at + 1 : end]
        if "\n\n" in inner:
            break
        if inner.count("{") == inner.count("}"):
            return end + 1
    return at


def _protected(source: str, verbatim: list[str]) -> str:
    """The source without comments, each stretch of verbatim text replaced by its number."""
    pieces: list[str] = []
    at, unclosed = 0, set[str]()
    while found := _PROTECTED.search(source, at):
        pieces.append(source[at : found.start()])
        at = found.end()
        closing = _closing(found)
        if closing is None:
            pieces.append("" if found["comment"] is not None else found[0])
            continue
        end = -1 if closing in unclosed else source.find(closing, at)
        if end < 0 or (found["mark"] and "\n" in source[at:end]):
            if end < 0 and not found["mark"]:
                unclosed.add(closing)
            pieces.append(found[0])
            continue
        if not found["off"] and found["env"] != "comment":
            pieces.append(_kept(found, source[at:end], verbatim))
        at = end + len(closing)
    pieces.append(source[at:])
    return "".join(pieces)


def _closing(found: re.Match[str]) -> str | None:
    if found["env"]:
        return f"\\end{{{found['env']}}}"
    return "\\fi" if found["off"] else found["mark"]


def _kept(found: re.Match[str], words: str, verbatim: list[str]) -> str:
    verbatim.append(words.strip("\n") if found["env"] else words)
    number = f"\0{len(verbatim) - 1}\0"
    return f"\n\n{number}\n\n" if found["env"] else number


def _without_definitions(text: str) -> tuple[str, dict[str, Macro]]:
    """The text without definitions, and the macros that they define; the last of a name counts."""
    closes = groups(text)
    macros: dict[str, Macro] = {}
    pieces, at = [], 0
    for found in _DEFINES.finditer(text):
        if found.start() < at:
            continue
        macro, end = _definition(text, found, closes)
        if macro is None:
            continue
        macros[found["name"]] = macro
        pieces.append(text[at : found.start()])
        at = end
    return "".join([*pieces, text[at:]]), macros


def _definition(
    text: str, found: re.Match[str], closes: dict[int, int]
) -> tuple[Macro | None, int]:
    at, parameters, default = found.end(), 0, None
    if found["plain"]:
        heads = re.compile(r"((?:#[1-9])*)\s*(?=\{)").match(text, at)
        if heads is None:
            return None, at
        parameters, at = heads[1].count("#"), heads.end()
    elif found["doc"]:
        end = closes.get(at, -1)
        words = text[at + 1 : end] if end > 0 else "?"
        if re.fullmatch(r"[ m]*", words) is None:
            return None, at
        parameters, at = words.count("m"), end + 1
    elif count := _COUNT.match(text, at):
        parameters, at = int(count[1]), count.end()
        if (end := option_end(text, at)) > at:
            default, at = text[at + 1 : end - 1], end
    if at not in closes or closes[at] - at > 2000:
        return None, at
    body = text[at + 1 : closes[at]]
    if found["operator"]:
        body = rf"\operatorname{{{body}}}"
    return Macro(parameters=parameters, default=default, body=body), closes[at] + 1


def _expanded(text: str, expansion: _Expansion, depth: int) -> str:
    """The text with its macros replaced, as deep and as often as the bounds allow."""
    closes: dict[int, int] | None = None
    pieces, at = [], 0
    for found in expansion.pattern.finditer(text):
        if found.start() < at or not found[1]:
            continue
        macro = expansion.macros[found[1]]
        closes = groups(text) if closes is None and macro.parameters else closes
        values, end = _arguments(text, found, macro, closes or {})
        body = _PARAMETER.sub(lambda one: _value(values, one), macro.body)  # noqa: B023
        if depth >= _DEEPEST or expansion.count >= _EXPANSIONS or len(body) > expansion.room:
            expansion.left += 1
            continue
        expansion.count += 1
        expansion.room -= len(body)
        pieces += [text[at : found.start()], _expanded(body, expansion, depth + 1)]
        if not macro.parameters and pieces[-1][-1:].isalpha() and text[end : end + 1].isalpha():
            # The name ended at a blank that is no part of the text: \R x is not \mathbb Rx.
            pieces.append(" ")
        at = end
    return "".join([*pieces, text[at:]])


def _arguments(
    text: str, found: re.Match[str], macro: Macro, closes: dict[int, int]
) -> tuple[list[str], int]:
    """The arguments behind a macro and the offset behind them; what is missing is empty."""
    # A macro without parameters leaves the blank behind it to the text where braces would.
    at = found.end()
    values: list[str] = []
    if macro.default is not None and macro.parameters:
        end = option_end(text, at)
        values.append(text[at + 1 : end - 1] if end > at else macro.default)
        at = end
    while len(values) < macro.parameters:
        while at < len(text) and text[at] in " \t\n" and not text.startswith("\n\n", at):
            at += 1
        if at in closes:
            values.append(text[at + 1 : closes[at]])
            at = closes[at] + 1
        elif at < len(text) and text[at] not in "{}\n":
            one = COMMAND.match(text, at)
            values.append(one[0] if one else text[at])
            at = one.end() if one else at + 1
        else:
            values.append("")
    return values, at


def _value(values: list[str], parameter: re.Match[str]) -> str:
    number = int(parameter[1])
    return values[number - 1] if number <= len(values) else ""
