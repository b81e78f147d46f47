"""A question, its sentence and others > where somebody stops who reads from the front and takes what seems to fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from longgrain.recipes.asked import asked
from longgrain.recipes.drawn import shuffled
from longgrain.recipes.misread import Misreading
from longgrain.recipes.quoting import Said
from longgrain.terms import held, terms
from longgrain.types import Draft


def hasty(draft: Draft, evidence: Said, others: Sequence[Misreading]) -> Misreading | None:
    """The first sentence of a long context that seems to fit, where it is not the right one.

    A sentence seems to fit when it has a fact of the answer's type and shares a term with the
    question. The order of the grains is drawn. None where the reader comes upon the right sentence
    first, or would err over its grain alone, too.
    """
    wanted = np.unique(terms(asked(draft))[0])
    shared = held(wanted, [one.said.text for one in others]).tolist()
    fitting = [one for one, count in zip(others, shared, strict=True) if count]
    if any(_stands_before(one.said, evidence) for one in fitting):
        return None
    able = {str(n): one for n, one in enumerate(fitting) if one.said.number != evidence.number}
    return able.get(shuffled([*able, "evidence"], draft.id, "reading")[0])


def _stands_before(one: Said, evidence: Said) -> bool:
    return one.number == evidence.number and one.grain.start < evidence.grain.start
