"""HTML > the same HTML, nested no deeper than a parser can take in linear time.

A parser walks up its open elements at every tag, so 100,000 of them inside one another take it
minutes; and it repeats formatting that was never closed in every later paragraph, so 50 KB of it
become gigabytes. What is open is counted here as a parser would count it, or higher: where it is
not certain that a closing tag is one (in comments, scripts, values) it is not taken for one.
"""

from __future__ import annotations

import re

from longgrain.readers.listed import listed

DEEPEST = 256
"""Elements inside one another; browsers stop at 512, and a page that is read has below 100."""
_FORMATS = 24  # formatting elements inside one another, of which real pages have below 10
_CARRIED = 3  # those that are open at a tag on average, of which real pages have below 1
_FEW = 1000  # tags with which nothing can go wrong

VOID = listed(
    "area base br col embed hr img input link meta param source track wbr basefont bgsound frame "
    "keygen"
)
# Tags that are closed by what follows them, so that those left open do not nest.
_CLOSED_BY_NEXT = listed(
    "p li dt dd tr td th thead tbody tfoot option optgroup colgroup rp rt html head body"
)
_FORMATTING = listed("b big em font i nobr s small strike strong tt u a code")
# No closing tag reaches an element outside these.
_WALLS = listed("table caption object applet marquee template button select svg math foreignobject")
# A closing tag of another element than these does not reach one outside them either.
_SPECIAL = _WALLS | listed(
    "address article aside blockquote center details dir div dl fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hgroup iframe listing main menu nav noembed noframes noscript ol "
    "plaintext pre search section summary textarea title ul xmp frameset script style"
)
_RAW = r"script|style|textarea|title|xmp|iframe|noembed|noframes"
_TOKEN = re.compile(
    rf"<!--.*?(?:-->|\Z)|<(?:{_RAW})\b.*?(?:</(?:{_RAW})\b|\Z)"
    r"|<(/?)([a-zA-Z][^\s/>]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*",
    re.IGNORECASE | re.DOTALL,
)
_OPENED = re.compile(r"<([a-zA-Z][^\s/>]*)")
_UNREAD = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b(?![^>]*math/tex).*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_WHOLE = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)[^>]*>?")


def bounded(html: str) -> str:
    """``html``, or where it is too deep or too much of it open, without the tags that make it so."""
    if html.count("<") <= _FEW or _is_sound(html):
        return html
    html = _UNREAD.sub(" ", html)
    return html if _is_sound(html) else _thinned(html)


def _is_sound(html: str) -> bool:
    nesting = _Nesting(_FORMATS)
    opened = carried = 0
    for token in _TOKEN.finditer(html):
        closing, name = token.groups()
        if name and closing:
            nesting.close(name.lower())
            continue
        start = token.start()
        for found in _OPENED.findall(html, start, token.end()):
            if not nesting.open(found.lower()):
                return False
            opened += 1
            carried += nesting.formats
    return carried <= _CARRIED * (opened + _FEW)


def _thinned(html: str) -> str:
    """``html`` without the tags that stand inside too many others."""
    nesting = _Nesting(_CARRIED)

    def kept(tag: re.Match[str]) -> str:
        name = tag[2].lower()
        sound = nesting.close(name) if tag[1] else nesting.open(name)
        return tag[0] if sound else " "

    return _WHOLE.sub(kept, html)


class _Nesting:
    """What is open; ``formats`` says how much formatting."""

    __slots__ = ("_formatting", "_most", "_open", "formats")

    def __init__(self, most: int) -> None:
        """``most`` formatting elements may be open at once."""
        self._most = most
        self._open: list[str] = []
        self._formatting: list[str] = []
        """What was opened and not closed by name, as it goes on behind its element; "" is a wall."""
        self.formats = 0

    def open(self, name: str) -> bool:
        """Whether one more may be opened; if so it is."""
        if name in VOID or name in _CLOSED_BY_NEXT:
            return len(self._open) < DEEPEST
        if name in _FORMATTING:
            if self.formats >= self._most:
                return False
            self._formatting.append(name)
            self.formats += 1
            return True
        if len(self._open) >= DEEPEST:
            return False
        self._open.append(name)
        if name in _WALLS:
            self._formatting.append("")
        return True

    def close(self, name: str) -> bool:
        """Whether something is closed so."""
        if name in _FORMATTING:
            return self._close_format(name)
        if name in _CLOSED_BY_NEXT:
            return len(self._open) < DEEPEST
        for place in range(len(self._open) - 1, -1, -1):
            other = self._open[place]
            if other == name:
                self._close_walls(sum(one in _WALLS for one in self._open[place:]))
                del self._open[place:]
                return True
            if other in _WALLS or (other in _SPECIAL and name not in _SPECIAL):
                return False
        return False

    def _close_format(self, name: str) -> bool:
        for place in range(len(self._formatting) - 1, -1, -1):
            if self._formatting[place] == name:
                del self._formatting[place]
                self.formats -= 1
                return True
            if not self._formatting[place]:
                return False
        return False

    def _close_walls(self, walls: int) -> None:
        """Walls that go take the formatting inside them along."""
        while walls and self._formatting:
            if self._formatting.pop():
                self.formats -= 1
            else:
                walls -= 1
