"""A translation or summary and its references > BLEU and chrF through sacrebleu."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from longgrain.errors import PlanError
from longgrain.metrics.item import Figures, Item
from longgrain.metrics.words import has_han

NGRAMS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SacreBleu:
    """sacrebleu's BLEU and chrF, over 100, of each item and of all items together.

    Of an item they are its sentence scores (BLEU with effective order); ``corpus_bleu`` and
    ``corpus_chrf`` follow from the added counts and equal sacrebleu's corpus scores. BLEU cuts words
    by the tokenizer ``13a``, and by ``zh`` where a reference has a Han character.
    """

    name: ClassVar[str] = "sacrebleu"
    origin: ClassVar[str] = "sacrebleu 2 (Post 2018)"
    needs: ClassVar[tuple[str, ...]] = ("references",)
    gold: ClassVar[str] = "chrf"
    shares: ClassVar[bool] = True

    tokenizer: str = ""
    """sacrebleu's name of a tokenizer for BLEU; 13a or zh by the references if it is not given."""
    lowercase: bool = False
    word_order: int = 0
    """2 for chrF++."""

    def __post_init__(self) -> None:
        _scorers("13a", self.lowercase, self.word_order)

    def score(self, item: Item) -> Figures:
        """``bleu`` and ``chrf`` of this item alone."""
        bleu, chrf = self._scorers(item.references)
        references = list(item.references)
        return {
            "bleu": bleu.sentence_score(item.prediction, references).score / 100,
            "chrf": chrf.sentence_score(item.prediction, references).score / 100,
        }

    def tally(self, item: Item) -> Mapping[str, float]:
        """Matching and all n-grams by length, and the lengths in words."""
        bleu, chrf = self._scorers(item.references)
        references = list(item.references)
        one = bleu.sentence_score(item.prediction, references)
        sums = {"bleu/said": one.sys_len, "bleu/expected": one.ref_len}
        for size in range(NGRAMS):
            sums[f"bleu/{size}/hits"], sums[f"bleu/{size}/all"] = one.counts[size], one.totals[size]
        # sacrebleu has no public way to these counts: a test holds the sums against corpus_score.
        counts = chrf._extract_corpus_statistics([item.prediction], [[one] for one in references])
        return sums | {f"chrf/{at:02}": count for at, count in enumerate(counts[0])}

    def pooled(self, sums: Mapping[str, float]) -> Figures:
        """``corpus_bleu`` and ``corpus_chrf``."""
        bleu, chrf = self._scorers(())
        corpus = bleu.compute_bleu(
            correct=[int(sums[f"bleu/{size}/hits"]) for size in range(NGRAMS)],
            total=[int(sums[f"bleu/{size}/all"]) for size in range(NGRAMS)],
            sys_len=int(sums["bleu/said"]),
            ref_len=int(sums["bleu/expected"]),
            smooth_method="exp",
        )
        counts = [int(sums[key]) for key in sorted(sums) if key.startswith("chrf/")]
        return {
            "corpus_bleu": corpus.score / 100,
            "corpus_chrf": chrf._compute_f_score(counts) / 100,
        }

    def _scorers(self, references: Sequence[str]) -> tuple[Any, Any]:
        chosen = self.tokenizer or ("zh" if any(map(has_han, references)) else "13a")
        return _scorers(chosen, self.lowercase, self.word_order)


@lru_cache(maxsize=8)
def _scorers(tokenizer: str, lowercase: bool, word_order: int) -> tuple[Any, Any]:
    try:
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as cause:
        raise PlanError(
            "the metric 'sacrebleu' needs the package sacrebleu, which is not installed: "
            "pip install 'longgrain[metrics]'"
        ) from cause
    bleu = BLEU(tokenize=tokenizer, lowercase=lowercase, effective_order=True)
    return bleu, CHRF(word_order=word_order, lowercase=lowercase)
