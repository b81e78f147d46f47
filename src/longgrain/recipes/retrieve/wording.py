"""The words of questions, replies, refusals and instructions about numbered passages, by language."""

from __future__ import annotations

# ``{s}`` is a statement with a blank, ``{what}`` what the blank hides.
FACT = {
    "en": (
        "I remember “{s}”, but not the {what}. What is it?",
        "My draft says “{s}”. Which {what} should I put in?",
        "A caller wants to know the {what} in “{s}”. What do I answer?",
        "For a slide I need the {what} here: “{s}”. What is it?",
        "Please look up the {what} that is left open in “{s}”.",
        "The {what} is still open in my notes: “{s}”. What should they say?",
    ),
    "zh": (
        "我记得有“{s}”这么一句，但忘了其中的{what}，是什么？",
        "我的稿子里写着“{s}”，空着的{what}该写什么？",
        "有人来问“{s}”里的{what}，我该怎么答？",
        "笔记里“{s}”一句的{what}还空着，请帮我查一下。",
        "请查出“{s}”里没有写出来的{what}。",
        "汇报要用到“{s}”，其中的{what}应该是什么？",
    ),
}
# ``{a}`` is the answer, ``{A}`` with a capital; a citation goes before the last stop.
FACT_REPLY = {
    "en": ("It is {a}.", "{A}.", "The {what} is {a}.", "You are looking for {a}.", "It reads {a}."),
    "zh": ("是{a}。", "{a}。", "{what}是{a}。", "应写{a}。", "查到的是{a}。"),
}

# ``{c}`` is a statement that may be false.
CLAIM = {
    "en": (
        "Is this correct? “{c}”",
        "A colleague wrote: “{c}” Can that stand?",
        "Please verify this: “{c}”",
        "I was told: “{c}” Is it true?",
        "A fact check, please: “{c}”",
        "May I put it this way? “{c}”",
    ),
    "zh": (
        "请核实这句话：“{c}”",
        "“{c}”这样说对吗？",
        "有人告诉我“{c}”，是真的吗？",
        "同事写的是“{c}”，可以保留吗？",
        "请帮我查证：“{c}”",
        "我能不能这样写：“{c}”？",
    ),
}
YES = {"en": "Yes", "zh": "没错"}
CONFIRM = {
    "en": (
        "Yes, that is right.",
        "Yes, the sources confirm it.",
        "Yes, it is stated just so.",
        "Yes. It can stand as it is.",
        "Yes, this agrees with what was found.",
    ),
    "zh": (
        "没错，说法属实。",
        "没错，与查到的一致。",
        "没错，确实是这样写的。",
        "没错，可以这样说。",
        "没错，查证无误。",
    ),
}
# ``{w}`` is the wrong fact of the statement.
DENY = {
    "en": (
        "No, it is {a}, not {w}.",
        "No. Where you have {w}, it should say {a}.",
        "That is wrong: the {what} is {a}, not {w}.",
        "Not quite. It should be {a} instead of {w}.",
        "No: {a}, not {w}.",
    ),
    "zh": (
        "不对，应是{a}，不是{w}。",
        "不对。“{w}”应改为“{a}”。",
        "有误：这里的{what}是{a}，而不是{w}。",
        "不准确，应为{a}，并非{w}。",
        "不是{w}，是{a}。",
    ),
}

# ``{terms}`` are words, or parts, of one sentence.
LOOKUP = {
    "en": (
        "Which sentence speaks of {terms}? Give it word for word.",
        "I need the sentence with {terms}, exactly as it stands.",
        "What are the exact words on {terms}?",
        "Find the sentence that brings together {terms}.",
        "Where do {terms} come up in one sentence? Quote it.",
    ),
    "zh": (
        "哪一句话说到{terms}？请逐字引出。",
        "请找出含有{terms}的那句话，照原样给我。",
        "关于{terms}，原话是怎么说的？",
        "我要引用提到{terms}的句子，请给出原句。",
        "{terms}出现在哪一句里？请抄录全句。",
    ),
}

