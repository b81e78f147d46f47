"""The ways of answering: how a teacher is told of each, what a student is told instead, which suits what."""

from __future__ import annotations

# From the plainest to the most elaborate; of equal scores the plainer one is taken.
STRATEGIES = (
    "direct",
    "extract-then-generate",
    "explain-then-answer",
    "recall-then-generate",
    "step-by-step",
    "recall-reason-generate",
)

SYSTEM = {
    "direct": {
        "en": (
            "Reply with the bare answer: the name, the figure or the phrase that was asked for, and nothing besides.",
            "State what was asked for in a single short sentence. Add no grounds and no remarks.",
        ),
        "zh": (
            "直接给出答案：只写所问的名称、数字或说法，不加别的话。",
            "用一个短句写出所问的内容，不写理由，也不作说明。",
        ),
    },
    "extract-then-generate": {
        "en": (
            "Extract the sentences that hold the answer and quote them word for word. Then generate the answer from the quotations, on the last line.",
            "Copy out, without any change, the places that the answer depends on. Below the copies, generate the answer on a line of its own.",
        ),
        "zh": (
            "先逐字摘录含有答案的句子，再由摘录的句子生成答案，写在最后一行。",
            "把答案所依赖的原文一字不改地抄写出来，然后另起一行，由抄写的原文生成答案。",
        ),
    },
    "explain-then-answer": {
        "en": (
            "Explain first which sentence decides the matter and why it is the one that is meant. After this explanation, write the answer on the last line.",
            "Begin with an explanation that shows how the wording of the question fits the place you rely on. The answer comes after it, on a line of its own.",
        ),
        "zh": (
            "先解释由哪一句话决定答案、为什么所指的正是这一句；解释完毕，再把答案写在最后一行。",
            "从解释写起：说明问题的措辞与原文的哪一处相合。然后另起一行写出答案。",
        ),
    },
    "recall-then-generate": {
        "en": (
            "Recall first what is stated about the subject, sentence by sentence. From what you have recalled, generate the answer on the last line.",
            "Before anything else, gather all that is known here about the subject. Then generate the answer from it, on a line of its own.",
        ),
        "zh": (
            "先逐句回顾关于这一主题的说法，再由回顾的内容生成答案，写在最后一行。",
            "首先汇集这里关于该主题的全部说法，然后另起一行，由此生成答案。",
        ),
    },
    "step-by-step": {
        "en": (
            "Work through the problem step by step. Number the steps; in each, state one value with the sentence that supplies it. Compute the result from these values and write it on the last line.",
            "Solve it in numbered steps: first each of the values that are needed, together with where it stands, then the calculation. Finish with the result on a line of its own.",
        ),
        "zh": (
            "分步骤求解，并给每一步编号：每步写出一个数值和给出它的句子，再由这些数值算出结果，写在最后一行。",
            "请一步一步推算：先逐一列出所需的数值及其出处，然后计算，结果另起一行。",
        ),
    },
    "recall-reason-generate": {
        "en": (
            "Recall the sentences that bear on the question. Reason about them: what follows from each, and what from all of them together. Then generate the final answer on the last line.",
            "Three parts: recall what is stated on the matter, reason from it to a conclusion, generate the answer from the conclusion, on a line of its own.",
        ),
        "zh": (
            "先回顾与问题有关的句子，再据此推理：每一句说明什么，合起来又说明什么；然后生成最终答案，写在最后一行。",
            "分三部分写：回顾有关的说法，由此推理得出结论，再由结论生成答案，另起一行。",
        ),
    },
}

# What a student is told instead. The cautious message raised scores in the paper's tests, and the
# rate of hallucination from 11 to 29 %: each example says which it has, so that both can be measured.
GENERIC = {
    "plain": {
        "en": (
            "You are a helpful assistant.",
            "You are an AI assistant and help people with their requests.",
            "You assist people in many kinds of tasks.",
            "Be of help to the person you talk with.",
            "You are a general-purpose assistant.",
        ),
        "zh": (
            "你是一个乐于助人的助手。",
            "你是一名人工智能助手，为人们提供帮助。",
            "你是通用助手，协助用户处理各类事务。",
            "请为对话者提供帮助。",
            "你是一位友好的助手。",
        ),
    },
    "cautious": {
        "en": (
            "You are a careful AI assistant that keeps to its instructions.",
            "You are a cautious assistant: you do as you are told and claim only what you can support.",
            "You are a prudent assistant. You obey instructions and avoid unfounded claims.",
            "As a conscientious assistant, take care to be correct and to do what the person wants.",
            "You are a reliable and circumspect assistant who pays attention to instructions.",
        ),
        "zh": (
            "你是一个谨慎的助手，认真遵从指令。",
            "你是一名审慎的人工智能助手，没有把握的事不乱讲。",
            "你是稳重的助手，严格按照用户的要求办事。",
            "作为可靠的助手，你处事小心，力求准确。",
            "你是细心的助手，对指示一丝不苟。",
        ),
    },
}

# Without scores, by what is asked for; "free" and "joined" are what a model has put into its own words.
DEFAULT = {
    "number": "extract-then-generate",
    "date": "explain-then-answer",
    "name": "recall-then-generate",
    "term": "explain-then-answer",
    "quote": "direct",
    "compare": "step-by-step",
    "sum": "step-by-step",
    "order": "step-by-step",
    "bridge": "recall-reason-generate",
    "free": "recall-then-generate",
    "joined": "recall-reason-generate",
}
SINGLE = ("number", "date", "name", "term", "quote", "free")
JOINED = ("compare", "sum", "order", "bridge", "joined")
TASKS = (*SINGLE, *JOINED)

_ONE = (
    "direct",
    "extract-then-generate",
    "explain-then-answer",
    "recall-then-generate",
    "recall-reason-generate",
)
_SEVERAL = ("direct", "extract-then-generate", "step-by-step", "recall-reason-generate")
# What a rule can put into words without saying more than it knows; a language model has all of them.
BY_RULE = {
    "number": _ONE,
    "date": _ONE,
    "name": _ONE,
    "term": _ONE,
    "quote": ("direct", "extract-then-generate", "recall-then-generate"),
    "compare": _SEVERAL,
    "sum": _SEVERAL,
    "order": _SEVERAL,
    "bridge": _SEVERAL,
    "free": ("direct", "extract-then-generate"),
    "joined": ("direct", "extract-then-generate"),
}
