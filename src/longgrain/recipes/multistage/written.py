"""Traces whose words are still to come > the same with a model's words, or what is wrong with them.

Of a reply nothing is believed: quotes stand in the part word by word, numbers in what was read, and a
part that leaves a question open must give nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson

from longgrain.facts import holds
from longgrain.grains import sentence_ends
from longgrain.protocols import Materials
from longgrain.recipes.judged import agree
from longgrain.recipes.multistage.find import found_so_far
from longgrain.recipes.multistage.trace import Trace, nothing
from longgrain.recipes.quotable import Sentence
from longgrain.recipes.replied import told
from longgrain.recipes.tongues import spoken_in
from longgrain.recipes.written import Page, numbers_above_ten
from longgrain.terms import held, terms
from longgrain.types import Dropped, Refused, Reply, Request

MAP, REFINE, REDUCE = "multistage.map", "multistage.refine", "multistage.reduce"
# Notes are to be shorter than what they are about: at most this part of its characters.
SHORTER = 0.6
# A rehearsed reply takes a sentence for one that answers from this share of the question's terms.
SHARED = 0.45


class _UnusableError(Exception):
    """Why a reply cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Asks a model for the words of traces, all of a batch at a time."""

    materials: Materials

    def complete(self, traces: Sequence[Trace]) -> Iterator[Trace | Dropped]:
        """Each trace with its words, or why it has none; of several stages the first that fails."""
        begun: list[Trace | Dropped] = list(traces)
        begun = self._mapped(begun)
        begun = self._refined(begun)
        yield from self._reduced(begun)

    # --- map ---------------------------------------------------------------------------------------

    def _mapped(self, traces: Sequence[Trace | Dropped]) -> list[Trace | Dropped]:
        asked = [
            [self._map(one, part) for part in range(len(one.parts))]
            for one in traces
            if isinstance(one, Trace)
        ]
        return self._all(traces, asked, self._with_notes)

    def _map(self, trace: Trace, part: int) -> Request:
        said = {
            "part": part + 1,
            "of": len(trace.parts),
            "summary": "yes" if trace.task == "digest" else "",
        }
        return self._request(MAP, trace, [self._text(trace, part)], said=said)

    def _with_notes(self, trace: Trace, replies: Sequence[Reply | Refused]) -> Trace:
        notes, found = [], list(trace.found)
        calls, teller = dict(trace.calls), trace.teller
        for part, reply in enumerate(replies):
            note, quoted = self._note(trace, part, reply)
            notes.append(note or nothing(trace))
            if note and isinstance(reply, Reply):
                calls[note], teller = reply.call, reply
            if trace.task == "digest":  # what the model has chosen, not what a rule would
                found[part] = quoted
        states: Sequence[str] = ()
        if trace.task == "find":
            home = next(i for i, some in enumerate(found) if some)
            states = found_so_far(trace, notes[home])
        return replace(
            trace,
            notes=tuple(notes),
            states=tuple(states),
            found=tuple(found),
            calls=calls,
            teller=teller,
        )

    def _note(
        self, trace: Trace, part: int, reply: Reply | Refused
    ) -> tuple[str, tuple[Sentence, ...]]:
        """The notes on one part and its quotes, nothing where the reply finds nothing, as it should."""
        fields = _fields(reply, found=bool, quotes=list)
        if not fields["found"] and not trace.found[part]:
            return "", ()
        if not fields["found"]:
            raise _UnusableError("the reply finds nothing in a part that has what is asked for")
        if not trace.found[part]:
            raise _UnusableError(
                "the reply finds something in a part that leaves the question open"
            )
        text, note = self._text(trace, part), str(fields.get("notes") or "").strip()
        if not note:
            raise _UnusableError("the reply notes nothing of what it finds")
        self._right(trace, note, [text])
        quoted = _quoted(fields["quotes"], text)
        if trace.task == "find":
            [sentence] = trace.found[part]
            if not any(q.start < sentence.end and sentence.start < q.end for q in quoted):
                raise _UnusableError("the reply quotes something else than what answers")
        return note, quoted

    # --- refine ------------------------------------------------------------------------------------

    def _refined(self, traces: Sequence[Trace | Dropped]) -> list[Trace | Dropped]:
        """The notes of a summary, brought up to date part by part; the first part's are its notes."""
        begun = [
            replace(one, states=one.notes[:1])
            if isinstance(one, Trace) and one.task == "digest"
            else one
            for one in traces
        ]
        longest = max((len(one.parts) for one in begun if isinstance(one, Trace)), default=0)
        for part in range(1, longest):
            asked = [
                [self._refine(one, part)] if len(one.states) == part < len(one.parts) else []
                for one in begun
                if isinstance(one, Trace)
            ]
            begun = self._all(begun, asked, self._with_state)
        return begun

    def _refine(self, trace: Trace, part: int) -> Request:
        return self._request(
            REFINE,
            trace,
            [self._text(trace, part)],
            given={"notes": trace.states[-1]},
            said={"part": part + 1, "of": len(trace.parts)},
        )

    def _with_state(self, trace: Trace, replies: Sequence[Reply | Refused]) -> Trace:
        if not replies:
            return trace
        [reply] = replies
        state = str(_fields(reply, notes=str)["notes"])
        before = trace.states[-1]
        self._right(trace, state, [before, self._text(trace, len(trace.states))])
        if state == before:
            raise _UnusableError("the reply leaves the notes as they were")
        assert isinstance(reply, Reply)
        calls = {**trace.calls, state: reply.call}
        return replace(trace, states=(*trace.states, state), calls=calls)

    # --- reduce ------------------------------------------------------------------------------------

    def _reduced(self, traces: Sequence[Trace | Dropped]) -> list[Trace | Dropped]:
        asked = [
            [self._request(REDUCE, one, one.notes, said={"of": len(one.parts)})]
            for one in traces
            if isinstance(one, Trace)
        ]
        return self._all(traces, asked, self._with_answer)

    def _with_answer(self, trace: Trace, replies: Sequence[Reply | Refused]) -> Trace:
        [reply] = replies
        fields = _fields(reply, answerable=bool, response=str)
        if not fields["answerable"]:
            raise _UnusableError("the reply refuses although the notes answer")
        answer = str(fields["response"])
        self._right(trace, answer, list(trace.notes), short=trace.task == "digest")
        bare = str(fields.get("answer") or "")
        right = holds(answer, trace.gold) or (bare and agree(bare, trace.gold))
        if trace.task == "find" and not right:
            raise _UnusableError("the reply gives another answer than the evidence")
        assert isinstance(reply, Reply)
        calls = {**trace.calls, answer: reply.call}
        return replace(trace, answer=answer, gold=trace.gold or answer, calls=calls, teller=reply)

    # --- all ---------------------------------------------------------------------------------------

    def _all(
        self,
        traces: Sequence[Trace | Dropped],
        asked: Sequence[Sequence[Request]],
        use: Callable[[Trace, Sequence[Reply | Refused]], Trace],
    ) -> list[Trace | Dropped]:
        """Asks everything at once and lets each trace use its own replies."""
        replies = iter(self.materials.ask([one for some in asked for one in some]))
        counts = iter(map(len, asked))
        done: list[Trace | Dropped] = []
        for trace in traces:
            if isinstance(trace, Dropped):
                done.append(trace)
                continue
            mine = [next(replies) for _ in range(next(counts))]
            try:
                done.append(use(trace, mine))
            except _UnusableError as error:
                done.append(_lost(trace, str(error), mine))
        return done

    def _right(self, trace: Trace, words: str, read: Sequence[str], *, short: bool = True) -> None:
        """Raises what is wrong with words about what was read."""
        if not spoken_in(words, trace.language):
            raise _UnusableError("the reply is in another language than the document")
        if not numbers_above_ten(words) <= numbers_above_ten("\n".join([*read, trace.question])):
            raise _UnusableError("the reply has a number that is not in what it was to read")
        if short and len(words) > SHORTER * sum(map(len, read)):
            raise _UnusableError("the reply is hardly shorter than what it was to read")

    def _text(self, trace: Trace, part: int) -> str:
        return self.materials.words(trace.parts[part].grain)

    def _request(self, task: str, trace: Trace, pieces: Sequence[str], **settings: Any) -> Request:
        return Request(
            task=task,
            material=tuple(pieces),
            settings={"language": trace.language, "question": trace.question, **settings},
        )


