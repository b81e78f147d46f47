"""An answer > its claims: sentences, cut where a clause with a subject of its own follows."""

from __future__ import annotations

import re

from longgrain.grains import sentence_ends
from longgrain.metrics.words import comparable_words, valid

_SUBJECT = (
    r"(?:he|she|it|they|we|you|i|there|the|this|that|these|those|his|her|its|their|an?|no|all|both"
    r"|each|most|some|many|[A-Z][\w’'-]+)\s"
)
# A semicolon, or a comma and a conjunction before a subject. A bare "and" joins things as often as
# clauses, and is left alone.
_JOINT = re.compile(
    rf";\s+|,\s+(?:and|but|while|whereas|although|so)\s+(?={_SUBJECT})"
    r"|[；;]|，(?:但是?|而且?|并且|不过|然而|同时|因此|所以)(?=.{3})"
)
_ITEM = re.compile(r"^\s*(?:[-+*•·]\s+|\(?\d{1,3}[.)、]\s*|[#>]+\s*)+")


def claims(answer: str) -> list[str]:
    """What an answer states, in order, each on one line.

    Questions and headings without a word of their own make no claim. Pronouns stay as they are: who
    judges a claim sees the whole answer beside it.
    """
    text = valid(answer)
    found: list[str] = []
    start = 0
    for end in [*sentence_ends(text).tolist(), len(text)]:
        for line in text[start:end].splitlines():
            found += [_plain(part) for part in _JOINT.split(_ITEM.sub("", line))]
        start = end
    return [one for one in found if _states(one)]


def _plain(text: str) -> str:
    return " ".join(text.replace("**", "").split())


def _states(claim: str) -> bool:
    """Whether there is anything to be true or false: no question, no announcement of a list."""
    return len(comparable_words(claim)) > 1 and not claim.endswith(("?", "？", ":", "："))
