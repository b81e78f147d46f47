"""Recipes: grains > drafts, one published method a file. A line here puts one on the shelf."""

SHELF = {
    "in2": "longgrain.recipes.in2:In2",
    "compress": "longgrain.recipes.compress:Compress",
    "hierarchy": "longgrain.recipes.hierarchy:Hierarchy",
}
