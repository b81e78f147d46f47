"""Drafts and what was made of them in other words > what the new one says that it may not, or nothing.

Whatever way words were exchanged, numbers, dates, names, terms, quotes, negations and obligations
are those of before, what is learned is the same, and the answer still follows from the evidence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache

from longgrain.facts import derive, facts, normalise
from longgrain.fidelity import items
from longgrain.grains import tree
from longgrain.types import Draft, Grain, Span

Texts = Mapping[str, str]
# What stands between marks is said word by word, or not at all.
_MARKED = re.compile(
    r"“[^”]*”|「[^」]*」|『[^』]*』|《[^》]*》|〈[^〉]*〉|\"[^\"]*\"|`[^`]*`|\*\*[^*]*\*\*|_{2,}|<[^<>]+>"
)
READ = ("evidence", "distractor", "summary")


def objection(before: Sequence[Draft], after: Draft, texts: Texts, *, reforms: bool) -> str:
    """Why ``after`` is not what ``before`` says in other words; "" where it is.

    Parameters
    ----------
    before : the draft that was altered, or all that were joined.
    texts : document id > text, made documents among them.
    reforms : whether the answer may have another form; it must then hold every answer of before.
    """
    if not reforms and [one.answer for one in before] != [after.answer]:
        return "the answer is another one"
    if not reforms and learned(before[0], texts) != learned(after, texts):
        return "the words that are learned are others"
    if reforms and not _answers(before, after, texts):
        return "an answer is missing from the words that are learned"
    if reason := _about_words(before, after, texts, reforms):
        return reason
    if reason := _about_evidence(before, after, texts):
        return reason
    return "" if _guards(before) == _guards([after]) else "evidence or rivals are others"


def learned(draft: Draft, texts: Texts) -> list[tuple[str, str, str, float]]:
    """View, role, words and loss of everything that the assistant says."""
    return [
        (view, span.role, span.words(texts), span.loss)
        for view, messages in draft.every_view.items()
        for one in messages
        if one.speaker == "assistant"
        for span in one.spans
        if isinstance(span, Span)
    ]


def _answers(before: Sequence[Draft], after: Draft, texts: Texts) -> bool:
    """Whether what is learned holds every answer, in the order of the questions."""
    said = normalise("".join(words for _, _, words, loss in learned(after, texts) if loss > 0))
    place = 0
    for one in before:
        place = f" {said} ".find(f" {normalise(one.answer)} ", place) + 1
        if not place:
            return False
    return True


def _about_words(before: Sequence[Draft], after: Draft, texts: Texts, reforms: bool) -> str:
    """What the words around the context lost or gained; another form may demand a number more."""
    old, new = _told(before), _told([after])
    if reforms:  # instructions are worded anew, questions are not
        asked = [one for draft in before for one in _spoken(draft, ("question",))]
        kept = _spoken(after, ("question",))
        return "" if asked == kept else "a question is in other words"
    lost, added = _difference(old, new)
    if lost or added:
        return f"{(lost or added)[0]} of the question or the instruction are others"
    return ""


def _told(drafts: Sequence[Draft]) -> str:
    return "\n".join(words for one in drafts for words in _spoken(one, None))


def _spoken(draft: Draft, roles: Sequence[str] | None) -> list[str]:
    """The words of everybody but the assistant that stand in no document, over all views."""
    return [
        span.text or ""
        for messages in draft.every_view.values()
        for one in messages
        if one.speaker != "assistant"
        for span in one.spans
        if isinstance(span, Span) and span.text is not None and (not roles or span.role in roles)
    ]


def _about_evidence(before: Sequence[Draft], after: Draft, texts: Texts) -> str:
    """What the passages that messages quote lost or gained, and whether the answer still follows."""
    pairs = [
        (old.words(texts), new.words(texts))
        for old, new in zip(_passages(before[0]), _passages(after), strict=False)
        if old.origin != new.origin
    ]
    if len(before) == 1 and len(_passages(before[0])) != len(_passages(after)):
        return "passages are missing or were added"
    for old_words, new_words in pairs:
        lost, added = _difference(old_words, new_words)
        if lost or added:
            return f"{(lost or added)[0]} of a passage are others"
    if pairs and len(before) == 1 and not _follows(before[0], after, texts):
        return "the answer does not follow from the passages any more"
    return ""


def _passages(draft: Draft) -> list[Span]:
    return [
        span
        for one in draft.messages
        if one.speaker != "assistant"
        for span in one.spans
        if isinstance(span, Span) and span.role in READ and isinstance(span.origin, Grain)
    ]


def _follows(before: Draft, after: Draft, texts: Texts) -> bool:
    """Whether the answer comes out of the passages by the rule by which it was found before."""
    question = {"language": "en", **before.meta}
    question["language"] = "zh" if str(question["language"]).startswith("zh") else "en"
    if not question.get("statements"):
        return True
    then, now = (derive(question, _sentences(one, texts)) for one in (before, after))
    return then is None or (now is not None and normalise(then) == normalise(now))


def _sentences(draft: Draft, texts: Texts) -> list[str]:
    found: list[str] = []
    for span in _passages(draft):
        if span.role == "evidence":
            text = span.words(texts)
            table = tree(text)
            rows = table.rows("sentence")
            places = zip(table.start[rows].tolist(), table.end[rows].tolist(), strict=True)
            found += [text[start:end] for start, end in places]
    return found


def _guards(drafts: Sequence[Draft]) -> tuple[list[int], list[int]]:
    """What must lie in a context and what must not, over all drafts."""
    evidence = {number for one in drafts for number in one.meta.get("evidence") or ()}
    rivals = {number for one in drafts for number in one.meta.get("rivals") or ()}
    return sorted(evidence), sorted(rivals)


def _difference(before: str, after: str) -> tuple[list[str], list[str]]:
    """The kinds of facts of which something is gone, and those of which something was added."""
    if before == after:
        return [], []
    old, new = _facts(before), _facts(after)
    return sorted({kind for kind, _ in old - new}), sorted({kind for kind, _ in new - old})


@lru_cache(maxsize=64)  # what is held against one way is often held against the next one, too
def _facts(text: str) -> Counter[tuple[str, str]]:
    """How often a text says each number, date, name, negation, obligation, term and quotation."""
    found = Counter((one.kind, one.key) for one in items(text))
    found.update((f"{one.kind}s", one.text) for one in facts(text) if one.kind in ("term", "quote"))
    found.update(("quotations", match[0]) for match in _MARKED.finditer(text))
    return found
