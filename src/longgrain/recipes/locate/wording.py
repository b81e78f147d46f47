"""The words around numbered passages, by language: what to locate, in which steps, and how to say so."""

from __future__ import annotations

from longgrain.recipes.asking import Asking

ASKING = Asking(
    name="longgrain.locate",
    gap={
        "en": (
            "Locate the {what} that completes “{s}”.",
            "Where is “{s}” complete, and with which {what}?",
            "Point to the place of “{s}” and read off the {what}.",
            "Track down the {what} that is cut out of “{s}”.",
            "“{S}” Find the place first, then the {what}.",
            "Trace “{s}” to its source. Which {what} stands there?",
        ),
        "zh": (
            "请定位能补全“{s}”的{what}。",
            "“{s}”在哪里是完整的，那里的{what}是什么？",
            "请指出“{s}”的所在，再读出那里的{what}。",
            "请追查“{s}”被截去的{what}。",
            "“{S}”请先找到位置，再说出{what}。",
            "请给“{s}”找到来源，那里写的是哪个{what}？",
        ),
    },
    whole={
        "en": (
            "Locate the answer: {q}",
            "Find the place that settles this: {q}",
            "Where is this answered, and how? {q}",
            "Point to what answers this, then answer: {q}",
            "{q} Say where you have it from.",
        ),
        "zh": (
            "请定位答案：{q}",
            "请找出能解答此问的地方：{q}",
            "此问在哪里有解答，答案是什么？{q}",
            "请先指出依据，再作答：{q}",
            "{q}请说明答案从何处得来。",
        ),
    },
)
SEVERAL = Asking(
    name="longgrain.locate",
    gap={},
    whole={
        "en": (
            "Locate every place that this needs: {q}",
            "More than a single place is needed for this: {q}",
            "Gather the places that decide this, then answer: {q}",
            "{q} Say which places this takes together.",
            "Which places have to be put together for this, and what comes out? {q}",
        ),
        "zh": (
            "请找齐所需的各处：{q}",
            "此问只看单独某处不够：{q}",
            "请先汇集有关的各处，再作答：{q}",
            "{q}请说明要合看哪几处。",
            "要把哪几处合起来才能解答，结果是什么？{q}",
        ),
    },
)

