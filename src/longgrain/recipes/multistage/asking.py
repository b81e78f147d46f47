"""The words of the questions over the parts of a document, of their steps and answers, by language."""

from __future__ import annotations

# Which stretch a question is about: ``{title}`` of the document, ``{begins}`` its first words.
WHERE = {
    "en": "the stretch of “{title}” that begins “{begins}”",
    "zh": "“{title}”中自“{begins}”起的部分",
}
UNTITLED = {"en": "this document", "zh": "本文档"}

# --- sentences about a term; ``{x}`` is the term --------------------------------------------------

COLLECT = {
    "en": {
        "count": (
            "How many sentences in {where} mention “{x}”, and how many in each part?",
            "Go through {where} and count the sentences in which “{x}” occurs, part by part.",
            "In how many sentences does “{x}” come up in {where}? Break the number down by part.",
            "I need a count of the sentences with “{x}” in {where}, with the figure for each part.",
            "“{x}”: how often is it mentioned in {where}, counted in sentences and by part?",
        ),
        "list": (
            "What does {where} say about “{x}”? Give every sentence that mentions it.",
            "Collect all sentences with “{x}” in {where}, in their order.",
            "List everything that is said of “{x}” in {where}, word for word.",
            "Which sentences in {where} mention “{x}”? I want them all.",
            "Pull together each mention of “{x}” in {where}, with the part it is in.",
        ),
        "duties": (
            "Which requirements or prohibitions does {where} set out in sentences on “{x}”?",
            "List every sentence in {where} that mentions “{x}” and obliges or forbids something.",
            "What must, shall or must not be done where {where} mentions “{x}”? Quote each rule.",
            "I am checking our duties: which sentences on “{x}” in {where} are binding?",
            "Collect the rules on “{x}” in {where}: every sentence with a shall, must, should or "
            "the like.",
        ),
        "most": (
            "Which part of {where} mentions “{x}” in the most sentences?",
            "Where in {where} is “{x}” talked about most, counted in sentences?",
            "In which part of {where} do most sentences contain “{x}”?",
            "Compare the parts of {where}: which one has the most sentences with “{x}”?",
            "Find the part of {where} that brings up “{x}” in more sentences than any other.",
        ),
    },
    "zh": {
        "count": (
            "{where}有多少句提到“{x}”？各部分分别有几句？",
            "请通读{where}，逐部分统计出现“{x}”的句子数。",
            "“{x}”在{where}中一共出现在几句话里？请按部分列出。",
            "我需要知道{where}有几句话含有“{x}”，并附各部分的数目。",
            "统计一下：{where}里说到“{x}”的句子共多少，每部分多少？",
        ),
        "list": (
            "{where}关于“{x}”都说了什么？请列出提到它的每一句。",
            "请按先后次序汇集{where}中含有“{x}”的所有句子。",
            "把{where}里说到“{x}”的话逐字列出来。",
            "{where}有哪些句子提到“{x}”？请一句不漏地给出。",
            "请收集“{x}”在{where}中的每一处，并注明在第几部分。",
        ),
        "duties": (
            "{where}中提到“{x}”的句子，有哪些规定了应当做或不得做的事？",
            "请列出{where}里既提到“{x}”、又含有义务或禁止的每一句。",
            "涉及“{x}”时，{where}要求什么、禁止什么？请引出每一条。",
            "我在核对义务：{where}关于“{x}”的哪些句子具有约束力？",
            "汇集{where}中关于“{x}”的规则，即带有应当、必须、不得等字样的句子。",
        ),
        "most": (
            "{where}的哪一部分提到“{x}”的句子最多？",
            "按句子数计算，“{x}”在{where}的哪一部分谈得最多？",
            "比较{where}的各部分：哪一部分含有“{x}”的句子最多？",
            "请找出{where}中提到“{x}”次数最多的部分（以句计）。",
            "“{x}”主要集中在{where}的第几部分？以句子数为准。",
        ),
    },
}
PART_OF_COLLECT = {
    "en": "which sentences mention “{x}”?",
    "zh": "哪些句子提到“{x}”？",
}
PART_OF_DUTIES = {
    "en": "which sentences mention “{x}” and oblige or forbid something?",
    "zh": "哪些句子提到“{x}”，并且含有义务或禁止？",
}
LAST_OF_COLLECT = {
    "en": {
        "count": "How many are there in each part, and in all?",
        "list": "Put them together in order.",
        "duties": "Put them together in order.",
        "most": "Which part has the most of them?",
    },
    "zh": {
        "count": "各部分几句，一共几句？",
        "list": "按次序合在一起。",
        "duties": "按次序合在一起。",
        "most": "哪一部分最多？",
    },
}
COUNTED = {"en": ("{n} sentence", "{n} sentences"), "zh": ("{n}句", "{n}句")}
COUNT_ANSWER = {
    "en": (
        "In all {n}: {parts}.",
        "Altogether {n} ({parts}).",
        "The total is {n}: {parts}.",
        "{n} in all, namely {parts}.",
        "Counting every part, {n}: {parts}.",
    ),
    "zh": (
        "共{n}：{parts}。",
        "合计{n}（{parts}）。",
        "一共{n}，其中{parts}。",
        "总数是{n}：{parts}。",
        "各部分加起来是{n}：{parts}。",
    ),
}
LIST_ANSWER = {
    "en": (
        "There are {n}:",
        "These {n} were found:",
        "In order, {n}:",
        "The complete list has {n}:",
        "{n} in all:",
    ),
    "zh": ("共有{n}：", "找到以下{n}：", "按次序共{n}：", "完整列出如下，共{n}：", "一共{n}："),
}
MOST_ANSWER = {
    "en": (
        "Part {part}, with {n}; {parts}.",
        "It is part {part}: {n} there; {parts}.",
        "Part {part} has the most, {n}; {parts}.",
        "Most are in part {part} ({n}); {parts}.",
        "That is part {part}, where there are {n}; {parts}.",
    ),
    "zh": (
        "第{part}部分，有{n}；{parts}。",
        "是第{part}部分，共{n}；{parts}。",
        "第{part}部分最多，有{n}；{parts}。",
        "最多的是第{part}部分（{n}）；{parts}。",
        "集中在第{part}部分，有{n}；{parts}。",
    ),
}
IN_PART = {"en": "{n} in part {part}", "zh": "第{part}部分{n}"}
NONE_IN_PART = {"en": "none in part {part}", "zh": "第{part}部分没有"}
PART = {"en": "part {part}", "zh": "第{part}部分"}
SO_FAR = {"en": "So far {n}.", "zh": "到目前为止{n}。"}

