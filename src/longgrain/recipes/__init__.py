"""Recipes: grains > drafts, one published method a file. A line here puts one on the shelf."""

SHELF = {
    "in2": "longgrain.recipes.in2:In2",
    "pearl": "longgrain.recipes.pearl:Pearl",
    "compress": "longgrain.recipes.compress:Compress",
    "retrieve": "longgrain.recipes.retrieve:Retrieve",
    "sft": "longgrain.recipes.sft:Sft",
    "erasure": "longgrain.recipes.erasure:Erasure",
    "pam": "longgrain.recipes.pam:Pam",
    "hierarchy": "longgrain.recipes.hierarchy:Hierarchy",
}
