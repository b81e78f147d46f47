"""The sentences of a paragraph > whether each stands for itself, so that their order says nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence

# Words that point at what was said before or comes after, anywhere in a sentence.
_POINTS = {
    "en": re.compile(
        r"\b(?:let|we|i|you|this|these|those|such|it|its|itself|they|them|their|theirs|he|him|his|she|her|hers|"
        r"same|former|latter|other|others|another|above|below|aforesaid|said|respective(?:ly)?|"
        r"following|preceding|previous(?:ly)?|next|foregoing|hereby|herein|thereof|therein|thereby|"
        r"ones|both|either|neither|also|too|so|then|again|instead|otherwise|"
        r"however|therefore|thus|hence|consequently|accordingly|moreover|furthermore|similarly|"
        r"likewise|finally|later|earlier|afterwards?|meanwhile|yet|but|nevertheless|"
        r"nonetheless|additional(?:ly)?|indeed|first(?:ly)?|second(?:ly)?|"
        r"third(?:ly)?|last(?:ly)?|for (?:example|instance)|in (?:addition|particular|contrast|fact)|"
        r"as (?:a result|well)|on the (?:other|contrary)|that is|namely|now|figure|table|listing)\b"
        r"|\A\W*(?:that|there|here|and|or|once|one|each|only|even|still|rather|further)\b",
        re.IGNORECASE,
    ),
    "zh": re.compile(
        r"[我你您这那此其该該彼他她它牠前后後上下]|以上|以下|如下|下列|上述|前述|前款|本[条條款项項]|同[样樣时時]|也|还|還|又|再|"
        r"另外|另|然而|但|不过|不過|因此|因而|所以|于是|於是|从而|從而|并且|並且|而且|而|则|則|即|例如|比如|首先|其次|"
        r"最后|最後|第[一二三四五六七八九十]|接着|接著|随后|隨後|之|总之|總之|否则|否則|反之|各自|分别|分別|两者|兩者|"
        r"二者|双方|雙方|仍|却|卻|才|就|都|均|了|说|說|道[：:]|除外|余|剩"
        # Sentences without a subject of their own: 情节严重的，处……
        r"|\A[^，。]{1,12}的，|\A(?:是否|可以|可|应当|應當|应|應|不得|不|未|无|無|由|经|經)"
    ),
}
# What happens one thing after another is told in the past; rules and descriptions are not.
_TELLS = re.compile(
    r"\b(?:is|are|may|must|shall|should|can|cannot|has|have|will|does|do|SHALL|MUST|MAY|SHOULD|"
    r"requires|provides|supports|uses|contains|allows|includes)\b"
)
_DEFINITE, _INDEFINITE = (
    re.compile(r"\b[Tt]he ((?:[a-z-]+ ){0,2}[a-z-]+)"),
    re.compile(
        r"\b(?:[Aa]n?|[Ss]ome|[Ss]everal|[Mm]any|[Aa]ny|[Ee]very|[Nn]o) (?:[a-z-]+ ){0,2}?([a-z-]{3,})"
    ),
)
_OPEN = re.compile(r"[:：…—]\s*[”\"]?\Z|\A[a-z”,;)、，；）]|[“「\"][^”」\"]*\Z")


_SPOKEN = re.compile(r"[“”「」\"]")
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")
# Words or Han characters that a sentence has at least: shorter ones are scraps and exclamations.
FEWEST = 6


def all_stand(sentences: Sequence[str], language: str) -> bool:
    """Whether no sentence points at another, in words that show.

    Told strictly: most paragraphs do not pass. Left are those of rules and descriptions, each
    naming its own subject.
    """
    points = _POINTS["zh" if language == "zh" else "en"]
    if any(points.search(one) or _OPEN.search(one.strip()) for one in sentences):
        return False
    if any(_SPOKEN.search(one) or len(_WORD.findall(one)) < FEWEST for one in sentences):
        return False
    if language != "zh" and not all(_TELLS.search(one) for one in sentences):
        return False
    takes_up = _takes_up_in_chinese if language == "zh" else _takes_up
    return not any(takes_up(one, sentences[:n]) for n, one in enumerate(sentences))


def _takes_up(sentence: str, before: Sequence[str]) -> bool:
    """Whether it goes on about what an earlier sentence spoke of: the gate, after a gate."""
    opening = {word.lower() for word in _LONG_WORD.findall(" ".join(sentence.split()[:4]))}
    known = {word for one in before for word in _INDEFINITE.findall(one)}
    taken = {word for said in _DEFINITE.findall(sentence) for word in said.split()}
    said = {word.lower() for one in before for word in _LONG_WORD.findall(one)}
    return bool(known & taken) or bool(opening & said)


def _takes_up_in_chinese(sentence: str, before: Sequence[str]) -> bool:
    """Whether it begins with words that an earlier sentence has."""
    return any(sentence.strip()[:2] in one for one in before)


_LONG_WORD = re.compile(r"[A-Za-z]{4,}")