# What is to be located, before the lines that a reply has.
INSTRUCTIONS = {
    "index": {
        "en": (
            "Numbered passages follow, then a question. Say the question again, name the passage "
            "that answers it by its number, and answer.",
            "Read the numbered passages. Repeat the question at their end, give the number of the "
            "passage that settles it, then the answer.",
            "Somewhere among these passages a question is answered. First restate it, then point "
            "to the number, then answer.",
            "After the passages comes a question. Keep it in view: write it down once more, find "
            "the number of the passage you need, and only then answer.",
            "Work in this order: the question as it was asked, where the answer is, the answer. The "
            "passages are numbered.",
        ),
        "zh": (
            "下面是带编号的段落，段落之后有一个问题。请先重述问题，再写出能回答它的段落编号，最后作答。",
            "请阅读带编号的段落。先把末尾的问题重复一遍，再给出所依据段落的编号，然后回答。",
            "这些段落中有一处能回答末尾的问题。请先复述问题，再指出编号，再回答。",
            "段落之后有一个问题。为了不忘记它，请先照写一遍，找出所需段落的编号，然后才作答。",
            "请按这个次序来写：原来的问题、答案所在的位置、答案。各段都有编号。",
        ),
    },
    "several": {
        "en": (
            "Numbered passages follow, then a question that several of them answer together. Say the "
            "question again, name those passages by their numbers, and answer.",
            "Read the numbered passages. Repeat the question at their end, give the number of every "
            "passage that it takes, then the answer.",
            "No single passage here settles the question. First restate it, then point to all the "
            "numbers, then answer.",
            "After the passages comes a question. Keep it in view: write it down once more, find the "
            "numbers of all passages you need, and only then answer.",
            "Work in this order: the question as it was asked, all the places that it needs, the "
            "answer. The passages are numbered.",
        ),
        "zh": (
            "下面是带编号的段落，之后的问题要合看其中几段才能回答。请先重述问题，再写出这些段落的编号，最后作答。",
            "请阅读带编号的段落。先把末尾的问题重复一遍，再给出所需每一段的编号，然后回答。",
            "单独某一段不足以回答末尾的问题。请先复述问题，再指出全部编号，再回答。",
            "段落之后有一个问题。为了不忘记它，请先照写一遍，找出所需各段的编号，然后才作答。",
            "请按这个次序来写：原来的问题、所需的各处位置、答案。各段都有编号。",
        ),
    },
    "quote": {
        "en": (
            "Passages follow, then a question. Say the question again, copy the sentence that "
            "answers it, and answer.",
            "Repeat the question that stands behind the passages, bring the decisive sentence word "
            "for word, then the answer.",
            "Restate the question at the end, show the sentence that settles it without changing a "
            "word, and answer briefly.",
            "First the question once more, then the very words that answer it, then the answer: "
            "this is how to reply to the question after the passages.",
            "Write the question down again, quote where the answer stands, and only then answer.",
        ),
        "zh": (
            "下面是若干段落，之后有一个问题。请先重述问题，再照抄能回答它的那一句，最后作答。",
            "请把段落后面的问题重复一遍，逐字写出关键的一句，然后回答。",
            "请先复述末尾的问题，一字不改地列出作为依据的句子，再简短作答。",
            "先把问题再写一遍，再抄下回答它的原话，最后写答案：请这样回答段落之后的问题。",
            "请再写一次问题，引出答案所在的句子，然后才作答。",
        ),
    },
    "path": {
        "en": (
            "Passages follow, each under its headings, then a question. Say the question again, "
            "name the headings over the passage that answers it, and answer.",
            "Repeat the question at the end, say under which headings the answer stands, then give "
            "the answer.",
            "Every passage stands under the path of its headings. Restate the question, give the "
            "path that leads to the answer, and answer.",
            "First the question once more, then the headings under which it is answered, then the "
            "answer.",
            "Write the question down again, name the place by its headings as they are shown, and "
            "only then answer.",
        ),
        "zh": (
            "下面的段落都标有所属的各级标题，之后有一个问题。请先重述问题，再写出能回答它的段落的标题，最后作答。",
            "请把末尾的问题重复一遍，说明答案在哪些标题之下，再给出答案。",
            "每个段落上方都有标题路径。请复述问题，写出通向答案的路径，再作答。",
            "先把问题再写一遍，再写出答案所属的标题，最后写答案。",
            "请再写一次问题，按所示的标题指明位置，然后才作答。",
        ),
    },
    "support": {
        "en": (
            "Numbered passages follow, and behind them what somebody wrote. Say for each statement "
            "which passages support it, or that none does.",
            "Check the text at the end against the numbered passages: repeat each statement, show "
            "the sentence that it rests on, and give the number.",
            "Attribute what is said at the end to the passages before it. What rests on none of "
            "them must be marked so.",
            "Sources first, then statements. Name the source of every statement by its number, with "
            "the sentence that proves it.",
            "Find out where the statements at the end come from. Each is to be repeated, followed "
            "by its evidence and the number of the passage, or by the remark that there is none.",
        ),
        "zh": (
            "下面是带编号的段落，之后是别人写下的话。请逐条说明由哪些段落支持，没有的也要说明。",
            "请用带编号的段落核对末尾的文字：重复每一条，写出它所依据的句子，并给出编号。",
            "请为末尾所说的话注明来自前面的哪些段落；没有依据的必须标出。",
            "先是来源，后是说法。请用编号写明每条说法的来源，并附上能证明它的句子。",
            "请查明末尾的说法各有什么根据。先重复说法，再写根据和段落编号；没有根据的，加以注明。",
        ),
    },
}
# Behind each of these, for a share of unanswerable ones.
UNLESS = {
    "en": (
        "If none of them has it, say so in the second line and do not guess.",
        "It may be that no passage has the answer; then say that.",
        "Where nothing fits, the second line says so, and the third admits it.",
        "Do not make an answer up if there is none.",
        "If there is no such place, write that instead.",
    ),
    "zh": (
        "如果都没有，就在第二行写明，不要猜测。",
        "也可能没有一段能回答，那就照实说。",
        "没有合适的段落时，第二行写明，第三行承认无法回答。",
        "没有答案时，不要编造。",
        "如果找不到这样的地方，就照实写。",
    ),
}
# The lines of a reply, each with how it begins.
LINES = {
    "en": "Write three lines that begin with “{0}”, “{1}” and “{2}”.",
    "zh": "请写三行，分别以“{0}”“{1}”“{2}”开头。",
}
# Chinese nouns have no plural: one passage and several are labelled alike.
_NUMBERED = (
    ("问题：", "段落：", "答案："),
    ("所问：", "见于：", "回答："),
    ("任务：", "出处：", "结果："),
    ("要找的：", "编号：", "找到的："),
    ("问：", "位置：", "答："),
)
LABELS = {
    "index": {
        "en": (
            ("Question:", "Passage:", "Answer:"),
            ("Asked:", "Found in:", "Reply:"),
            ("Task:", "Source:", "Result:"),
            ("Looking for:", "Number:", "Found:"),
            ("Q:", "At:", "A:"),
        ),
        "zh": _NUMBERED,
    },
    "several": {
        "en": (
            ("Question:", "Passages:", "Answer:"),
            ("Asked:", "Found in:", "Reply:"),
            ("Task:", "Sources:", "Result:"),
            ("Looking for:", "Numbers:", "Found:"),
            ("Q:", "At:", "A:"),
        ),
        "zh": _NUMBERED,
    },
    "quote": {
        "en": (
            ("Question:", "Quote:", "Answer:"),
            ("Asked:", "It says:", "Reply:"),
            ("Task:", "Evidence:", "Result:"),
            ("Looking for:", "In the words:", "Found:"),
            ("Q:", "Words:", "A:"),
        ),
        "zh": (
            ("问题：", "原句：", "答案："),
            ("所问：", "写着：", "回答："),
            ("任务：", "依据：", "结果："),
            ("要找的：", "原话：", "找到的："),
            ("问：", "引：", "答："),
        ),
    },
    "path": {
        "en": (
            ("Question:", "Section:", "Answer:"),
            ("Asked:", "Under:", "Reply:"),
            ("Task:", "Place:", "Result:"),
            ("Looking for:", "Headings:", "Found:"),
            ("Q:", "Path:", "A:"),
        ),
        "zh": (
            ("问题：", "章节：", "答案："),
            ("所问：", "在此标题下：", "回答："),
            ("任务：", "位置：", "结果："),
            ("要找的：", "标题：", "找到的："),
            ("问：", "路径：", "答："),
        ),
    },
}
NONE = {"en": "none", "zh": "无"}
REFUSALS = {
    "en": (
        "not given in any of the {k} passages.",
        "I cannot tell; the {k} passages leave it open.",
        "unknown, since nothing here settles it.",
        "there is none here, and a guess would not help.",
        "cannot be answered from what is here.",
    ),
    "zh": (
        "{k}段都没有给出。",
        "无从得知，这{k}段都没有涉及。",
        "不明，这里没有依据。",
        "这里没有，不宜猜测。",
        "凭这里的内容无法回答。",
    ),
}

