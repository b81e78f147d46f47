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

# What a blank hides, by kind of fact and its unit.
WHAT = {
    "en": {
        "number": "number", "number:%": "percentage", "number:$": "amount", "number:£": "amount",
        "number:€": "amount", "number:clock": "time", "date": "date", "date:year": "year",
        "date:month": "month", "name": "name", "term": "term", "term:title": "title",
        "term:code": "code", "quote": "wording",
    },
    "zh": {
        "number": "数字", "number:%": "百分比", "number:$": "金额", "number:￥": "金额",
        "number:clock": "时刻", "date": "日期", "date:year": "年份", "date:month": "年月",
        "name": "名称",
        "term": "词语", "term:title": "篇名", "term:code": "代码", "quote": "原话",
    },
}  # fmt: skip
