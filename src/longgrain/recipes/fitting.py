"""A model's words > what is wrong with them, whatever they say; its answer > whether it is the right one."""

from __future__ import annotations

import re

from longgrain.facts import holds, language_of, normalise, same_answer
from longgrain.recipes.judged import agree

_DIGITS = re.compile(r"\d+(?:\.\d+)?")
# Words of the other language from which it shows: names and code are in it without being it.
TELLING = 5
_OTHER = {"en": re.compile(r"[\u3400-\u9fff]"), "zh": re.compile(r"[A-Za-z]+")}
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
    words = " ".join(parts)
    if language in _OTHER and len(_OTHER[language].findall(words)) >= TELLING:
        return "" if language_of(words) == language else "is in another language than the question"
    return ""


def grade(answer: str, gold: str) -> bool | None:
    """Whether an answer is right; None where it is neither that nor clearly another one."""
    if same_answer(answer, gold) or holds(answer, gold):
        return True
    said, wanted = (set(_DIGITS.findall(normalise(one))) for one in (answer, gold))
    if said and wanted and not said & wanted:
        return False
    return None if agree(answer, gold) else False
