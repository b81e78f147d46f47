"""The words of imitated tasks that are longgrain's own, by language: instructions, questions in the manner of seeds."""

from __future__ import annotations

from longgrain.recipes.asking import Asking

# How a seed asks: a question, or an instruction to name something.
QUESTION = Asking(
    name="longgrain.imitate",
    gap={
        "en": (
            "Going by the documents, which {what} completes “{s}”?",
            "“{s}”: which {what} do the documents have there?",
            "Which {what} does one read in the documents where this has a gap: “{s}”?",
            "What is the {what} of which the documents say “{s}”?",
            "Which {what} turns “{s}” into what is written in the documents?",
        ),
        "zh": (
            "文档里“{s}”一处写的是哪个{what}？",
            "“{s}”，文档中这里是什么{what}？",
            "按文档所载，“{s}”缺的是哪个{what}？",
            "文档说到“{s}”，其中的{what}是什么？",
            "把“{s}”还原成文档的原样，要用哪个{what}？",
        ),
    },
    whole={
        "en": (
            "As the documents have it: {q}",
            "{q} (as written in the documents)",
            "By the documents, {q}",
            "From these documents: {q}",
            "{q} What do the documents state?",
        ),
        "zh": (
            "按文档所载：{q}",
            "{q}（以文档为准）",
            "就这些文档而言，{q}",
            "文档里是怎么写的：{q}",
            "{q}文档的说法是什么？",
        ),
    },
)
INSTRUCTION = Asking(
    name="longgrain.imitate.told",
    gap={
        "en": (
            "Name the {what} with which the documents complete “{s}”.",
            "State, by the documents, the {what} in “{s}”.",
            "Write down the {what} that the documents have in “{s}”.",
            "Restore the {what} of “{s}” from the documents.",
            "Look for “{s}” in the documents and copy out its {what}.",
        ),
        "zh": (
            "写出文档中“{s}”空着的{what}。",
            "依文档说出“{s}”里的{what}。",
            "请从文档里抄出“{s}”的{what}。",
            "按文档还原“{s}”中的{what}。",
            "在文档里找到“{s}”，并写下其中的{what}。",
        ),
    },
    whole={
        "en": (
            "State this by the documents: {q}",
            "Write down what the documents have: {q}",
            "Name it by the documents. {q}",
            "Look this up in the documents and state it: {q}",
            "Copy the answer out of the documents: {q}",
        ),
        "zh": (
            "依文档写出：{q}",
            "请从文档里抄出答案：{q}",
            "按文档说明：{q}",
            "在文档里查明后写下：{q}",
            "请照文档写明：{q}",
        ),
    },
)
INSTRUCTIONS = {
    "en": (
        "Here are documents for a task that comes after them. Do it in the same way for each.",
        "The documents below belong to the task behind them. Keep to what they say.",
        "Do the task at the end with the documents that come first.",
        "First some documents, then a task. Solve the task with them.",
        "What follows is material for the task that closes this message.",
    ),
    "zh": (
        "下面先给出文档，再给出任务，请据文档完成任务。",
        "以下文档供末尾的任务使用，请以文档所述为准。",
        "请用前面的文档完成最后的任务。",
        "先是几段文档，然后是一项任务，请作答。",
        "下列文档是为最后一项任务准备的。",
    ),
}
TASK = {"en": "Task: ", "zh": "任务："}
