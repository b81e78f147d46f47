"""Requests > answers or refusals: a rule, a script, or a model behind an endpoint."""

SHELF = {
    "extractive": "longgrain.teachers.extractive:Extractive",
    "scripted": "longgrain.teachers.scripted:Scripted",
}
