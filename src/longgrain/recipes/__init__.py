"""Recipes: grains > drafts, one published method a file. A line here puts one on the shelf."""

SHELF = {
    "in2": "longgrain.recipes.in2:In2",
    "multistage": "longgrain.recipes.multistage:Multistage",
    "pearl": "longgrain.recipes.pearl:Pearl",
    "retrieve": "longgrain.recipes.retrieve:Retrieve",
}