# --- the largest or smallest figure; ``{what}`` is what is counted --------------------------------

FIGURES = {
    "en": {
        "largest": (
            "What is the largest {what} given in {where}, and where?",
            "Find the highest {what} in {where} and quote the sentence.",
            "Of every {what} in {where}, which is the greatest?",
            "Look through {where}: what is the biggest {what} there?",
            "I need the largest {what} that {where} states, with its sentence.",
        ),
        "smallest": (
            "What is the smallest {what} given in {where}, and where?",
            "Find the lowest {what} in {where} and quote the sentence.",
            "Of every {what} in {where}, which is the least?",
            "Look through {where}: what is the smallest {what} there?",
            "I need the smallest {what} that {where} states, with its sentence.",
        ),
        "latest": (
            "What is the latest date given in {where}, and where?",
            "Which date in {where} is the most recent? Quote the sentence.",
            "Find the last date, in order of time, that {where} mentions.",
            "Look through {where}: which of its dates comes last in time?",
            "I need the latest date that {where} states, with its sentence.",
        ),
        "earliest": (
            "What is the earliest date given in {where}, and where?",
            "Which date in {where} lies furthest back? Quote the sentence.",
            "Find the first date, in order of time, that {where} mentions.",
            "Look through {where}: which of its dates comes first in time?",
            "I need the earliest date that {where} states, with its sentence.",
        ),
    },
    "zh": {
        "largest": (
            "{where}给出的{what}中，最大的是多少？在哪里？",
            "请找出{where}里最大的{what}，并引出原句。",
            "{where}的各个{what}当中，哪个最大？",
            "通读{where}：其中最大的{what}是多少？",
            "我需要{where}写到的最大的{what}，并附原句。",
        ),
        "smallest": (
            "{where}给出的{what}中，最小的是多少？在哪里？",
            "请找出{where}里最小的{what}，并引出原句。",
            "{where}的各个{what}当中，哪个最小？",
            "通读{where}：其中最小的{what}是多少？",
            "我需要{where}写到的最小的{what}，并附原句。",
        ),
        "latest": (
            "{where}提到的日期中，最晚的是哪一个？在哪里？",
            "请找出{where}里最晚的日期，并引出原句。",
            "{where}的各个日期当中，哪个时间最靠后？",
            "通读{where}：按时间说，最后的日期是哪一个？",
            "我需要{where}写到的最晚的日期，并附原句。",
        ),
        "earliest": (
            "{where}提到的日期中，最早的是哪一个？在哪里？",
            "请找出{where}里最早的日期，并引出原句。",
            "{where}的各个日期当中，哪个时间最靠前？",
            "通读{where}：按时间说，最先的日期是哪一个？",
            "我需要{where}写到的最早的日期，并附原句。",
        ),
    },
}
# What is counted: ``{unit}`` as the text has it.
UNIT = {"en": "number of {unit}", "zh": "以“{unit}”计的数"}
SIGNS = {
    "en": {"%": "percentage", "$": "amount in dollars", "£": "amount in pounds",
           "€": "amount in euros"},
    "zh": {"%": "百分比", "$": "美元金额", "￥": "金额", "¥": "金额", "€": "欧元金额"},
}  # fmt: skip
DATE = {"en": "date", "zh": "日期"}
EXTREME = {
    "en": {"largest": "largest", "smallest": "smallest", "latest": "latest",
           "earliest": "earliest"},
    "zh": {"largest": "最大的", "smallest": "最小的", "latest": "最晚的", "earliest": "最早的"},
}  # fmt: skip
PART_OF_FIGURES = {"en": "what is the {extreme} {what}?", "zh": "{extreme}{what}是哪个？"}
LAST_OF_FIGURES = {"en": "Which of these is the {extreme}?", "zh": "其中{extreme}是哪个？"}
FIGURE_HERE = {"en": "The {extreme} here: {a}", "zh": "这里{extreme}：{a}"}
FIGURE_SO_FAR = {
    "en": "The {extreme} so far: {a} (part {part})",
    "zh": "目前{extreme}：{a}（第{part}部分）",
}
FIGURE_ANSWER = {
    "en": (
        "It is {a}, in part {part}:",
        "{a}. Part {part} has it:",
        "The answer is {a}; see part {part}:",
        "{a} is the {extreme}, in part {part}:",
        "Comparing the parts, {a} (part {part}):",
    ),
    "zh": (
        "是{a}，见第{part}部分：",
        "{a}。出自第{part}部分：",
        "答案是{a}，在第{part}部分：",
        "{extreme}是{a}，在第{part}部分：",
        "比较各部分可知是{a}（第{part}部分）：",
    ),
}

