"""An Example > the reasons why it is not sound, one file a check; a line here puts it on the shelf.

A check is a frozen dataclass whose fields are its settings, with a class variable ``name`` and
``problems(example, texts)``, which yields short reasons that are always the same words, so that
they can be counted. It never raises, whatever the example; what it has no opinion on is sound.
From an example's ``lineage`` checks read ``draft`` (its draft's id), ``form`` (the draft's),
``answer`` (the gold answer; without it the words of role answer), ``operands`` (the values from
which a computed answer follows, as the evidence writes them) and ``quotes`` (phrases that are
said to stand in the evidence word by word), ``cites`` (the numbers of the passages to cite),
``constraint`` (what is demanded of the answer's form) and ``augmented`` (which drafts an example says
in other words). Of a conversation ``turns``, and of several questions in one turn ``parts``: a list
with ``form``, ``answer``, ``operands`` and ``quotes`` of each. Of a compressed text: ``source``,
``made``, ``lost`` and ``kept``, see `checks/fidelity.py`. Of a preference pair: ``error``, ``wrong``
and ``rests``, see `checks/preferred.py`.
"""

SHELF = {
    "bounds": "longgrain.checks.bounds:Bounds",
    "quote": "longgrain.checks.quote:Quote",
    "answerable": "longgrain.checks.answerable:Answerable",
    "leak": "longgrain.checks.leak:Leak",
    "phrases": "longgrain.checks.phrases:Phrases",
    "language": "longgrain.checks.language:Language",
    "fidelity": "longgrain.checks.fidelity:Fidelity",
    "citations": "longgrain.checks.citations:Citations",
    "erased": "longgrain.checks.erased:Erased",
    "preferred": "longgrain.checks.preferred:Preferred",
    "constraints": "longgrain.checks.constraints:Constraints",
    "duplicates": "longgrain.checks.duplicates:Duplicates",
}
