"""A sentence > the kinds of connective that it has, and whether it opens with a word that points back."""

from __future__ import annotations

import re

from longgrain.scripts import simplified

KINDS = ("adding", "contrasting", "causal", "ordering")
_ENGLISH = {
    "adding": (
        "also|besides|furthermore|moreover|in addition|additionally|likewise|similarly|as well|for"
        " example|for instance|in particular|that is|in other words|indeed"
    ),
    "contrasting": (
        "but|however|although|though|even though|yet|nevertheless|nonetheless|whereas|while|instead"
        "|on the other hand|in contrast|by contrast|on the contrary|despite|in spite of|rather than"
        "|unless|still|otherwise"
    ),
    "causal": (
        "because|since|therefore|thus|hence|so that|consequently|as a result|for this reason"
        "|accordingly|owing to|due to|in order to|so"
    ),
    "ordering": (
        "then|first|second|third|firstly|secondly|finally|next|later|afterwards|meanwhile|before"
        "|after|until|when|at last|eventually|in the end|previously|at the same time|subsequently"
    ),
}
_CHINESE = {
    "adding": "并且|而且|此外|另外|同时|也就是说|换句话说|例如|比如|同样|不仅|再者|况且|甚至|尤其|以及",
    "contrasting": "但是|但|然而|不过|可是|却|虽然|尽管|相反|反之|而不是|除非|否则|只是|仍然|即使",
    "causal": "因为|由于|因此|所以|因而|于是|从而|故而|可见|以便|为此|既然|以致|结果",
    "ordering": "首先|其次|然后|接着|随后|最后|最终|之后|后来|此后|与此同时|起初|先是|直到|从此|终于",
}
_WORDS = {
    kind: re.compile(rf"\b(?:{_ENGLISH[kind]})\b|{_CHINESE[kind]}", re.IGNORECASE) for kind in KINDS
}

# Before the word that points back: quotes, and connectives, which name nothing it could point to.
_LEAD = r"[\s\"'“”‘’「『（(*_>—-]*(?:(?:{words}),?\s+)*"
_BEFORE = (
    "and|but|so|then|also|however|therefore|thus|yet|still|moreover|now|here|there|perhaps|indeed"
)
_POINTS_BACK = re.compile(
    _LEAD.format(words=_BEFORE)
    + r"(?P<word>he|she|they|him|her|his|their|theirs|them|it|its|this|that|these|those|such|the former"
    r"|the latter|both of them|the same)\b(?P<rest>.{0,60})",
    re.IGNORECASE | re.DOTALL,
)
# "It is clear that", "It rained": nothing is pointed to. "That he came is", "this chapter": neither.
_EMPTY_IT = re.compile(
    r"\s+(?:(?:is|was|will be|has been|had been|may be|might be|would be|becomes?|became)\s[^.]{0,40}?"
    r"\b(?:that|to|who|when|why|how|whether|if|for)\b|(?:rain|snow|seem|appear|turn|happen|follow)(?:s|ed)\b"
    r"|takes?\b|took\b|(?:is|was)\s+(?:raining|snowing|getting|growing)\b)",
    re.IGNORECASE,
)
_THE_TEXT = re.compile(
    r"\s+(?:chapter|book|article|paper|section|document|report|study|guide|page|act|law|agreement|contract"
    r"|part|volume|manual|edition|licen[sc]e|website|site|policy|regulation|story|year|time|day|week|month"
    r"|is an?\s+(?:story|list|guide|book|report))\b",
    re.IGNORECASE,
)
_THAT_CLAUSE = re.compile(
    r"\s+(?:he|she|it|they|we|you|i|the|there|an?|every|no|all|some|any)\s", re.IGNORECASE
)
_CHINESE_LEAD = r"[\s“”‘’「『（(—]*(?:(?:但是?|而且?|并且?|所以|因此|于是|然而|不过|可是|同时|后来|接着|随后)，?)*"
_CHINESE_BACK = re.compile(
    _CHINESE_LEAD + r"(?:[他她它](?!人|乡|日|处|国|杀)|[他她它]们|其(?![他它实余次间]|中之一)"
    r"|此(?![外刻致地后间]|时此刻)|该(?=[^走去死说做来吃睡怎如当有是让])|上述|前者|后者"
    r"|这(?!本书|部|篇|一[章节天年]|里|样|时|次|年)|那(?!里|时|么|年|天|一[天年]))"
)


def kinds(sentence: str) -> frozenset[str]:
    """Which of `KINDS` a sentence has a connective of."""
    said = simplified(sentence)
    return frozenset(kind for kind in KINDS if _WORDS[kind].search(said))


def points_back(sentence: str) -> bool:
    """Whether a sentence opens with a word that stands for something said before it, by rule.

    Pronouns and words such as this, such, 其, 该 with nothing before them that they could stand for. It
    is for what comes, this chapter and the like are not meant.
    """
    if _CHINESE_BACK.match(simplified(sentence)):
        return True
    found = _POINTS_BACK.match(sentence)
    if not found:
        return False
    word, rest = found["word"].lower(), found["rest"]
    if word == "it":
        return not _EMPTY_IT.match(rest)
    if word in ("this", "these", "such"):
        return not _THE_TEXT.match(rest)
    return not (word == "that" and _THAT_CLAUSE.match(rest))
