"""The words of turns that hold one fact against another, by language."""

from __future__ import annotations

from longgrain.recipes.dialogue.wording import Wordings

# Two facts of one kind; ``{s}`` is the statement of the second, ``{d}`` their difference.
FACT_REPLY: Wordings = {
    "en": ("It is {a}.", "{A}.", "The {what} is {a}.", "That is {a}.", "There it says {a}."),
    "zh": ("是{a}。", "{a}。", "{what}是{a}。", "那里是{a}。", "写的是{a}。"),
}
MORE: Wordings = {
    "en": (
        "And the {what} in “{s}”: is it more or less than that, and by how much?",
        "How does that compare with the {what} of “{s}”?",
        "Now take “{s}”. Is its {what} larger or smaller than the one you just gave, and what is "
        "the difference?",
        "What is the {what} in “{s}”, and how far is it from your answer?",
        "Set your answer against the {what} in “{s}”. What is the difference?",
    ),
    "zh": (
        "那么“{s}”里的{what}呢？比刚才那个大还是小，相差多少？",
        "这和“{s}”里的{what}相比如何？",
        "再看“{s}”，它的{what}比你刚才说的大还是小？差多少？",
        "“{s}”里的{what}是多少，和你的回答相差多少？",
        "请把你的回答和“{s}”里的{what}比一比，差是多少？",
    ),
}
MORE_DATE: Wordings = {
    "en": (
        "And the {what} in “{s}”: is it earlier or later than that, and by how many years?",
        "How many years lie between that and the {what} of “{s}”, going by the years alone?",
        "Now take “{s}”. Is its {what} before or after the one you just gave, and by how many years?",
        "What is the {what} in “{s}”, and how many years is it from your answer?",
        "Set your answer against the {what} in “{s}”. How many years are between them?",
    ),
    "zh": (
        "那么“{s}”里的{what}呢？比刚才那个早还是晚，相差几年？",
        "只看年份，这和“{s}”里的{what}相隔几年？",
        "再看“{s}”，它的{what}在你刚才说的之前还是之后？差几年？",
        "“{s}”里的{what}是什么，和你的回答相隔几年？",
        "请把你的回答和“{s}”里的{what}比一比，相差几年？",
    ),
}
MORE_REPLY = {
    "en": {
        "more": ("It is {b}, which is {d} more.", "{B}: {d} more than {a}."),
        "less": ("It is {b}, which is {d} less.", "{B}: {d} less than {a}."),
        "later": ("It is {b}, which is {d} later.", "{B}: {d} later than {a}."),
        "earlier": ("It is {b}, which is {d} earlier.", "{B}: {d} earlier than {a}."),
    },
    "zh": {
        "more": ("是{b}，比{a}多{d}。", "那里是{b}，多出{d}。"),
        "less": ("是{b}，比{a}少{d}。", "那里是{b}，少{d}。"),
        "later": ("是{b}，比{a}晚{d}。", "那里是{b}，晚{d}。"),
        "earlier": ("是{b}，比{a}早{d}。", "那里是{b}，早{d}。"),
    },
}
APART: Wordings = {
    "en": (
        "How far apart are the two?",
        "What is the difference between your two answers?",
        "Subtract the smaller of the two from the larger. What is left?",
        "By how much does the second differ from the first?",
        "And between those two, what is the gap?",
    ),
    "zh": (
        "这两个相差多少？",
        "你的两个回答之间差多少？",
        "请用其中大的减去小的，得多少？",
        "后一个和前一个差多少？",
        "两者之间的差距是多少？",
    ),
}
APART_DATE: Wordings = {
    "en": (
        "How many years are the two apart, going by the years alone?",
        "How many years lie between your two answers?",
        "Counting only the years, what is the difference between the two?",
        "By how many years does the second differ from the first?",
        "And between those two, how many years?",
    ),
    "zh": (
        "只看年份，这两个相差几年？",
        "你的两个回答之间隔了几年？",
        "按年份算，两者差多少年？",
        "后一个和前一个相差几年？",
        "两者之间有几年？",
    ),
}
APART_REPLY: Wordings = {
    "en": (
        "They are {d} apart: {a} and {b}.",
        "{D}, since they are {a} and {b}.",
        "The difference between {a} and {b} is {d}.",
        "{A} against {b}: that is {d}.",
        "{D}.",
    ),
    "zh": (
        "相差{d}：分别是{a}和{b}。",
        "{a}与{b}，差{d}。",
        "{a}和{b}之间相差{d}。",
        "一个是{a}，一个是{b}，差{d}。",
        "相差{d}。",
    ),
}
LARGER = {
    "en": {
        "number": (
            "Quote the sentence with the larger of the two.",
            "Which sentence has the higher one? Word for word, please.",
            "Give me the sentence behind the greater of them.",
            "Show me the sentence that the larger one is from.",
            "And the sentence with the bigger of the two, exactly as it stands?",
        ),
        "date": (
            "Quote the sentence with the later of the two.",
            "Which sentence has the later one? Word for word, please.",
            "Give me the sentence behind the later of them.",
            "Show me the sentence that the later one is from.",
            "And the sentence with the later of the two, exactly as it stands?",
        ),
    },
    "zh": {
        "number": (
            "请引出其中较大的那个所在的句子。",
            "较大的一个出自哪一句？请给原句。",
            "两者中大的那个，原话是怎么说的？",
            "请让我看看较大者所在的整句。",
            "含有较大那个数的句子是哪一句？请照原样引出。",
        ),
        "date": (
            "请引出其中较晚的那个所在的句子。",
            "较晚的一个出自哪一句？请给原句。",
            "两者中晚的那个，原话是怎么说的？",
            "请让我看看较晚者所在的整句。",
            "时间较晚的那个在哪一句里？请照原样引出。",
        ),
    },
}
OTHER: Wordings = {
    "en": (
        "And the sentence with the other one?",
        "Now the same for the other of the two.",
        "Please quote the other one's sentence, too.",
        "And where does the remaining one stand? The sentence, please.",
        "Then also the sentence of the other.",
    ),
    "zh": (
        "另一个所在的句子呢？",
        "另外那个也请照样引出。",
        "请把另一个的原句也给我。",
        "剩下那个在哪一句里？请引原句。",
        "那么另一个的句子是什么？",
    ),
}