REFUSE = {
    "en": {
        "fact": (
            "I cannot answer that: none of the passages gives it.",
            "None of the {k} passages answers this question.",
            "That is not to be found here, and I would rather not guess.",
            "The passages leave this open, so I do not know.",
            "There is no answer to that in what was retrieved.",
            "That cannot be told from these {k} passages.",
        ),
        "claim": (
            "None of the {k} passages confirms or refutes that.",
            "I cannot verify it: the passages leave the matter open.",
            "Nothing that was retrieved settles whether that is so.",
            "There is no evidence here for it or against it.",
            "I can say neither yes nor no; none of the passages deals with it.",
        ),
        "lookup": (
            "None of the {k} passages has such a sentence.",
            "I find no such sentence here.",
            "There is no sentence like that among what was retrieved.",
            "No passage has a sentence that fits, so I have nothing to quote.",
            "I cannot quote it: it is not in any of the passages.",
        ),
    },
    "zh": {
        "fact": (
            "这几段都没有给出答案，无法回答。",
            "检索到的{k}段都没有说到这一点，我不能确定。",
            "这里查不到，我不想凭空猜测。",
            "{k}段资料都没有回答这个问题。",
            "找到的内容里没有答案，恕不能回答。",
            "仅凭这{k}段还无法得知。",
        ),
        "claim": (
            "{k}段资料既没有证实，也没有否定这一说法。",
            "无法核实：这几段都没有涉及此事。",
            "检索到的内容不足以判断真假。",
            "这里找不到支持或反驳它的依据。",
            "我不能说对，也不能说错，因为各段都没有谈到。",
        ),
        "lookup": (
            "{k}段里都没有这样的句子。",
            "这里找不到符合的句子。",
            "检索到的各段中没有这句话，无从引用。",
            "没有查到这样一句，因此无法引出原文。",
            "各段都没有合乎要求的句子。",
        ),
    },
}  # fmt: skip

# What a question about two facts asks for; ``{a}`` and ``{b}`` are statements with a blank.
JOINED = {
    "en": {
        "compare": (
            "Look up what is left open in two lines, with the source of each, and tell me the "
            "difference: (a) “{a}” (b) “{b}”",
            "For a comparison I need both missing figures and how far apart they are: (a) “{a}” "
            "(b) “{b}”",
            "Two gaps to fill, each with its passage, and then the difference, please: (a) “{a}” "
            "(b) “{b}”",
        ),
        "sum": (
            "I have to add up two figures that are missing here. Give each with its source, then "
            "the total: (a) “{a}” (b) “{b}”",
            "What do the two open figures come to, and where did you find each? (a) “{a}” (b) “{b}”",
            "Please find both figures and their sum: (a) “{a}” (b) “{b}”",
        ),
        "bridge": (
            "First find the name that is left open in “{a}”. Then tell me the {what} given in the "
            "other place that mentions this name, and cite both.",
            "Who or what is missing from “{a}”? Another place mentions it with a {what}: which is "
            "it? Name the source of each step.",
            "I have only “{a}”, without the name. Find the name, follow it to the other place, and "
            "give me the {what} there, with both sources.",
        ),
    },
    "zh": {
        "compare": (
            "请查出下面两处空缺并各注明出处，再告诉我相差多少：（甲）“{a}”（乙）“{b}”",
            "我要作个比较，需要这两个缺少的数值和它们的差：（甲）“{a}”（乙）“{b}”",
            "两处空白请分别查明来源，然后算出差值：（甲）“{a}”（乙）“{b}”",
        ),
        "sum": (
            "请把两处缺少的数查出来，各注出处，再求总数：（甲）“{a}”（乙）“{b}”",
            "这两个没写出的数加在一起是多少？各见于何处？（甲）“{a}”（乙）“{b}”",
            "请找出两个数及其总和：（甲）“{a}”（乙）“{b}”",
        ),
        "bridge": (
            "先查出“{a}”里空着的名字，再到提到这个名字的另一处，告诉我那里的{what}，两处都注明出处。",
            "“{a}”缺的是谁或什么？另有一处也提到它，那里的{what}是什么？请分步注明来源。",
            "我手上只有“{a}”，没有名字。请查出名字，再顺着它找到另一处的{what}，并注明两处来源。",
        ),
    },
}
# ``{x}`` and ``{y}`` are what fills the blanks, each with its citation.
JOINED_REPLY = {
    "en": {
        "compare": "(a) {x}; (b) {y}. The difference is {answer}.",
        "compare:date": "(a) {x}; (b) {y}. Going by the years, the difference is {answer}.",
        "sum": "(a) {x}; (b) {y}. Together that makes {answer}.",
        "bridge": "The name is {x}; the other place gives {y}.",
    },
    "zh": {
        "compare": "（甲）{x}；（乙）{y}。两者相差{answer}。",
        "compare:date": "（甲）{x}；（乙）{y}。按年份算，相差{answer}年。",
        "sum": "（甲）{x}；（乙）{y}。合计{answer}。",
        "bridge": "名字是{x}；另一处给出的是{y}。",
    },
}