# --- one fact -------------------------------------------------------------------------------------

FIND = {
    "en": (
        "Somewhere in a long document it says “{s}”. What {what} belongs in the blank?",
        "In one of the parts there is a line that reads “{s}”. Which {what} is left out?",
        "Find the place that says “{s}” and supply the {what}.",
        "One sentence of the whole is “{s}”, without its {what}. Which is it?",
        "Search all parts for “{s}”. Which {what} stands where the blank is?",
    ),
    "zh": (
        "长文档里有一处写着“{s}”，空白处的{what}是什么？",
        "其中一部分有“{s}”这样一句，略去的{what}是哪个？",
        "请找到“{s}”所在的地方，补上其中的{what}。",
        "全文有一句是“{s}”，少了{what}，原来是什么？",
        "请在各部分里查找“{s}”，横线处是怎样的{what}？",
    ),
}
PART_OF_FIND = {
    "en": "is the sentence there, and which {what} does it give?",
    "zh": "有没有这一句？其中的{what}是什么？",
}
PART_OF_QUESTION = {
    "en": "does it answer the question, and how?",
    "zh": "能不能回答问题？答案是什么？",
}
LAST_OF_FIND = {"en": "What is the answer?", "zh": "答案是什么？"}
FIND_ANSWER = {
    "en": (
        "It is {a} (part {part}).",
        "{a}, as part {part} has it.",
        "The {what} is {a}; it stands in part {part}.",
        "Part {part} gives {a}.",
        "The answer is {a}, from part {part}.",
    ),
    "zh": (
        "是{a}（第{part}部分）。",
        "{a}，见第{part}部分。",
        "{what}是{a}，出自第{part}部分。",
        "第{part}部分给出的是{a}。",
        "答案是{a}，在第{part}部分。",
    ),
}

# --- a summary ------------------------------------------------------------------------------------

DIGEST = {
    "en": (
        "Summarise {where} in its own sentences.",
        "Give the main sentences of {where}, part by part.",
        "Which sentences sum up {where} best?",
        "Make an extract of {where} from its most telling sentences.",
        "I want the gist of {where}, quoted rather than retold.",
    ),
    "zh": (
        "请用原句概括{where}。",
        "请按部分给出{where}的主要句子。",
        "哪些句子最能概括{where}？",
        "请从{where}中摘出最有代表性的句子。",
        "我想了解{where}的大意，请引用原话，不要转述。",
    ),
}
TOLD = {
    "en": (
        "Summarise {where}.",
        "What is {where} about? Give its main points.",
        "Sum up {where} in a short paragraph.",
        "I have no time to read {where}. What are its main points?",
        "Write a short summary of {where}.",
    ),
    "zh": (
        "请概括{where}。",
        "{where}讲了什么？请写出要点。",
        "请用一小段话总结{where}。",
        "我没有时间读{where}，它的要点有哪些？",
        "请为{where}写一个简短的摘要。",
    ),
}
PART_OF_DIGEST = {"en": "what are its main points?", "zh": "要点是什么？"}
LAST_OF_DIGEST = {"en": "Put them together.", "zh": "合成一篇。"}