def _fields(reply: Reply | Refused, **needed: type) -> dict[str, Any]:
    fields = told(reply, **needed)
    if isinstance(fields, str):
        raise _UnusableError(fields)
    return fields


def _quoted(quotes: Sequence[Any], text: str) -> tuple[Sentence, ...]:
    """Where the quotes of a reply stand in a part; raises where one does not."""
    page, found = Page.of(text), set()
    for quote in quotes:
        place = page.find(quote) if isinstance(quote, str) and quote.strip() else None
        if place is None:
            raise _UnusableError("a quote of the reply is not in the part that it was to quote")
        found.add(Sentence(start=place[0], end=place[1], text=text[slice(*place)]))
    if not found:
        raise _UnusableError("the reply quotes nothing that its notes rest on")
    return tuple(sorted(found))


def _lost(trace: Trace, reason: str, replies: Sequence[Reply | Refused]) -> Dropped:
    reason, _, detail = reason.partition(": ")
    text = next((one.text[:200] for one in replies if isinstance(one, Reply)), "")
    return Dropped(step="draft", id=trace.name, reason=reason, detail=detail or text)


def rehearsed(request: Request) -> str:
    """What a model would reply: the sentence that shares most with the question, or the first ones."""
    known = str(request.settings.get("known", ""))
    text = "\n".join(request.material)
    if request.task == REDUCE:
        told_of = f"{known}: {text[:80]}" if known else text[: len(text) // 3]
        return orjson.dumps({"answerable": True, "answer": known, "response": told_of}).decode()
    ends = sentence_ends(text).tolist()
    sentences = [text[a:b].strip() for a, b in zip([0, *ends], ends, strict=False)]
    sentences = [one for one in sentences if one]
    if request.task == REFINE:
        given = str(request.settings["given"]["notes"])
        return orjson.dumps({"notes": f"{given}\n{sentences[0][:80]}"}).decode()
    if request.settings["said"]["summary"]:
        best = sentences[len(sentences) // 2]
        return orjson.dumps({"found": True, "notes": best[:160], "quotes": [best]}).decode()
    wanted = np.unique(terms(str(request.settings["question"]))[0])
    shares = held(wanted, sentences) / max(1, len(wanted))
    place = int(np.argmax(shares))
    found = bool(shares[place] >= SHARED)
    quote = sentences[place]
    said = {"found": found, "notes": quote if found else "-", "quotes": [quote] * found}
    return orjson.dumps(said).decode()
