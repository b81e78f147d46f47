"""Prepared LaTeX source > its paragraphs, headings, lists and tables, read from left to right."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from longgrain.readers.latex.commands import HANDLERS
from longgrain.readers.latex.names import (
    ARGUMENTS,
    DRAWINGS,
    FONTS,
    HEADED,
    INCLUDES,
    KEY,
    LEVELS,
    MATH,
    SECTIONING,
    SETTING,
    SETTINGS,
    SHORT,
    SILENT,
    TABLES,
    THEOREMS,
)
from longgrain.readers.latex.signs import ACCENTS, LIGATURES, SIGNS, accented
from longgrain.readers.latex.source import Prepared, option_end
from longgrain.readers.latex.writer import ASIAN, NEW_LINE, Writer

_NEXT = re.compile(
    r"\\(?:(?P<name>[A-Za-z@]+\*?)|(?P<sign>[\s\S]))|(?P<dollar>\$\$?)|(?P<break>\n[ \t]*\n\s*)"
    r"|(?P<ligature>---?|``|''|[~`'])|[{}]"
)
_NAME = re.compile(r"[ \t]*\{([^{}\\\n]{1,40})\}")
_LABEL = re.compile(r"\\label[ \t]*\{[^{}]{0,200}\}[ \t]*")
_BARE = re.compile(r"\\(?:begin|end)\{[^{}]*\}|\\[A-Za-z@]+|[{}\\]")
_DRAWING = re.compile(rf"\\begin\{{({'|'.join(sorted(DRAWINGS))})\}}")
_DEEPEST = 8  # arguments in arguments


@dataclass(slots=True, kw_only=True)
class Environment:
    """An environment that is not closed yet, and how many items it has had."""

    name: str
    items: int = 0


@dataclass(slots=True, kw_only=True)
class Body:
    """What was read so far. ``run`` reads on; the words and headings go to ``out``."""

    source: Prepared
    out: Writer
    title: str = ""
    author: str = ""
    thanks: str = ""
    date: str = ""
    includes: list[str] = field(default_factory=list)
    drawings: int = 0
    is_chinese: bool = False
    around: list[Environment] = field(default_factory=list)
    _depth: int = 0
    _titled: bool = False

    @property
    def text(self) -> str:
        """The source."""
        return self.source.text

    def run(self, start: int, end: int) -> None:
        """Reads what stands between two offsets."""
        at = start
        while found := _NEXT.search(self.text, at, end):
            self.out.say(self.text[at : found.start()])
            at = min(max(self._taken(found, end), found.end()), end)
        self.out.say(self.text[at:end])

    def close(self) -> None:
        """Ends the last paragraph and whatever environment is still open."""
        self.out.flush()
        self.out.mark = ""
        self.around.clear()

    def make_title(self, at: int = 0) -> int:
        """The title as the first heading, and the author below it; once."""
        self.out.flush()
        if self.title and not self._titled:
            self.out.heading(self.title, 1)
            for words in (self.author, self.thanks):
                self.out.say(words)
                self.out.flush()
        self._titled = True
        return at

    def inline(self, start: int, end: int) -> str:
        """What stands between two offsets, in one line."""
        if self._depth >= _DEEPEST:
            return _BARE.sub("", self.text[start:end])
        outer, self.out = self.out, Writer(verbatim=self.out.verbatim)
        around, self.around = self.around, []
        self._depth += 1
        self.run(start, end)
        words = self.out.one_line()
        self.out, self.around = outer, around
        self._depth -= 1
        return words

    # --- each takes what begins at an offset, and says where to go on ---

    def _taken(self, found: re.Match[str], end: int) -> int:
        if name := found["name"]:
            return self._command(name.removesuffix("*"), found.end(), end)
        if found["break"]:
            self.out.flush()
        elif found["ligature"]:
            self.out.say(LIGATURES[found["ligature"]])
        elif found["dollar"]:
            return self._dollars(found, end)
        elif found["sign"]:
            return self._sign(found["sign"], found.end(), end)
        return found.end()

    def _sign(self, sign: str, at: int, end: int) -> int:
        if sign in "([":
            stop = self.source.find("\\)" if sign == "(" else "\\]", at, end)
            if stop >= 0:
                self._math(at - 2, stop + 2, display=sign == "[")
                return stop + 2
        elif sign == "\\":
            self.out.say(NEW_LINE)
            return option_end(self.text, at + (self.text[at : at + 1] == "*"))
        elif sign in ACCENTS:
            return self._accent(sign, at)
        else:
            self.out.say(SIGNS.get(sign, ""))
        return at

    def _dollars(self, found: re.Match[str], end: int) -> int:
        mark, at = found[0], found.end()
        stop = self.source.find(mark, at, end)
        while stop > at and self.text[stop - 1] == "\\":
            stop = self.source.find(mark, stop + 1, end)
        if stop < 0 or (mark == "$" and "\n\n" in self.text[at:stop]):
            self.out.say("$" if mark == "$" else "")  # a sum of money in a careless source
            return at
        self._math(found.start(), stop + len(mark), display=mark == "$$")
        return stop + len(mark)

    def _command(self, name: str, at: int, end: int) -> int:
        if handler := HANDLERS.get(name):
            return handler(self, at)
        if name in ("begin", "end"):
            return self._begin(at, end) if name == "begin" else self._end(at)
        if name in ACCENTS:
            return self._accent(name, at)
        if name in SIGNS:
            self.out.say(SIGNS[name])
            return self.source.skip(at) if SIGNS[name].isalpha() and len(name) < 3 else at
        if name in SILENT:
            return self._silent(name, at)
        if heading := SECTIONING.fullmatch(name):
            return self.section(LEVELS[heading[1]], at)
        if INCLUDES.fullmatch(name):
            return self._include(at)
        if name.endswith("label"):
            return self.source.behind(at)
        if "cite" in name:
            return self._cite(at)
        if name.endswith("ref") and name not in SETTINGS:
            return self._ref(at, "()" if name == "eqref" else "[]")
        return self._other(name, at)

    def _other(self, name: str, at: int) -> int:
        """What may be words is read on as if the command were not there."""
        if name in SETTINGS:
            return self._without(option_end(self.text, at), SETTINGS[name])
        if name in FONTS:
            return at
        behind = self.source.behind(at)
        line = self.text.rfind("\n", max(0, at - 100), at) + 1
        alone = not self.text[line : at - len(name) - 1].strip()
        alone = alone and not self.text[behind : behind + 20].partition("\n")[0].strip()
        groups = re.findall(r"\{([^{}]*)\}", self.text[at:behind])
        if alone and groups and all(KEY.fullmatch(group) for group in groups):
            return behind  # \setsomething{to-a-key}
        return option_end(self.text, at)

    def _silent(self, name: str, at: int) -> int:
        if name == "cmidrule" and self.text[at : at + 1] == "(":
            at = self.text.find(")", at, at + 20) + 1 or at
        return self._without(option_end(self.text, at), SILENT[name])

    def _without(self, at: int, arguments: int) -> int:
        for _ in range(arguments):
            _, _, at = self.source.group(option_end(self.text, self.source.skip(at)))
        return at

    def argument(self, at: int) -> tuple[str, int]:
        start, stop, behind = self.source.group(self.source.skip(at))
        return self.inline(start, stop), behind

    def options(self, at: int) -> tuple[list[str], int]:
        """The optional arguments in one line each, and the offset behind them."""
        found = []
        while (end := option_end(self.text, at)) > at:
            found.append(self.inline(at + 1, end - 1))
            at = end
        return found, at

    def _accent(self, accent: str, at: int) -> int:
        words, behind = self.argument(at)
        self.out.say(accented(accent, words))
        return behind

    def section(self, level: int, at: int) -> int:
        """Of several arguments the last is the title."""
        behind = self.source.behind(self.source.skip(at))
        title, last = "", at
        while last < behind:
            _, last = self.options(self.source.skip(last))
            if last < behind:
                title, last = self.argument(last)
        self.make_title()
        self.out.heading(title, level)
        return max(behind, at)

    def _include(self, at: int) -> int:
        behind = self.source.behind(self.source.skip(at))
        names = re.findall(r"\{([^{}\n]{1,200})\}", self.text[at:behind])
        if not names and (bare := re.compile(r"[ \t]+([\w./-]{1,200})").match(self.text, at)):
            names, behind = [bare[1]], bare.end()  # \input file
        self.includes += names[-1:]
        return behind

    def _cite(self, at: int) -> int:
        options, at = self.options(at)
        keys, at = self.argument(at)
        before = f"{options[0]} " if len(options) > 1 and options[0] else ""
        after = f", {options[-1]}" if options and options[-1] else ""
        named = ", ".join(key.strip() for key in keys.split(","))
        self.out.say(f"[{before}{named}{after}]" if named else "")
        return at

    def _ref(self, at: int, brackets: str) -> int:
        options, at = self.options(at)
        label, at = self.argument(at)
        words = ":".join(one for one in (*options, label) if one)
        self.out.say(f"{brackets[0]}{words}{brackets[1]}" if words else "")
        return at

    def _math(self, start: int, end: int, *, display: bool) -> None:
        """The source as it is, without labels; a drawing in it is left out."""
        raw = _LABEL.sub("", self.text[start:end])
        while found := _DRAWING.search(raw):
            stop = raw.find(f"\\end{{{found[1]}}}", found.end())
            raw = raw[: found.start()] + (raw[stop + len(found[1]) + 6 :] if stop >= 0 else "")
            self.drawings += 1
        bare = re.sub(r"\\(?:begin|end)\{[^{}]*\}|\\[()\[\]]|\$", "", raw)
        if not bare.strip():
            return
        if display and not self._depth:
            self.out.block(raw)
        else:
            self.out.say(" ".join(raw.split()))

    def _table(self, start: int, end: int) -> None:
        rows = []
        for cells in self.source.rows(start, end):
            words = [self.inline(*cell).replace("|", "¦") for cell in cells]
            if any(words):
                rows.append(f"| {' | '.join(words)} |")
        self.out.block("\n".join(rows))

    def _begin(self, at: int, end: int) -> int:
        found = _NAME.match(self.text, at)
        if found is None:
            return at
        full, at = found[1].strip(), found.end()
        name = full.removesuffix("*")
        closing = f"\\end{{{full}}}"
        if name in MATH or name in DRAWINGS or name in TABLES:
            stop = self.source.find(closing, at, end)
            if stop >= 0:
                self._whole(name, found.start() - 6, self._settings(full, at), stop)
                return stop + len(closing)
        self.out.flush()
        self.around.append(Environment(name=name))
        if name in self.source.theorems or SHORT.get(name, name) in THEOREMS:
            return self._theorem(name, at)
        if name in HEADED:
            self.make_title()
            self.out.heading(HEADED[name][self.is_chinese], LEVELS["section"])
        if name == "frame":
            at = option_end(self.text, at)
            return self.section(LEVELS["subsection"], at) if at in self.source.closes else at
        return self._settings(full, at)

    def _whole(self, name: str, start: int, at: int, stop: int) -> None:
        """An environment that is no running text: math, a drawing, a table."""
        if name in MATH:
            self._math(start, self.text.index("}", stop) + 1, display=name != "math")
        elif name in TABLES:
            self._table(at, stop)
        else:
            self.drawings += 1

    def _settings(self, name: str, at: int) -> int:
        """The offset behind what an environment is set to: a width, a number of columns."""
        at = option_end(self.text, at)
        if name in ARGUMENTS:
            return self._without(at, ARGUMENTS[name])
        while at in self.source.closes:
            close = self.source.closes[at]
            if not SETTING.fullmatch(self.text, at + 1, close):
                break
            at = option_end(self.text, close + 1)
        return at

    def _theorem(self, name: str, at: int) -> int:
        known = THEOREMS.get(SHORT.get(name, name), ("", ""))
        title = self.source.theorems.get(name) or known[self.is_chinese]
        options, at = self.options(at)
        wide = bool(ASIAN.search(title))
        note = (f"（{options[0]}）" if wide else f" ({options[0]})") if options else ""
        self.out.say(f"{title}{note}{'。' if wide else '. '}")
        return at

    def _end(self, at: int) -> int:
        found = _NAME.match(self.text, at)
        self.close_paragraph()
        name = found[1].strip().removesuffix("*") if found else ""
        if any(one.name == name for one in self.around[-50:]):
            while self.around.pop().name != name:
                pass
        return found.end() if found else at

    def close_paragraph(self) -> None:
        """Ends the paragraph, and an item that has no words."""
        self.out.flush()
        self.out.mark = ""
