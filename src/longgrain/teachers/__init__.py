"""Requests > answers or refusals: a rule, a script, or a model behind an endpoint."""

SHELF = {
    "batch": "longgrain.teachers.batch:Batch",
    "extractive": "longgrain.teachers.extractive:Extractive",
    "openai": "longgrain.teachers.openai:OpenAI",
    "scripted": "longgrain.teachers.scripted:Scripted",
    "transformers": "longgrain.teachers.transformers:Transformers",
}
