"""The words around the parts of a document: instructions, heads, empty notes, by language."""

from __future__ import annotations

from longgrain.recipes.asking import Asking

ASKING = Asking(
    name="longgrain.multistage",
    gap={
        "en": (
            "Find the {what} that “{s}” should have.",
            "Search the parts for the {what} missing in “{s}”.",
            "Some part completes “{s}”. With what {what}?",
            "What is the {what} in “{s}”, wherever it stands?",
            "Go through the parts until you have the {what} for “{s}”.",
        ),
        "zh": (
            "请查出“{s}”应有的{what}。",
            "请在各部分里寻找“{s}”所缺的{what}。",
            "有的部分能补全“{s}”，补上的{what}是什么？",
            "无论写在哪里，“{s}”的{what}是什么？",
            "请逐部分查看，直到得出“{s}”的{what}。",
        ),
    },
    whole={
        "en": (
            "Search all parts: {q}",
            "Somewhere in the parts: {q}",
            "To be found in some part: {q}",
            "Go through the parts for this: {q}",
            "Wherever it stands: {q}",
        ),
        "zh": (
            "请查遍各部分：{q}",
            "答案在其中某处：{q}",
            "请到各部分里找：{q}",
            "逐部分查看：{q}",
            "无论写在哪里：{q}",
        ),
    },
)

