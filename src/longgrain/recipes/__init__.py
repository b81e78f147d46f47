"""Recipes: grains > drafts, one published method a file. A line here puts one on the shelf."""

SHELF = {
    "in2": "longgrain.recipes.in2:In2",
    "sft": "longgrain.recipes.sft:Sft",
    "erasure": "longgrain.recipes.erasure:Erasure",
    "pam": "longgrain.recipes.pam:Pam",
    "pearl": "longgrain.recipes.pearl:Pearl",
    "hierarchy": "longgrain.recipes.hierarchy:Hierarchy",
    "compress": "longgrain.recipes.compress:Compress",
    "retrieve": "longgrain.recipes.retrieve:Retrieve",
    "multistage": "longgrain.recipes.multistage:Multistage",
    "imitate": "longgrain.recipes.imitate:Imitate",
    "prefer": "longgrain.recipes.prefer:Prefer",
    "continuation": "longgrain.recipes.continuation:Continuation",
    "keyvalue": "longgrain.recipes.keyvalue:KeyValue",
    "locate": "longgrain.recipes.locate:Locate",
    "dialogue": "longgrain.recipes.dialogue:Dialogue",
    "pretrain": "longgrain.recipes.pretrain:Pretrain",
}
