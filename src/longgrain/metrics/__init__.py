"""A prediction and what it is held against > figures, one file a metric; a line here puts it on the shelf.

A metric is a frozen dataclass whose fields are its settings, with the class variables of
`longgrain.metrics.item.Metric` and ``score(item)``, which gives a number or None for each of its
figures. None means that the figure could not be had from this item: it is counted and never taken
for 0. It never raises, whatever the text. A figure that is no mean over items has ``tally(item)``,
counts that may be added up, and ``pooled(sums)``, the figures that follow from their sums. A metric
with a model of its own is `Batched`, one that asks a judge `Judged`.
"""

SHELF = {
    "rouge": "longgrain.metrics.rouge:Rouge",
    "squad": "longgrain.metrics.squad:Squad",
    "subspan": "longgrain.metrics.subspan:Subspan",
    "string_match": "longgrain.metrics.string_match:StringMatch",
    "longbench": "longgrain.metrics.longbench:LongBench",
    "infinitebench": "longgrain.metrics.infinitebench:InfiniteBench",
    "leval": "longgrain.metrics.leval:LEval",
    "choice": "longgrain.metrics.choice:Choice",
    "final_answer": "longgrain.metrics.final_answer:FinalAnswer",
    "valprobing": "longgrain.metrics.valprobing:ValProbing",
    "sacrebleu": "longgrain.metrics.sacrebleu:SacreBleu",
    "coverage": "longgrain.metrics.coverage:Coverage",
    "agreement": "longgrain.metrics.agreement:Agreement",
    "facts": "longgrain.metrics.facts:UnsupportedFacts",
    "claims": "longgrain.metrics.claims:Claims",
    "coherence": "longgrain.metrics.coherence:Coherence",
    "readability": "longgrain.metrics.readability:Readability",
    "perplexity": "longgrain.metrics.perplexity:Perplexity",
    "repetition": "longgrain.metrics.repetition:Repetition",
    "correction": "longgrain.metrics.correction:SelfCorrection",
    "style": "longgrain.metrics.style:Style",
    "efficiency": "longgrain.metrics.efficiency:Efficiency",
    "answer": "longgrain.metrics.answer:Answer",
    "location": "longgrain.metrics.location:Location",
    "refusal": "longgrain.metrics.refusal:Refusal",
    "rechecked": "longgrain.metrics.rechecked:Rechecked",
}
