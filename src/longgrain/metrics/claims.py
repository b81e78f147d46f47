"""An answer and its evidence > what share of its claims the evidence supports, as a judge or NLI model sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import orjson

from longgrain.content_words import content_words
from longgrain.facts import language_of
from longgrain.metrics.entailment import Entailment, Found, check
from longgrain.metrics.item import Figures, Item, Scored
from longgrain.metrics.stating import claims
from longgrain.metrics.words import comparable_words, valid
from longgrain.types import Refused, Reply, Request

VERDICTS = ("supported", "contradicted", "absent")
AT_A_TIME = 12  # claims in one request: with more, models begin to leave some out
NO_ROOM = "the evidence is empty, or the claim leaves no room beside it"
LEAST = {"en": 3, "zh": 4}  # words, or Chinese characters, of a quote that can prove anything


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One claim and what was found; ``why`` there is no verdict."""

    claim: str
    verdict: str = ""
    quote: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """Factual consistency claim by claim: supported, contradicted, or absent from the evidence.

    A judge (``--judge``) gives a verdict on each claim. ``supported`` and ``contradicted`` need a
    quote that stands in the evidence word by word; a verdict without one is none. With ``model`` a
    classifier of textual entailment decides instead, over windows of the evidence. Of an item:
    shares of its claims with a verdict, and ``judged``, the share of claims that have one. Of all
    items together ``all_supported``, ``all_contradicted`` and ``all_absent``, of all claims.
    """

    name: ClassVar[str] = "claims"
    origin: ClassVar[str] = "longgrain; FActScore (Min et al. 2023), SummaC (Laban et al. 2022)"
    needs: ClassVar[tuple[str, ...]] = ("source",)
    gold: ClassVar[str] = ""
    shares: ClassVar[bool] = True

    model: str = ""
    """A folder or hub name of a classifier with the labels entailment, neutral and contradiction."""
    device: str = ""
    """cpu, cuda, cuda:1, mps; by default a GPU where there is one."""
    window: int = 0
    """Tokens of claim and evidence together; 0 takes the model's own length, 512 at most."""
    threshold: float = 0.5
    """The probability from which the model's label counts."""

    def __post_init__(self) -> None:
        """PlanError for a model that is no classifier of entailment."""
        check(self.model, self.window, self.threshold)

    @property
    def asks(self) -> bool:
        """Whether a judge is needed."""
        return not self.model

    def score(self, item: Item) -> Figures:
        """The shares by the model; None without one, since a judge has to be asked."""
        return self.scores([item])[0].figures

    def tally(self, item: Item) -> Mapping[str, float]:
        """How many claims got each verdict."""
        return self.scores([item])[0].tally

    def pooled(self, sums: Mapping[str, float]) -> Figures:
        """The shares of all claims."""
        whole = sum(sums.get(one, 0.0) for one in VERDICTS)
        return {f"all_{one}": sums.get(one, 0.0) / whole if whole else None for one in VERDICTS}

    def scores(self, items: Sequence[Item]) -> Sequence[Scored]:
        """By the model, where one is set."""
        if not self.model:
            return [_scored([]) for _ in items]
        model = Entailment.load(self.model, self.device, self.window)
        return [self._by_model(model, item) for item in items]

    def _by_model(self, model: Entailment, item: Item) -> Scored:
        found = []
        for claim in claims(item.prediction):
            best = model.best(claim, valid(item.source or ""))
            found.append(self._decided(claim, *best) if best else Claim(claim=claim, why=NO_ROOM))
        return _scored(found)

    def _decided(self, claim: str, entailed: Found, contradicted: Found) -> Claim:
        if entailed.share >= self.threshold:
            return Claim(claim=claim, verdict="supported", quote=entailed.window)
        if contradicted.share >= self.threshold:
            return Claim(claim=claim, verdict="contradicted", quote=contradicted.window)
        return Claim(claim=claim, verdict="absent")

    def requests(self, item: Item) -> Sequence[Request]:
        """One for every twelve claims, with the whole answer and the whole evidence."""
        asked = item.row.get("question")
        given = {"answer": valid(item.prediction)}
        if isinstance(asked, str):
            given["question"] = valid(asked)
        return [
            Request(
                task="score.claims",
                material=(valid(item.source or ""),),
                settings={
                    "given": {**given, "claims": _numbered(some)},
                    "said": {"claims": len(some)},
                },
            )
            for some in _groups(claims(item.prediction))
        ]

    def judged(self, item: Item, replies: Sequence[Reply | Refused]) -> Scored:
        """What the judge's replies are worth."""
        source = valid(item.source or "")
        found: list[Claim] = []
        for some, reply in zip(_groups(claims(item.prediction)), replies, strict=True):
            if isinstance(reply, Refused):
                found += [Claim(claim=one, why=f"no verdict: {reply.reason}") for one in some]
            else:
                found += _read(some, reply.text, source)
        return _scored(found)


