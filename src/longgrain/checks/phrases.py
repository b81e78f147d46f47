"""An Example > whether question or answer talk about "the context", as no user would."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from longgrain.checks.parts import comparable, spans
from longgrain.types import Example, Grain

_MADE_FOR = (
    "context|passage|text|excerpt|snippet|paragraph|document|article|material|information|"
    "content|story"
)
ENGLISH = (
    rf"\b(?:according to|based on|from|in) the "
    rf"(?:(?:given|above|following|provided|preceding|retrieved) )+(?:{_MADE_FOR})s?\b",
    rf"\b(?:according to|based on|as (?:stated|mentioned|described|shown) in) (?:the|this) "
    rf"(?:{_MADE_FOR})s?\b",
    r"\b(?:the|this) (?:context|passage|text|excerpt|snippet|paragraph)s? "
    r"(?:states?|says?|mentions?|provided|above)\b",
    r"\bas (?:mentioned|stated|described) above\b",
)
_RELY = "(?:根据|根據|依据|依據|按照|基于|基於|结合|結合|参考|參考)"
_TEXT = "(?:文本|材料|资料|資料|段落|文章|内容|內容|信息|資訊|上下文|文字|段话|段話)"
_HERE = "(?:以上|上述|给定|給定|所给|所給|提供|这|這|该|該|下列|以下)"
# Narrow on purpose: 论文中, 日本文化, 按照提供的证据 and 根据材料的强度 are ordinary words.
CHINESE = (
    rf"{_RELY}(?:上文|文中|本文|原文|文章|文本|上下文)",
    rf"{_RELY}{_HERE}的?{_TEXT}",
    rf"{_RELY}{_TEXT}(?=[,:内內中])",
    rf"(?:上文|上下文|{_HERE}的?{_TEXT})(?:中|里|裡|提到|提及|所述|指出|写道|寫道)",
    r"(?<![\u3400-\u9fff])(?:文中|本文中|原文中|文章中|材料中|段落中)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Words that point at a text in front of the reader; words quoted from a document may stay."""

    name: ClassVar[str] = "phrases"

    patterns: tuple[str, ...] = ENGLISH + CHINESE
    """Regular expressions over text in one case and width, with single blanks."""
    also: tuple[str, ...] = ()
    """More of them, beside those above."""
    _search: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """ValueError for an expression that is none."""
        for pattern in self.patterns + self.also:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        joined = "|".join(f"(?:{pattern})" for pattern in self.patterns + self.also)
        object.__setattr__(self, "_search", re.compile(joined or r"(?!)"))

    def problems(self, example: Example, texts: Mapping[str, str]) -> Iterator[str]:
        """At most one reason for the question and one for the answer."""
        for role in ("question", "answer"):
            own = (span for span in spans(example, role) if not isinstance(span.origin, Grain))
            if any(self._search.search(comparable(span.words(texts))) for span in own):
                yield f"{role} speaks of the text in front of it"
