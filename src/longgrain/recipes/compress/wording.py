"""The words around sections, compressed texts and tables, by language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Wordings = Mapping[str, Sequence[str]]

EXTRACT: Wordings = {
    "en": (
        "Shorten the section below by keeping its most important sentences as they stand.",
        "Below is a section of a document. Choose the sentences that say most and leave out the rest; do not rewrite them.",
        "Condense the following section. Keep whole sentences, word for word and in their order.",
        "Read the section and give a shorter version made of its own sentences.",
        "Pick from this section the sentences a reader cannot do without, unchanged and in order.",
    ),
    "zh": (
        "请从下面这一节中保留最重要的句子，原样照录，压缩篇幅。",
        "下面是一份文件中的一节。选出信息最多的句子，其余删去，不要改写。",
        "请压缩下面的内容：保留完整的原句，字句和先后次序都不要变。",
        "通读这一节，用其中的原句给出一个较短的版本。",
        "请挑出这一节里读者不可缺少的句子，按原来的次序逐字列出。",
    ),
}
ABSTRACT: Wordings = {
    "en": (
        "Summarise the section below in your own words, with a headline.",
        "Below is a section of a document. Write a headline and a short account of what it says.",
        "Tell briefly what the following section says. Begin with a headline.",
        "Read the section and sum it up for somebody who has no time to read it. Put a headline first.",
        "Give the substance of this section in a headline and a few sentences of your own.",
    ),
    "zh": (
        "请用自己的话概括下面这一节，并拟一个标题。",
        "下面是一份文件中的一节。请拟一个标题，再简要写明它说了什么。",
        "请扼要说明下面这一节的内容，先写一行标题。",
        "通读这一节，为没有时间细读的人作一个概括，开头给出标题。",
        "请用一行标题和几句话写出这一节的要旨，不要照抄原文。",
    ),
}
FOCUSED: Wordings = {
    "en": (
        "First give the part of the text below that bears on the question, then answer it.",
        "A question follows the text. Keep only what matters for it, in the order of the text, and then answer.",
        "Read the text, set down what it says about the question at its end, and answer the question from that.",
        "Shorten the text to what helps with the question below it. Give the answer last.",
        "What of this text is needed to answer the question? Give that, and after it the answer.",
    ),
    "zh": (
        "请先给出下面文字中与问题有关的部分，再作回答。",
        "文字之后有一个问题。请按原来的次序只留下与它有关的内容，然后回答。",
        "通读下面的文字，先列出它关于末尾问题的说法，再据此回答。",
        "请把这段文字压缩到有助于回答后面问题的内容，最后给出答案。",
        "要回答后面的问题，需要这段文字里的哪些内容？请先写出来，再写答案。",
    ),
}
ANSWER: Wordings = {
    "en": (
        "Below is a shortened version of a longer text. Answer the question from it.",
        "The following was cut down from a longer text. Use it to answer the question at the end.",
        "Read this abridged text and answer the question after it.",
        "Sentences chosen from a longer text stand below. A question follows them; answer it.",
        "Answer the question from this condensed text.",
    ),
    "zh": (
        "下面是一篇较长文字的压缩版，请据此回答问题。",
        "以下内容由较长的文字删减而成，请用它回答最后的问题。",
        "阅读这份节录，回答其后的问题。",
        "下面是从一篇长文中选出的句子，句子之后有一个问题，请作答。",
        "请根据这份压缩后的内容回答问题。",
    ),
}
ENTITIES: Wordings = {
    "en": (
        'List the entities of the section below with their attributes, and the relations between them, as one JSON object with "entities" and "relations".',
        'Turn the following section into JSON: under "entities" what it names, each with name, type and attributes; under "relations" how these hang together.',
        'Extract what this section names and how it is related. Reply with JSON that has "entities" and "relations".',
        'Read the section and set down its persons, places, organisations, terms and provisions as "entities" and the ties between them as "relations", in JSON.',
        'Give the structure of this section as JSON: "entities" (name, type, attributes) and "relations" (subject, relation, object).',
    ),
    "zh": (
        "请列出下面这一节中的实体及其属性，以及实体之间的关系，写成一个含有 entities 和 relations 的 JSON 对象。",
        "请把下面的内容转成 JSON：entities 列出其中提到的对象，各有 name、type、attributes；relations 列出它们之间的联系。",
        "请抽取这一节提到的对象及其关系，用含 entities 与 relations 的 JSON 作答。",
        "通读这一节，把其中的人物、地点、机构、术语、条款写入 entities，把它们之间的联系写入 relations，输出 JSON。",
        "请用 JSON 给出这一节的结构：entities（name、type、attributes）和 relations（subject、relation、object）。",
    ),
}
# What is asked of a section; {title}, {size} in words or characters.
SECTION_ASKED: Wordings = {
    "en": (
        "Bring {title} down to at most {size} words.",
        "What are the essentials of {title}, in no more than {size} words?",
        "Give me {title} in {size} words or fewer.",
        "I need a version of {title} that has at most {size} words.",
        "Shorten {title}; {size} words are the limit.",
    ),
    "zh": (
        "请把{title}压缩到{size}字以内。",
        "{title}的要点是什么？不超过{size}字。",
        "请用至多{size}字给出{title}的内容。",
        "我需要一份不超过{size}字的{title}。",
        "请缩短{title}，以{size}字为限。",
    ),
}
TABLE_ASKED: Wordings = {
    "en": (
        "Which entities does {title} name, and how are they related?",
        "Give the entities and relations of {title}.",
        "Extract the entities of {title} with their attributes and relations.",
        "What does {title} name, and what does it say of each?",
        "Make a table of the entities and relations in {title}.",
    ),
    "zh": (
        "{title}提到了哪些实体？它们之间有什么关系？",
        "请给出{title}的实体和关系。",
        "请抽取{title}中的实体、属性和关系。",
        "{title}提到了什么？分别有哪些属性？",
        "请把{title}中的实体和关系整理成表。",
    ),
}
KEEP = {
    "en": " Keep every sentence with {kinds}.",
    "zh": "凡含有{kinds}的句子都要保留。",
}
TITLE = {"en": "“{words}”", "zh": "“{words}”"}
OPENING = {"en": "the passage that begins “{words}”", "zh": "以“{words}”开头的一段"}
OF = {"en": "“{words}” ({document})", "zh": "《{document}》中的“{words}”"}
QUESTION = {"en": "Question: ", "zh": "问题："}
ANSWERS = {"en": "\n\nAnswer: ", "zh": "\n\n答案："}
BEARING = {"en": "What bears on the question:\n\n", "zh": "与问题有关的内容：\n\n"}
LEAD = {"en": "In brief:\n\n", "zh": "节录如下：\n\n"}
KIND = {
    "en": {
        **{"numbers": "a number", "dates": "a date", "names": "a name"},
        **{"negations": "a negation", "obligations": "an obligation"},
    },
    "zh": {
        **{"numbers": "数字", "dates": "日期", "names": "专名"},
        **{"negations": "否定", "obligations": "义务或禁止"},
    },
}
NOTE = {
    "en": ("[Shortened from {of} to {size} words{lost}]", "; left out: ", ", "),
    "zh": ("［由{of}字压缩为{size}字{lost}］", "；略去：", "、"),
}
COUNTED = {
    "en": {
        **{"numbers": "numbers", "dates": "dates", "names": "names"},
        **{"negations": "negations", "obligations": "obligations"},
    },
    "zh": KIND["zh"],
}


def spoken(language: str) -> str:
    """The language of ours in which a document of this one is spoken about."""
    return "zh" if language.startswith("zh") else "en"


def listed(words: Sequence[str], language: str) -> str:
    """A list as people write it: a, b or c."""
    if language == "zh":
        return "、".join(words)
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))