INSTRUCTIONS = {
    "en": {
        "cite": (
            "Answer the question from the numbered passages and cite the one that you rely on, "
            "like [1]. If none of them answers it, say so.",
            "Use only the passages below. Put the number of the passage behind what you take from "
            "it, as in [1]; where the answer is missing, say that it is.",
            "Several passages were retrieved for a question. Answer it and give the source in "
            "square brackets, or say that it cannot be answered from them.",
            "Below are search results, numbered. Reply to the question at the end with a citation "
            "such as [1]. Do not guess if the results are silent on it.",
            "Read the retrieved passages, answer briefly, and mark the passage that supports your "
            "answer with its number in brackets. Admit it if there is none.",
        ),
        "quote": (
            "Answer the question from the numbered passages. Quote the sentence that you rely on "
            "word for word, with the number of its passage, like [1]. If there is none, say so.",
            "Use only the passages below and prove your answer: copy the decisive sentence exactly "
            "and name its passage in brackets. Without such a sentence, do not answer.",
            "Several passages were retrieved. Reply to the question with the verbatim sentence and "
            "its passage number, or say that no passage has it.",
            "Search results follow, numbered. Every answer must rest on a literal quotation with "
            "its number, such as [1]; if you find none, say that.",
            "Find the evidence in these passages, quote it without changing a word, and add the "
            "number of the passage. Say so if the evidence is missing.",
        ),
        "plain": (
            "Answer the question from the numbered passages, in a few words and without citations. "
            "If none of them answers it, say so.",
            "Use only the passages below and reply briefly. Where the answer is missing, say that.",
            "Several passages were retrieved for a question. Give the answer alone, or say that it "
            "cannot be had from them.",
            "Below are search results. Reply to the question at the end in one short sentence, and "
            "do not guess if the results are silent on it.",
            "Read the retrieved passages and answer in plain words; no sources are needed. Admit "
            "it if you find nothing.",
        ),
    },
    "zh": {
        "cite": (
            "请根据带编号的段落回答问题，并用[1]这样的形式注明依据。如果都没有答案，请直说。",
            "只使用下面的段落作答，在采用的内容后面写上段落编号，如[1]；没有答案就说没有。",
            "下面是为一个问题检索到的若干段落。请回答并用方括号标出来源；答不了就说明答不了。",
            "以下为编号的检索结果。请回答最后的问题，并附上[1]这样的出处；结果没有涉及的不要猜。",
            "阅读检索到的段落，简短作答，并把支持答案的段落编号写在方括号里。没有依据时如实说明。",
        ),
        "quote": (
            "请根据带编号的段落回答问题，逐字引用所依据的句子，并注明段落编号，如[1]。没有就直说。",
            "只使用下面的段落，并给出证据：照抄关键的一句，用方括号注明段落。找不到这样的句子就不要作答。",
            "下面是检索到的若干段落。请用原句回答问题，并写出段落编号；都没有时请说明。",
            "以下为编号的检索结果。回答必须附有一字不改的引文和[1]这样的编号；找不到就说找不到。",
            "请在这些段落中找出依据，原文照引，并附段落编号。没有依据时如实说明。",
        ),
        "plain": (
            "请根据带编号的段落简单回答问题，不必注明出处。如果都没有答案，请直说。",
            "只使用下面的段落，简短作答；没有答案就说没有。",
            "下面是为一个问题检索到的若干段落。请只给出答案；答不了就说明答不了。",
            "以下为检索结果。请用一句短话回答最后的问题；结果没有涉及的不要猜。",
            "阅读检索到的段落，用平实的话作答，不需要来源。查不到时如实说明。",
        ),
    },
}  # fmt: skip
QUESTION = {"en": "Question: ", "zh": "问题："}
