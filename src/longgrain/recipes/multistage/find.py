"""A question about one grain > the same over neighbouring windows, of which one answers it."""

from __future__ import annotations

from longgrain.facts import Language, plain
from longgrain.protocols import Materials
from longgrain.recipes.asked import asked
from longgrain.recipes.multistage import asking
from longgrain.recipes.multistage.trace import Trace, listed, nothing, one_of
from longgrain.recipes.multistage.windows import Group, Windows
from longgrain.recipes.quotable import Sentence
from longgrain.recipes.stated import BLANK, Stated, inner, shown, stated, told, what_of
from longgrain.types import Draft, Given, Grain, Reply, Span


def find(draft: Draft, windows: Windows, language: Language) -> Trace | str:
    """The trace, its words still to come where the question is a model's; or why there is none."""
    materials = windows.materials
    found = stated(draft, materials)
    if found is None:
        return "the sentence of the evidence is not whole"
    if not materials.prompted and not found.is_cut:
        return "the sentence of the evidence cannot be asked about in other words"
    number = draft.meta["evidence"][0]
    group = windows.around(number, draft.meta["rivals"])
    if group is None:
        return "no stretch of neighbouring windows holds the evidence and nothing that might answer too"
    home = next(i for i, one in enumerate(group) if number in one.numbers)
    start = found.sentence.start - group[home].grain.start
    text = plain(materials.words(found.sentence))
    sentence = Sentence(
        start=start, end=start + found.sentence.end - found.sentence.start, text=text
    )
    trace = _trace(draft, found, group, home, sentence, language, materials)
    return trace if materials.prompted else _told(trace, found, home, language)


def _trace(
    draft: Draft,
    found: Stated,
    group: Group,
    home: int,
    sentence: Sentence,
    language: Language,
    materials: Materials,
) -> Trace:
    sentences = tuple((sentence,) if i == home else () for i in range(len(group)))
    question, template = asked(draft), "multistage.find"
    origin, step = _asker(draft), asking.PART_OF_QUESTION[language]
    if not materials.prompted:
        statement = inner(shown(found, BLANK, materials.words(found.sentence), language), language)
        what = what_of(found.kind, found.unit, language)
        wordings = [one.format(s=statement, what=what) for one in asking.FIND[language]]
        question, step = one_of(wordings, draft.id), asking.PART_OF_FIND[language].format(what=what)
        template = f"multistage.find-{wordings.index(question)}"
        origin = Given(source="longgrain.multistage", id="find")
    return Trace(
        task="find",
        form="find",
        template=template,
        language=language,
        parts=group,
        question=question,
        asker=origin,
        found=sentences,
        step=step,
        last=asking.LAST_OF_FIND[language],
        gold=draft.answer,
        rivals=tuple(draft.meta["rivals"]),
    )


def _asker(draft: Draft) -> Given | Reply:
    """Where the words of the question are from."""
    spans = [span for one in draft.messages for span in one.spans if isinstance(span, Span)]
    found = next(span.origin for span in spans if span.role == "question")
    assert not isinstance(found, Grain)
    return found


def _told(trace: Trace, found: Stated, home: int, language: Language) -> Trace:
    """Its words by rule."""
    notes = [listed(some) if some else nothing(trace) for some in trace.found]
    states = found_so_far(trace, notes[home])
    answer = one_of(asking.FIND_ANSWER[language], trace.name, "answer").format(
        a=told(found), part=home + 1, what=what_of(found.kind, found.unit, language)
    )
    answer = answer if found.unit == "code" else answer[:1].upper() + answer[1:]
    return trace.told(notes, states, answer, found.answer)


def found_so_far(trace: Trace, note: str) -> list[str]:
    """What is known after each part: nothing, and from the part that answers on its note."""
    home = next(i for i, some in enumerate(trace.found) if some)
    empty = nothing(trace, so_far=True)
    return [note if part >= home else empty for part in range(len(trace.parts))]
