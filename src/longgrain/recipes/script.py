"""Our own Chinese words and what they stand beside > the same words in its script."""

from __future__ import annotations

import re

_SIGNS_OF_TRADITIONAL = re.compile("[這個們來說時會學國為與從對後過還進麼書問長點實開當發現見無]")
_SIGNS_OF_SIMPLIFIED = re.compile("[这个们来说时会学国为与从对后过还进么书问长点实开当发现见无]")
# The characters of the recipes' own words that differ.
_OURS = str.maketrans(
    "与个为书于从关内写决凭后处对应择换据数断来样检没点码确称结给见认讲论证话误说请读谈过这选里"
    "错键问阅项顾题验着",
    "與個為書於從關內寫決憑後處對應擇換據數斷來樣檢沒點碼確稱結給見認講論證話誤說請讀談過這選裏"
    "錯鍵問閱項顧題驗著",
)
_CORNERS = str.maketrans("“”", "「」")


def is_traditional(text: str) -> bool:
    """Whether a Chinese text is in Traditional characters; False where neither shows."""
    return len(_SIGNS_OF_TRADITIONAL.findall(text)) > len(_SIGNS_OF_SIMPLIFIED.findall(text))


def written(words: str, like: str) -> str:
    """Our own words in the script of what they stand beside."""
    return words.translate(_OURS).translate(_CORNERS) if is_traditional(like) else words