NOTHING = {
    "en": (
        "Nothing on this here.",
        "This part has nothing on it.",
        "No note: it does not come up here.",
        "Nothing to note in this part.",
        "Not touched on in this part.",
    ),
    "zh": (
        "这一部分没有相关内容。",
        "此处没有涉及。",
        "这里没有可记的。",
        "本部分未提到。",
        "没有与问题有关的内容。",
    ),
}
NOTHING_SO_FAR = {
    "en": (
        "Nothing so far.",
        "No finds yet.",
        "Nothing has come up yet.",
        "Still nothing to note.",
        "So far there is nothing on it.",
    ),
    "zh": (
        "到目前为止没有。",
        "还没有发现。",
        "尚未出现相关内容。",
        "仍然没有可记的。",
        "目前还没有找到。",
    ),
}
IN_NOTES = {"en": "(part {part}) ", "zh": "（第{part}部分）"}
HEAD = {"en": "Part {part} of {of}", "zh": "第{part}部分，共{of}部分"}
NOTES_HEAD = {"en": "Notes on part {part}", "zh": "第{part}部分的笔记"}
STATE_HEAD = {"en": "Notes so far", "zh": "已有笔记"}
NO_STATE = {"en": "(none; this is the first part)", "zh": "（无，这是第一部分）"}
PLAN_HEAD = {"en": "Plan", "zh": "计划"}
PARTS_HEAD = {"en": "Parts", "zh": "各部分"}
QUESTION = {"en": "Question: ", "zh": "问题："}
STEP = {"en": "{n}. Part {part}{heading}: {sub}", "zh": "{n}. 第{part}部分{heading}：{sub}"}
LAST_STEP = {"en": "{n}. {sub}", "zh": "{n}. {sub}"}
HEADED = {"en": " ({heading})", "zh": "（{heading}）"}
STEP_ASKED = {
    "en": "{question} Carry out step {n}: {sub}",
    "zh": "{question}现在执行第{n}步：{sub}",
}
MAP_ASKED = {
    "en": "{question} Note what part {part} of {of} has on this.",
    "zh": "{question}请记下全部{of}部分中第{part}部分与此有关的内容。",
}
REFINE_ASKED = {
    "en": "{question} Bring the notes up to date with part {part} of {of}.",
    "zh": "{question}请用全部{of}部分中的第{part}部分更新笔记。",
}
REDUCE_ASKED = {
    "en": "{question} The notes on all {of} parts are complete.",
    "zh": "{question}全部{of}部分的笔记都已齐备。",
}
FINISH_ASKED = {
    "en": "{question} All {of} parts have gone into the notes.",
    "zh": "{question}全部{of}部分都已写入笔记。",
}
PLAN_ASKED = {
    "en": "{question} Make a plan of steps over the {of} parts first.",
    "zh": "{question}请先就这{of}部分订一个分步计划。",
}
CONCLUDE_ASKED = {
    "en": "{question} Every step but the last is done; carry out step {n}.",
    "zh": "{question}前面各步都已完成，请执行最后的第{n}步。",
}
FINALLY = {
    "en": (
        "Those were all parts. Answer the question now.",
        "That was the last part. What is the answer?",
        "Everything has been read. Please answer.",
        "No parts are left; give the answer from your notes.",
        "You have seen all parts. Now answer.",
    ),
    "zh": (
        "各部分已全部给出，请回答问题。",
        "这是最后一部分。答案是什么？",
        "已经读完，请作答。",
        "没有更多部分了，请根据笔记回答。",
        "全部看过了，现在请回答。",
    ),
}
INSTRUCTIONS = {
    "en": {
        "map": (
            "A long document is read part by part. Take notes on this part for the question; do "
            "not answer it yet.",
            "You see one part of a long document. Write down what it contributes to the question, "
            "or that it contributes nothing.",
            "Read this part of a document and note what matters for the question. Others read the "
            "other parts.",
            "Below is a part of a document that is too long to be read at once. Note what it has "
            "on the question.",
            "Go through this part and keep what the question needs, word for word where it is "
            "quoted.",
        ),
        "reduce": (
            "A long document was read in parts. Answer the question from the notes on them.",
            "Below are notes on all parts of a document. Use them to answer the question.",
            "The parts of a document have been noted down separately. Bring the notes together "
            "and answer.",
            "Combine the notes below into one answer to the question.",
            "You have not read the document, only these notes on its parts. Answer from them.",
        ),
        "refine": (
            "A long document is read part by part. Bring the notes up to date with this part.",
            "Here are the notes so far and the next part of the document. Rewrite the notes so "
            "that they cover both.",
            "Read on: take the notes over, and add or change what this part calls for.",
            "Continue the notes with the part below. Keep what still holds.",
            "You keep running notes on a long document. Update them with this part.",
        ),
        "step": (
            "A question about a long document is worked out step by step.",
            "Solve the task below in steps, one part of the document at a time.",
            "The document is too long to be read at once, so the question is taken in steps.",
            "Work through the parts in order and do only what the step asks for.",
            "Proceed by a plan: one short step for each part, then the conclusion.",
        ),
        "trace": (
            "I will give you a long document in parts. Deal with each part as it comes, and "
            "answer when all have been read.",
            "The document comes in several messages. Keep track of what the question needs, and "
            "answer at the end.",
            "You will get one part after another. Reply to each with what matters for the "
            "question; the answer comes last.",
            "Read with me, part by part. After each one say what you have, and in the end answer.",
            "The parts of a long document follow. Work through them with the question in mind.",
        ),
    },
    "zh": {
        "map": (
            "一份长文档分部分来读。请为问题在这一部分做笔记，先不要作答。",
            "下面是长文档的一部分。请写下它对问题有什么用；没有就说没有。",
            "请读文档的这一部分，记下与问题有关的内容。其余部分由别人来读。",
            "文档太长，不能一次读完。请记下这一部分与问题有关的内容。",
            "通读这一部分，留下问题需要的内容，引用时一字不改。",
        ),
        "reduce": (
            "一份长文档已分部分读完。请根据各部分的笔记回答问题。",
            "下面是文档各部分的笔记，请用它们回答问题。",
            "文档的各部分已分别做了笔记。请综合起来作答。",
            "请把下面的笔记合成对问题的一个回答。",
            "你没有读过文档，只有各部分的笔记。请根据笔记回答。",
        ),
        "refine": (
            "一份长文档分部分来读。请用这一部分更新笔记。",
            "这里有已有的笔记和文档的下一部分。请改写笔记，使它涵盖两者。",
            "接着读：沿用已有笔记，按这一部分的内容增补或修改。",
            "请根据下面这一部分续写笔记，仍然成立的要保留。",
            "你在为一份长文档做滚动笔记。请用这一部分加以更新。",
        ),
        "step": (
            "一个关于长文档的问题要分步解决。",
            "请分步完成下面的任务，每次处理文档的一个部分。",
            "文档太长，不能一次读完，所以问题分步来做。",
            "按次序处理各部分，只做当前这一步要求的事。",
            "按计划进行：每个部分一小步，最后得出结论。",
        ),
        "trace": (
            "我会把一份长文档分几部分给你。请逐部分处理，全部读完再回答。",
            "文档分几条消息给出。请留意问题需要的内容，最后作答。",
            "你会依次收到各部分。每次回复其中与问题有关的内容，答案放在最后。",
            "我们逐部分来读。每读完一部分就说说你得到了什么，最后回答问题。",
            "下面依次是长文档的各部分。请带着问题逐一处理。",
        ),
    },
}
