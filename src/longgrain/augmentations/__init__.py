"""A sound draft > the same draft in other words, one way a file; a line here puts it on the shelf.

A way is a frozen dataclass whose fields are its settings, with class variables ``name``, ``takes``
(how many drafts it makes one of) and ``reforms`` (whether the answer gets another form), and
``altered(groups, materials)``, which gives for each group of drafts one draft, or in words that are
always the same why there is none. What it gives is held against what it was given by the step
(`longgrain.unaltered`) and passes every check of the plan again; it need not prove itself.
"""

SHELF = {
    "synonyms": "longgrain.augmentations.synonyms:Synonyms",
    "paraphrase": "longgrain.augmentations.paraphrase:Paraphrase",
    "constrain": "longgrain.augmentations.constrain:Constrain",
    "join": "longgrain.augmentations.join:Join",
    "reorder": "longgrain.augmentations.reorder:Reorder",
}