# What is asked about statements: ``{q}`` and ``{a}`` are a question and its answer, ``{c}`` one
# statement, ``{list}`` several.
ANSWERED = {
    "en": (
        "Which passages is this answer drawn from?\nQ: {q}\nA: {a}",
        "Check where this reply comes from.\nAsked: {q}\nTold: {a}",
        "Name the evidence for the following answer.\nQ: {q}\nA: {a}",
        "Give the sources of this exchange.\n– {q}\n– {a}",
        "Question: {q}\nReply: {a}\nOn which passages does the reply rest?",
    ),
    "zh": (
        "下面的回答出自哪些段落？\n问：{q}\n答：{a}",
        "请核对这个回答从哪里来。\n所问：{q}\n所答：{a}",
        "请写出以下回答的依据。\n问：{q}\n答：{a}",
        "请给这段问答注明来源。\n——{q}\n——{a}",
        "问题：{q}\n回答：{a}\n这个回答依据的是哪些段落？",
    ),
}
CLAIMED = {
    "en": (
        "Which passages support this statement?\n{list}",
        "Somebody wrote the following. What is it based on?\n{list}",
        "Give the source for this line of a summary:\n{list}",
        "A footnote is missing here. Which passage belongs into it?\n{list}",
        "Trace this back to where it comes from:\n{list}",
    ),
    "zh": (
        "哪些段落支持下面这个说法？\n{list}",
        "有人写了下面的话，依据是什么？\n{list}",
        "请给摘要里的这一句注明来源：\n{list}",
        "这里缺一条脚注，应注哪一段？\n{list}",
        "请追溯这句话的出处：\n{list}",
    ),
}
LISTED = {
    "en": (
        "Attribute each of these statements:\n{list}",
        "A summary in points. Which passage is behind each point?\n{list}",
        "Give the source for every line:\n{list}",
        "Each of these needs a footnote. Which passage goes into it?\n{list}",
        "Trace these notes back, point by point:\n{list}",
    ),
    "zh": (
        "请为下列说法逐条注明来源：\n{list}",
        "这是一份要点，每个要点出自哪一段？\n{list}",
        "请给每一行写出依据：\n{list}",
        "下面各条都要加脚注，应分别注哪一段？\n{list}",
        "请逐条追溯这些笔记的出处：\n{list}",
    ),
}
# What is said behind a statement: of its support, of a passage that says otherwise, of nothing.
SUPPORTED = {
    "en": ("Supported by {n}.", "It rests on {n}.", "Source: {n}.", "See {n}.", "From {n}."),
    "zh": ("由{n}支持。", "依据是{n}。", "来源：{n}。", "见{n}。", "出自{n}。"),
}
OTHERWISE = {
    "en": (
        "Not supported: {n} has {a}, not {w}.",
        "No passage bears this out; {n} gives {a} instead of {w}.",
        "This is not what {n} says: there it is {a}, not {w}.",
        "Unsupported as it stands. In {n} it is {a}, not {w}.",
        "None. The nearest is {n}, with {a} in the place of {w}.",
    ),
    "zh": (
        "没有依据：{n}写的是{a}，不是{w}。",
        "没有段落支持；{n}给出的是{a}，而不是{w}。",
        "与{n}不符，那里是{a}，不是{w}。",
        "这样说没有依据，{n}里是{a}，并非{w}。",
        "无。最接近的是{n}，但那里是{a}，不是{w}。",
    ),
}
UNSUPPORTED = {
    "en": (
        "Supported by none of the {k} passages.",
        "No passage bears this out.",
        "None: nothing here says so.",
        "There is no source for it here.",
        "Not to be traced to any of the {k} passages.",
    ),
    "zh": (
        "{k}段中没有一段支持。",
        "没有段落能够证实。",
        "无：这里没有这样的内容。",
        "在这里找不到来源。",
        "不能追溯到这{k}段中的任何一段。",
    ),
}
QUESTION = {"en": "Question: ", "zh": "问题："}
