"""A finished run > files that a trainer reads, one file a format; a line here puts it on the shelf.

An export is a frozen dataclass whose fields are its settings, with a class variable ``name`` and
``write(run, folder)``, which gives the paths it wrote. Of the run it uses ``examples(side)``,
``rows(side)`` and ``texts()``, each read as a stream, so memory does not grow with the run.
"""

SHELF = {
    "jsonl": "longgrain.exports.jsonl:Jsonl",
    "parquet": "longgrain.exports.parquet:Parquet",
    "hf": "longgrain.exports.hf:Hf",
    "trl": "longgrain.exports.trl:Trl",
    "dpo": "longgrain.exports.dpo:Dpo",
    "axolotl": "longgrain.exports.axolotl:Axolotl",
    "llamafactory": "longgrain.exports.llamafactory:LlamaFactory",
    "ms_swift": "longgrain.exports.ms_swift:MsSwift",
    "megatron": "longgrain.exports.megatron:Megatron",
    "openai": "longgrain.exports.openai:OpenAI",
    "arrays": "longgrain.exports.arrays:Arrays",
    "task": "longgrain.exports.task:Task",
    "review": "longgrain.exports.review:Review",
}
