"""The words around outlines, sections and questions about them, by language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from longgrain.recipes.asking import Asking

ASKING = Asking(
    name="longgrain.hierarchy",
    gap={
        "en": (
            "At some place this part says “{s}”. With what {what}?",
            "This part has the sentence “{s}”. What is its {what}?",
            "Go to the sentence “{s}” and give its {what}.",
            "What {what} does the document have at the place “{s}”?",
            "Somewhere in this part stands “{s}”. Fill in the {what}.",
        ),
        "zh": (
            "这部分有处写着“{s}”，那里的{what}是什么？",
            "请找到“{s}”所在的地方，写出其中的{what}。",
            "文件里“{s}”那处的{what}是什么？",
            "这部分里有“{s}”，请填上{what}。",
            "读到“{s}”时，原处的{what}是什么？",
        ),
    },
    whole={
        "en": (
            "Within this part of the document: {q}",
            "A detail of this part: {q}",
            "Down to the single sentence: {q}",
            "In the part you have read: {q}",
            "Closely read: {q}",
        ),
        "zh": (
            "在文件的这部分里：{q}",
            "这部分的细节：{q}",
            "细看这部分：{q}",
            "就所读的部分而言：{q}",
            "具体到句子：{q}",
        ),
    },
)

Wordings = Mapping[str, Sequence[str]]

READ: Wordings = {
    "en": (
        "Read the part of a document below and answer the question after it.",
        "Below is part of a document. A question about it follows.",
        "Study the following pages, then answer the question at their end.",
        "The question at the end is about the pages that stand before it.",
        "Use the pages below to answer the question.",
    ),
    "zh": (
        "阅读下面文件中的一部分，回答其后的问题。",
        "下面是一份文件中的部分内容，之后有一个与它有关的问题。",
        "请先通读下面的内容，再回答末尾的问题。",
        "末尾的问题针对前面的内容，请作答。",
        "请根据下面的内容回答问题。",
    ),
}
LOCAL: Wordings = {
    "en": (
        "Passages of one or more documents stand below; a question follows them. Answer it.",
        "Answer the question at the end from the passages before it.",
        "Find in the passages below what the question asks for.",
        "A question follows these passages. Reply briefly.",
        "Look through the material below and answer the question after it.",
    ),
    "zh": (
        "下面是一份或多份文件中的段落，之后有一个问题，请作答。",
        "请根据前面的段落回答最后的问题。",
        "请在下面的段落里找出问题所问的内容。",
        "段落之后有一个问题，请简要回答。",
        "请查阅下面的材料，回答其后的问题。",
    ),
}
SUMMED: Wordings = {
    "en": (
        "Summaries of neighbouring sections stand below under their headings. Sum them up as one.",
        "From these summaries of its sections, write one of the whole part.",
        "Combine the section summaries below into a shorter account of the part that they make up.",
        "Each heading below is followed by a summary of its section. Give the substance of all together.",
        "Read the summaries and say in brief what the part says as a whole.",
    ),
    "zh": (
        "下面按标题列出相邻各节的摘要，请把它们合成一份摘要。",
        "请根据各节的摘要，写出整个部分的摘要。",
        "请把下面各节的摘要归并成一份更短的说明。",
        "每个标题下面是该节的摘要，请概括它们合起来的内容。",
        "阅读这些摘要，扼要说明整个部分的内容。",
    ),
}
OUTLINE_ASKED: Wordings = {
    "en": (
        "Give an outline of {name}.",
        "How is {name} built up? List its headings, indented by level.",
        "What are the sections of {name}, in order and by level?",
        "Set down the structure of {name} as an indented list.",
        "I need a table of contents of {name}.",
    ),
    "zh": (
        "请列出{name}的提纲。",
        "{name}的结构是怎样的？请按层次缩进列出标题。",
        "{name}依次有哪些小节？请分层列出。",
        "请用缩进列表写出{name}的结构。",
        "我需要{name}的目录。",
    ),
}
# For what has no headings, its entries are sentences.
TOLD_ASKED: Wordings = {
    "en": (
        "Give an outline of {name}: for each part the sentence that says most, in order.",
        "Which sentences tell the course of {name}, part by part?",
        "List for each part of {name} its most telling sentence.",
        "Outline {name} by one sentence of each of its parts.",
        "What are the stations of {name}? Give a sentence of the text for each.",
    ),
    "zh": (
        "请列出{name}的提纲：每一部分依次取一句最能说明内容的原句。",
        "哪些原句能逐段说明{name}的经过？",
        "请为{name}的每一部分列出一句最有代表性的原句。",
        "请用每一部分中的一句原文列出{name}的提纲。",
        "{name}依次讲了哪些内容？每部分给出一句原文。",
    ),
}
UNDER_ASKED: Wordings = {
    "en": (
        "Which headings stand directly under “{title}”, in order?",
        "Into which sections is “{title}” divided?",
        "List the headings one level below “{title}”.",
        "What are the immediate subsections of “{title}”?",
        "Name the parts that “{title}” consists of, by their headings.",
    ),
    "zh": (
        "“{title}”之下依次有哪些标题？",
        "“{title}”分为哪些小节？",
        "请列出“{title}”下一级的标题。",
        "“{title}”直接包含哪些小节？",
        "“{title}”由哪几部分组成？请写出它们的标题。",
    ),
}
NEXT_ASKED: Wordings = {
    "en": (
        "Which section of the same level follows “{title}”?",
        "What is the heading of the section right after “{title}”, on its level?",
        "After “{title}” comes which section of the same rank?",
        "Name the section that comes next after “{title}” on the same level.",
        "With which heading does the document go on once “{title}” is over, on the same level?",
    ),
    "zh": (
        "与“{title}”同级的下一节是什么？",
        "紧接在“{title}”之后的同级标题是什么？",
        "“{title}”之后是哪一节（同级）？",
        "请写出“{title}”后面同级的那一节的标题。",
        "“{title}”结束之后，同一层次接着的标题是什么？",
    ),
}
TITLE_ASKED: Wordings = {
    "en": (
        "Which heading of “{document}” does the passage that begins “{opening}” stand under?",
        "What is the passage of “{document}” headed that opens with “{opening}”?",
        "Give the heading of the section of “{document}” that begins “{opening}”.",
        "In “{document}” a section begins “{opening}”. What is its heading?",
        "How is the section of “{document}” entitled whose first words are “{opening}”?",
    ),
    "zh": (
        "《{document}》中以“{opening}”开头的这一段，标题是什么？",
        "《{document}》里开头是“{opening}”的一节叫什么？",
        "请写出《{document}》中以“{opening}”起首的那一节的标题。",
        "《{document}》有一节以“{opening}”开头，它的标题是什么？",
        "《{document}》中第一句为“{opening}”的一节，应冠以什么标题？",
    ),
}
PARAGRAPH_ASKED: Wordings = {
    "en": (
        "With which sentence does the paragraph of “{title}” begin that says “{words} …”?",
        "One paragraph of “{title}” says “{words} …”. What is its first sentence?",
        "Quote the sentence that opens the paragraph of “{title}” in which “{words} …” is said.",
        "Find the paragraph of “{title}” with the words “{words} …” and give its opening sentence.",
        "“{words} …” is said in the course of a paragraph of “{title}”. How does that paragraph open?",
    ),
    "zh": (
        "“{title}”中说到“{words}……”的那一段，第一句是什么？",
        "“{title}”里有一段写着“{words}……”，这一段以哪句话开头？",
        "请引用“{title}”中含有“{words}……”的那一段的首句。",
        "请在“{title}”中找到写有“{words}……”的段落，给出它的开头一句。",
        "“{words}……”出现在“{title}”的某一段中间，那一段是怎样开头的？",
    ),
}
WHERE_ASKED: Wordings = {
    "en": (
        "Where in “{document}” is it said: “{words} …”? Name the section and quote the whole sentence.",
        "Under which heading of “{document}” does the sentence stand that begins “{words}”, and how does it go on?",
        "“{words} …”: which section of “{document}” says so, and in which words?",
        "Find the place in “{document}” that reads “{words} …”. Give its heading and the sentence.",
        "In what section does “{document}” say “{words} …”? Quote it.",
    ),
    "zh": (
        "《{document}》在哪里说过“{words}……”？请写出所在的章节，并引用整句。",
        "《{document}》中以“{words}”开头的那句话在哪个标题之下？后面怎么说？",
        "“{words}……”这句话出自《{document}》的哪一节？原话是什么？",
        "请在《{document}》中找到“{words}……”这一处，给出标题和原句。",
        "《{document}》的哪一节写着“{words}……”？请引用。",
    ),
}
ORDER_ASKED: Wordings = {
    "en": (
        "In which order do these stand in {name}?",
        "Put the following into the order in which {name} has them.",
        "These {what} of {name} are shuffled. What is their true order?",
        "Sort these as they follow each other in {name}.",
        "Give the right order of these {what} of {name}.",
    ),
    "zh": (
        "下列各项在{name}中的先后次序是怎样的？",
        "请按{name}中的次序排列下列各项。",
        "{name}的这些{what}被打乱了，正确的次序是什么？",
        "请把下列各项按它们在{name}中出现的先后排好。",
        "请给出{name}中这些{what}的正确次序。",
    ),
}
SUMMARY_ASKED: Wordings = {
    "en": (
        "What does {name} say as a whole?",
        "Sum up {name}.",
        "Give the substance of {name} in brief.",
        "What are the main statements of {name}?",
        "Write a summary of {name}.",
    ),
    "zh": (
        "{name}总的来说讲了什么？",
        "请概括{name}。",
        "请扼要给出{name}的要旨。",
        "{name}的主要内容有哪些？",
        "请写出{name}的摘要。",
    ),
}
WHERE_TOLD: Wordings = {
    "en": ("It stands under “{path}”: “{quote}”", "Under “{path}”, which says: “{quote}”"),
    "zh": ("在“{path}”之下，原话是：“{quote}”", "出自“{path}”：“{quote}”"),
}
# What the outline of a document is introduced by; {document} is its title.
CONTENTS = {"en": "Outline of “{document}”:\n", "zh": "《{document}》的提纲：\n"}
QUESTION = {"en": "Question: ", "zh": "问题："}
WHAT = {
    "en": {"titles": "headings", "sentences": "sentences"},
    "zh": {"titles": "标题", "sentences": "句子"},
}
NAMED = {"en": "“{words}” ({document})", "zh": "《{document}》中的“{words}”"}
RANGE = {
    "en": "the part of “{document}” from “{first}” to “{last}”",
    "zh": "《{document}》中从“{first}”到“{last}”的部分",
}
