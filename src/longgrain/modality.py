"""Text > where it denies something, and where it demands or forbids."""

from __future__ import annotations

import re

_NEGATION = re.compile(
    r"\b(?:not|no|never|neither|nor|none|nobody|nothing|nowhere|without|cannot|\w+n[’']t)\b"
    r"|没有|沒有|不得|不|未(?=[\u4e00-\u9fff])|无|無|没(?!收)|沒(?!收)|非(?!常)|(?<![特分区個个级類类差识辨告各])别(?!人|的)|勿|莫|毋",
    re.IGNORECASE,
)
_OBLIGATION = re.compile(
    r"\b(?:shall|must|should)(?:\s+not)?\b|\bmay\s+not\b|\bha(?:s|ve)\s+to\b"
    r"|\b(?:is|are)\s+(?:not\s+)?(?:required|permitted|allowed|obliged|forbidden)\s+to\b"
    r"|应当|應當|必须|必須|不得|禁止|严禁|嚴禁|不准|不许|不許|务必|務必|须|須"
    r"|(?<![相反响适供对回])应(?=[\u4e00-\u9fff])",
    re.IGNORECASE,
)


def negations(text: str) -> list[tuple[int, int]]:
    """The offsets of words that negate, in reading order."""
    return [match.span() for match in _NEGATION.finditer(text)]


def obligations(text: str) -> list[tuple[int, int]]:
    """The offsets of words that oblige or forbid: SHALL, must not, 应当, 不得."""
    return [match.span() for match in _OBLIGATION.finditer(text)]
