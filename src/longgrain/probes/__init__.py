"""Held-out documents or published data > questions about long contexts, one file a probe; a line here puts it on the shelf.

A probe is a frozen dataclass whose fields are settings, as `longgrain.protocols.Probe` says. It makes
questions from its ground (a language, a seed, documents, a data folder, a tokenizer) and names the
metric by which replies are scored; asking and scoring is the step's work.
"""

SHELF = {
    "needle": "longgrain.probes.needle:Needle",
    "variable_tracking": "longgrain.probes.variable_tracking:VariableTracking",
    "common_words": "longgrain.probes.cwe:CommonWords",
    "frequent_words": "longgrain.probes.fwe:FrequentWords",
    "key_value": "longgrain.probes.key_value:KeyValue",
    "multidoc_qa": "longgrain.probes.multidoc_qa:MultiDocQA",
    "val_document": "longgrain.probes.val_document:ValDocument",
    "val_code": "longgrain.probes.val_code:ValCode",
    "val_database": "longgrain.probes.val_database:ValDatabase",
    "passage_retrieval": "longgrain.probes.passage_retrieval:PassageRetrieval",
    "grain_qa": "longgrain.probes.grain_qa:GrainQA",
    "integration": "longgrain.probes.integration:Integration",
    "order": "longgrain.probes.order:Order",
    "location": "longgrain.probes.location:Location",
    "refusal": "longgrain.probes.refusal:Refusal",
    "self_correction": "longgrain.probes.self_correction:SelfCorrection",
    "style": "longgrain.probes.style:StyleAgainstFacts",
}
