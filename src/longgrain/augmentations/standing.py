"""The sentences of a paragraph > whether each stands for itself, so that their order says nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Words that point at what was said before or comes after, anywhere in a sentence.
_POINTS = {
    "en": re.compile(
        r"\b(?:this|that(?!\s+(?:is|are|was|were|has|have|can|may|must|shall|will)\b)|these|those|such|"
        r"it|its|itself|they|them|their|theirs|he|him|his|she|her|hers|we|our|us|i|my|"
        r"same|former|latter|other|others|another|above|below|aforesaid|said|respective(?:ly)?|"
        r"following|preceding|previous(?:ly)?|next|foregoing|hereby|herein|thereof|therein|thereby|"
        r"here|there|one|ones|both|either|neither|each|also|too|so|then|again|instead|otherwise|"
        r"however|therefore|thus|hence|consequently|accordingly|moreover|furthermore|similarly|"
        r"likewise|finally|later|earlier|afterwards?|meanwhile|still|yet|but|and yet|nevertheless|"
        r"nonetheless|further|additional(?:ly)?|even|indeed|rather|only|first(?:ly)?|second(?:ly)?|"
        r"third(?:ly)?|last(?:ly)?|for (?:example|instance)|in (?:addition|particular|contrast|fact)|"
        r"as (?:a result|well)|on the (?:other|contrary)|that is|namely|once|now|figure|table)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        r"[这那此其该該彼他她它牠前后後上下]|以上|以下|如下|下列|上述|前述|前款|本[条條款项項]|同[样樣时時]|也|还|還|又|再|"
        r"另外|另|然而|但|不过|不過|因此|因而|所以|于是|於是|从而|從而|并且|並且|而且|而|则|則|即|例如|比如|首先|其次|"
        r"最后|最後|第[一二三四五六七八九十]|接着|接著|随后|隨後|之|总之|總之|否则|否則|反之|各自|分别|分別|两者|兩者|"
        r"二者|双方|雙方|仍|却|卻|才|就|都|均|了|说|說|道[：:]|除外|余|剩"
    ),
}
# What happens one thing after another is told in the past; rules and descriptions are not.
_TELLS = re.compile(
    r"\b(?:is|are|may|must|shall|should|can|cannot|has|have|will|does|do|SHALL|MUST|MAY|SHOULD|"
    r"requires?|provides?|supports?|uses?|contains?|allows?|includes?)\b"
)
_DEFINITE, _INDEFINITE = (
    re.compile(r"\b[Tt]he ((?:[a-z-]+ ){0,2}[a-z-]+)"),
    re.compile(
        r"\b(?:[Aa]n?|[Ss]ome|[Ss]everal|[Mm]any|[Aa]ny|[Ee]very|[Nn]o) (?:[a-z-]+ ){0,2}?([a-z-]{3,})"
    ),
)
_OPEN = re.compile(r"[:：…—]\s*[”\"]?\Z|\A[a-z”,;)、，；）]|[“「\"][^”」\"]*\Z")


def all_stand(sentences: Sequence[str], language: str) -> bool:
    """Whether no sentence points at another, in words that show.

    Told strictly: most paragraphs do not pass. Left are those of rules and descriptions, each
    naming its own subject.
    """
    points = _POINTS["zh" if language == "zh" else "en"]
    if any(points.search(one) or _OPEN.search(one.strip()) for one in sentences):
        return False
    if language == "zh":
        return True
    if not all(_TELLS.search(one) for one in sentences):
        return False
    return not any(_takes_up(one, sentences[:n]) for n, one in enumerate(sentences))


def _takes_up(sentence: str, before: Sequence[str]) -> bool:
    """Whether it speaks of "the thing" when an earlier sentence brought in "a thing"."""
    known = {word for one in before for word in _INDEFINITE.findall(one)}
    taken = {word for said in _DEFINITE.findall(sentence) for word in said.split()}
    return bool(known & taken)
