"""A text > its words, made comparable by the rules of SQuAD or of LongBench's Chinese tasks."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence

# Han characters, with those outside the basic plane and the marks that stand for one.
HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af々〇"
_HAN = re.compile(f"[{HAN}]")
_ARTICLES = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_CHINESE = (
    "！？｡。＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃》「」『』【】〔〕〖〗〘〙〚〛〜〝〞〟〰〾〿"
    "–—‘’‛“”„‟…‧﹏."
)
_ALL_PUNCTUATION = str.maketrans("", "", string.punctuation + _CHINESE)
# The list above has neither of these two, which a person would count as punctuation.
_LEFT_OUT = str.maketrans("", "", "《·")
_PIECE = re.compile(rf"[{HAN}]|[^\s{HAN}]+")


def has_han(text: str) -> bool:
    """Whether there is a Chinese character in a text."""
    return bool(_HAN.search(text))


def valid(text: str) -> str:
    """The text with a question mark for each half of a character, which rjieba cannot take."""
    return text.encode("utf-8", "replace").decode("utf-8")


def squad(text: str) -> str:
    """Lower case, no ASCII punctuation, no articles, single blanks: SQuAD v1's evaluate.py."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def longbench_chinese(text: str) -> str:
    """Lower case, no English or Chinese punctuation, no white space: LongBench's metrics.py."""
    return "".join(text.lower().translate(_ALL_PUNCTUATION).split())


def comparable_words(text: str) -> list[str]:
    """The words of a text that may be Chinese: every Han character is one; no punctuation."""
    return _PIECE.findall(text.lower().translate(_ALL_PUNCTUATION).translate(_LEFT_OUT))


def f1(prediction: Sequence[str], reference: Sequence[str]) -> float:
    """Harmonic mean of the shares of each one's words that the other has, counted with repeats."""
    same = sum((Counter(prediction) & Counter(reference)).values())
    if not same:
        return 0.0
    precision, recall = same / len(prediction), same / len(reference)
    return (2 * precision * recall) / (precision + recall)
