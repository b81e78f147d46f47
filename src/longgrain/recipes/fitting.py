"""A model's words and the language that they should be in > what is wrong with them, whatever they say."""

from __future__ import annotations

import re

from longgrain.facts import language_of

# At the beginning of a text: in the middle it may well be the document that cannot provide something.
_REFUSAL = re.compile(
    r"[\s“\"'*]*(?:(?:I(?:['’]m| am) (?:very |so )?(?:sorry|unable|afraid|not able)|(?:I )?apologi[sz]e"
    r"|I (?:cannot|can['’]t|won['’]t|do not|don['’]t) (?:answer|help|assist|provide|comply|know|have)"
    r"|(?:Sorry|Unfortunately), (?:but )?I|As an? (?:AI|language model))\b"
    r"|(?:很|非常)?抱歉|(?:对|對)不起|(?:我|本助手)?(?:无法|無法|不能|没办法|沒辦法)(?:回答|提供|完成|作答|协助|協助)"
    r"|作(?:为|為)(?:一[个個名])?(?:AI|人工智[能慧]|语言模型|語言模型))",
    re.IGNORECASE,
)


def unfit(language: str, *parts: str) -> str:
    """ "is a refusal", "is in another language than the question", or "" where neither is so."""
    if any(_REFUSAL.match(one) for one in parts):
        return "is a refusal"
    if language in ("en", "zh") and language_of(" ".join(parts)) != language:
        return "is in another language than the question"
    return ""
