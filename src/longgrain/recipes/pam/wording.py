"""The words of self-correction that are longgrain's own, by language: instructions, reasoning, verdicts."""

from __future__ import annotations

# What to do, to reason first, to check afterwards: one of each, in any order.
CHOOSE = {
    "en": (
        "Choose the option that the passages below support.",
        "With the help of the following passages, pick the right option.",
        "A question with options stands after the passages. Find the option that is right.",
        "Going by the passages, decide which of the options at the end is correct.",
        "Read the material and select the option that answers the question.",
    ),
    "zh": (
        "请根据下面的材料选出正确的选项。",
        "请阅读材料，从末尾的选项中选出对的一项。",
        "材料之后有一道选择题，请作出选择。",
        "请依据材料判断末尾的哪个选项正确。",
        "请通读材料，选出能回答问题的选项。",
    ),
}
ANSWER = {
    "en": (
        "Answer the question that follows the passages below.",
        "With the help of the following passages, answer the question at the end.",
        "A question stands after the passages. Give the answer that they support.",
        "Going by the passages, answer the question that comes last.",
        "Read the material and answer the question after it.",
    ),
    "zh": (
        "请根据下面的材料回答末尾的问题。",
        "请阅读材料，回答材料之后的问题。",
        "材料之后有一个问题，请依据材料作答。",
        "请依据材料，答出最后的问题。",
        "请通读材料，再回答问题。",
    ),
}
THINK = {
    "en": (
        "Set out your reasoning before you give the answer.",
        "Show first how you arrive at your answer.",
        "State the evidence before the conclusion.",
        "Explain your thinking first.",
        "Begin with what your answer rests on.",
    ),
    "zh": (
        "作答之前，先写出推理过程。",
        "请先说明你是怎样得出答案的。",
        "先给出依据，再下结论。",
        "请先讲清思路。",
        "请从答案所依据的内容写起。",
    ),
}
CHECK = {
    "en": (
        "Look at your answer once more and say whether it holds.",
        "Check your answer before you finish, and put it right if need be.",
        "Do not stop at the first answer: test it, and correct it where it fails.",
        "Judge your own answer, and mend it if it is wrong.",
        "Verify what you have answered, and replace it if it turns out to be false.",
    ),
    "zh": (
        "写出答案后请再检查一遍，说明它是否成立。",
        "结束之前请核对自己的答案，有错就改正。",
        "不要停在第一个答案上：请检验它，错了就更正。",
        "请对自己的答案作出判断，不对的话请改过来。",
        "请验证所给的答案，如果不成立就换掉它。",
    ),
}
QUESTION = {"en": "Question: ", "zh": "问题："}

# What stands before a quoted sentence, and what stands between it and the answer.
FIRST = {
    "en": (
        ("The passages say:", "So the answer is"),
        ("One sentence speaks of this:", "That makes the answer"),
        ("This is what I find:", "From this I take the answer to be"),
        ("The sentence that matters reads:", "Hence the answer is"),
        ("Looking through the passages, I come to this:", "It gives the answer"),
    ),
    "zh": (
        ("材料中写道：", "所以答案是"),
        ("有一句谈到了这一点：", "由此可知，答案是"),
        ("我找到的是这一句：", "据此，我的答案是"),
        ("关键的一句是：", "因此答案是"),
        ("通读材料，看到这样一句：", "这样看来，答案是"),
    ),
}
AGAIN = {
    "en": (
        ("The sentence that answers the question is this one:", "So the answer is"),
        ("Reading again, I find the right place:", "That makes the answer"),
        ("What fits the question is another sentence:", "From this I take the answer to be"),
        ("The question is about what is said here:", "Hence the answer is"),
        ("Going back to the passages, I see:", "It gives the answer"),
    ),
    "zh": (
        ("真正回答问题的是这一句：", "所以答案是"),
        ("重读材料，找到了正确的地方：", "由此可知，答案是"),
        ("与问题相符的是另一句：", "据此，我的答案是"),
        ("问题所问的，是这里的内容：", "因此答案是"),
        ("回到材料，可以看到：", "这样看来，答案是"),
    ),
}
# Between a model's own reasoning and its answer.
SO = {
    "en": ("So the answer is", "The answer, then, is", "Hence the answer is"),
    "zh": ("所以答案是", "因此答案是", "由此可知，答案是"),
}

# Pairs with one number begin alike, so that how a verdict begins does not tell what it will be.
RIGHT = {
    "en": (
        "I check this answer against the passages: it is right.",
        "On a second look, the answer above is correct.",
        "Going over it again, I see nothing wrong with this answer.",
        "Verification: the answer given above stands.",
        "I have read the passages once more, and the answer is right.",
    ),
    "zh": (
        "对照材料再看一遍，这个答案是对的。",
        "再核对一次，上面的答案正确。",
        "重新检查，没有看到这个答案有错。",
        "验证：上面的答案成立。",
        "我又读了一遍材料，答案没有问题。",
    ),
}
WRONG = {
    "en": (
        "I check this answer against the passages: it is wrong.",
        "On a second look, the answer above is not correct.",
        "Going over it again, I see that this answer is mistaken.",
        "Verification: the answer given above does not stand.",
        "I have read the passages once more, and the answer is wrong.",
    ),
    "zh": (
        "对照材料再看一遍，这个答案是错的。",
        "再核对一次，上面的答案不正确。",
        "重新检查，可以看到这个答案有误。",
        "验证：上面的答案不成立。",
        "我又读了一遍材料，答案有问题。",
    ),
}
