"""The words of answers by rule that are longgrain's own, by language and strategy."""

from __future__ import annotations

EXTRACT = {
    "en": (
        "This is stated in the passages:",
        "The passages have this on it:",
        "From the passages:",
        "The decisive words are these:",
        "What the answer depends on:",
    ),
    "zh": (
        "材料中的原文如下：",
        "材料里写着：",
        "相关的原文是：",
        "决定答案的是这些话：",
        "答案取决于以下内容：",
    ),
}
# {block} are words that question and sentence have in common, {kind} is what is asked for.
EXPLAIN = {
    "en": (
        (
            "The words “{block}” of the question stand in this sentence, too:",
            "The question asks for the {kind} there, and that is {gold}.",
        ),
        (
            "One sentence fits the question, since it has its words “{block}”:",
            "Where the question leaves the {kind} open, the sentence has {gold}.",
        ),
        (
            "What is asked can be told by “{block}”, which this sentence says as well:",
            "It supplies the {kind}: {gold}.",
        ),
        (
            "The question is about “{block}”. So is this sentence:",
            "The {kind} that it gives is {gold}.",
        ),
        (
            "The place that is meant can be found by “{block}”:",
            "The {kind} in this sentence is {gold}.",
        ),
    ),
    "zh": (
        ("问题中的“{block}”也见于这句话：", "问题所问的{kind}，这里是{gold}。"),
        ("有一句话与问题相合，因为它也写着“{block}”：", "问题所缺的{kind}，在这句话里是{gold}。"),
        ("从“{block}”可以认出所问的地方：", "它给出的{kind}是{gold}。"),
        ("问题说的是“{block}”，这句话说的也是：", "其中的{kind}是{gold}。"),
        ("凭“{block}”能找到所指的那一句：", "这句话里的{kind}是{gold}。"),
    ),
}
RECALL = {
    "en": (
        "On this subject the passages state:",
        "This is what is known of it from the passages:",
        "The passages say about it:",
        "What can be read on this:",
        "To bring it to mind, the passages have this:",
    ),
    "zh": (
        "关于这一点，材料中说：",
        "从材料中可以知道：",
        "材料对此是这样写的：",
        "与此有关的内容有：",
        "先回顾一下材料的说法：",
    ),
}
REASON = {
    "en": (
        "Of these, number {place} is about what was asked; it gives {gold}.",
        "Number {place} is the one that fits the question, so the {kind} is {gold}.",
        "The question is met by number {place}, and the {kind} there is {gold}.",
    ),
    "zh": (
        "其中第{place}句正是所问的，它给出的是{gold}。",
        "与问题相符的是第{place}句，所以{kind}是{gold}。",
        "问题对应第{place}句，那里的{kind}是{gold}。",
    ),
}
GIVES = {"en": "This gives {value}.", "zh": "由此得到{value}。"}
HIDES = {
    "en": "The name that the statement leaves out is {name}.",
    "zh": "空缺处的名字是{name}。",
}
LEADS = {
    "en": "This sentence has the name {name} as well, and it gives {value}.",
    "zh": "这句话也提到{name}，给出的是{value}。",
}
SORTED = {
    "en": {
        "up": "From the smallest to the largest: {items}.",
        "down": "From the largest to the smallest: {items}.",
        "date up": "From the earliest to the latest: {items}.",
        "date down": "From the latest to the earliest: {items}.",
    },
    "zh": {
        "up": "从小到大排列：{items}。",
        "down": "从大到小排列：{items}。",
        "date up": "从早到晚排列：{items}。",
        "date down": "从晚到早排列：{items}。",
    },
}
KINDS = {
    "en": {
        "number": "number",
        "date": "date",
        "name": "name",
        "term": "expression",
        "term:code": "code",
        "term:title": "title",
    },
    "zh": {
        "number": "数字",
        "date": "日期",
        "name": "名称",
        "term": "说法",
        "term:code": "代码",
        "term:title": "书名或篇名",
    },
}
