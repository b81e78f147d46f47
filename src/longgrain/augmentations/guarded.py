"""A text of a draft > the stretches of it that no augmentation may touch: quotes, facts, code, answers."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from longgrain.facts import facts
from longgrain.fidelity import items
from longgrain.types import Draft

# What stands between marks is somebody's words, a title, code or an address.
_MARKED = re.compile(
    r"“[^”]*(?:”|\Z)|「[^」]*(?:」|\Z)|『[^』]*(?:』|\Z)|《[^》]*(?:》|\Z)|〈[^〉]*(?:〉|\Z)"
    r"|(?:(?<=\s)|^|(?<=[(（]))‘[^’]*(?:’|\Z)|(?<!\w)'[^'\n]*'(?!\w)|\"[^\"]*(?:\"|\Z)"
    r"|```.*?(?:```|\Z)|`[^`]*(?:`|\Z)|\*\*[^*]*\*\*|\[[^\]]*\]|[(（][^()（）]*[)）]|<[^<>\s][^<>]*>"
    r"|https?://\S+|\S+@\S+|_{2,}|\\\w+\{[^}]*\}|\$[^$\n]+\$|\w+(?:[._/\\]\w+)+|\S*\d\S*",
    re.DOTALL,
)
# A quotation that began in a span before this one.
_OPEN_BEFORE = (("“", "”"), ("「", "」"), ("《", "》"))
# Names of things in a document: INTERNAL words, CamelCase. A word at the start of a sentence is none.
_NAMED = re.compile(r"(?<!\w)[A-Z]{2,}\w*|(?<!\w)[A-Za-z]+[a-z][A-Z]\w*")
_FIELDS = ("operands", "quotes", "options", "path", "names", "terms")


def guarded(text: str, draft: Draft, *, names: bool = True) -> list[tuple[int, int]]:
    """Start and end of every stretch, in order; they may overlap.

    Held are quotations, titles, code, links, formulas, blanks; numbers, dates, names, negations and
    obligations; and wherever they stand, the words of the answer and of what it rests on.
    """
    if text.count("```") % 2 or text.count("$$") % 2:
        return [(0, len(text))]  # a passage that begins or ends in code or a formula
    found = [match.span() for match in _MARKED.finditer(text)]
    found += [match.span() for match in _NAMED.finditer(text)]
    for opening, closing in _OPEN_BEFORE:
        end, start = text.find(closing), text.find(opening)
        if end >= 0 and (start < 0 or end < start):
            found.append((0, end + 1))
    found += [(one.start, one.end) for one in items(text, names=names)]
    found += [(one.start, one.end) for one in facts(text, names=False)]
    for words in needed(draft):
        found += _places(text, words)
    return sorted(found)


def needed(draft: Draft) -> list[str]:
    """The words that an answer is, or rests on: none of them may be said otherwise."""
    words = [draft.answer, *_words(draft.meta.get(name) for name in _FIELDS)]
    for statement in draft.meta.get("statements") or ():
        words += [str(statement["before"]), str(statement["after"])]
    return list(dict.fromkeys(one.strip() for one in words if one.strip()))


def _words(values: Iterable[object]) -> list[str]:
    lists = (one for one in values if isinstance(one, list | tuple))
    return [word for one in lists for word in one if isinstance(word, str)]


def _places(text: str, words: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(re.escape(words), text)]


def is_free(start: int, end: int, held: Sequence[tuple[int, int]]) -> bool:
    """Whether a stretch touches none that is held; these in order of their starts."""
    reach = bisect_right(held, (end - 1, 1 << 62))
    return all(last <= start for _, last in held[:reach])