def _numbered(said: Sequence[str]) -> str:
    return "\n".join(f"{number}. {one}" for number, one in enumerate(said, 1))


def _groups(said: Sequence[str]) -> list[Sequence[str]]:
    return [said[at : at + AT_A_TIME] for at in range(0, len(said), AT_A_TIME)]


def _scored(found: Sequence[Claim]) -> Scored:
    counts = Counter(one.verdict for one in found if one.verdict)
    judged = counts.total()
    figures: dict[str, float | None] = {
        one: counts[one] / judged if judged else None for one in VERDICTS
    }
    figures["judged"] = judged / len(found) if found else None
    why = "" if judged else _reason(found)
    details = [{key: value for key, value in asdict(one).items() if value} for one in found]
    return Scored(
        figures={} if why else figures,
        tally={one: float(counts[one]) for one in counts},
        why=why,
        details=details or None,
    )


def _reason(found: Sequence[Claim]) -> str:
    if not found:
        return "no claim in the answer"
    # What stands behind a second colon concerns one request alone.
    kinds = Counter(": ".join(one.why.split(": ")[:2]) for one in found)
    return kinds.most_common(1)[0][0]


def _read(said: Sequence[str], reply: str, source: str) -> list[Claim]:
    """The verdict on each claim, or why there is none."""
    try:
        given = orjson.loads(reply)["verdicts"]
        rows = [one for one in given if isinstance(one, dict)]
    except (ValueError, TypeError, KeyError):
        return [Claim(claim=one, why="the judge's reply cannot be read") for one in said]
    own: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        own.setdefault(row.get("claim", 0), []).append(row)
    return [_one(claim, own.get(number, []), source) for number, claim in enumerate(said, 1)]


def _one(claim: str, rows: Sequence[dict[str, Any]], source: str) -> Claim:
    if len(rows) != 1:
        return Claim(claim=claim, why=f"the judge gave {'two verdicts' if rows else 'no verdict'}")
    verdict, quote = rows[0].get("verdict"), rows[0].get("quote")
    quote = " ".join(quote.split()) if isinstance(quote, str) else ""
    if verdict not in VERDICTS:
        return Claim(claim=claim, why="the judge's verdict is none of the three")
    if verdict == "absent":
        return Claim(claim=claim, verdict="absent")
    return Claim(
        claim=claim,
        verdict="" if (why := _fault(claim, quote, source)) else verdict,
        quote=quote,
        why=why,
    )


def _fault(claim: str, quote: str, source: str) -> str:
    """Why a quote proves nothing; "" if it may. That it stands there does not say that it proves it."""
    language = language_of(quote)
    if len(comparable_words(quote)) < LEAST[language]:
        return "the judge's quote is missing or too short"
    if _bare(quote) not in _bare(source):
        return "the judge's quote is not in the evidence"
    about = content_words(claim)
    if language == language_of(claim) and about and not about & content_words(quote):
        return "the judge's quote speaks of something else"
    return ""


def _bare(text: str) -> str:
    """Without white space, and without the word joiners that prompts put into documents."""
    return "".join(text.replace("\u2060", "").split())
