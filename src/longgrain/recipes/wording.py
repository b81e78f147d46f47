"""The words around a context that are longgrain's own, by language."""

INSTRUCTIONS = {
    "en": (
        "Read the passages below and answer the question that follows them.",
        "The passages below come from one or more documents. Answer the question after them.",
        "Use what the following passages say to answer the question at the end.",
        "A question follows these passages. Answer it from what they say.",
        "Study the material below, then answer the question at its end briefly.",
    ),
    "zh": (
        "阅读下面的材料，回答材料后面的问题。",
        "下面的段落出自一份或多份文档，请回答段落之后的问题。",
        "请依据下列材料的内容，回答最后的问题。",
        "材料之后有一个问题，请根据材料所说作答。",
        "请先通读下面的内容，再简要回答末尾的问题。",
    ),
}
QUESTION = {"en": "Question: ", "zh": "问题："}
