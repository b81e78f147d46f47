"""The words of a conversation over one document, by language: what is asked, what refers back, what is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from longgrain.recipes.asking import Asking

Wordings = Mapping[str, Sequence[str]]

INSTRUCTIONS: Wordings = {
    "en": (
        "I have several questions about what follows and will ask them in turn.",
        "Please read what follows; we will then talk about it.",
        "Below is the material for our conversation. Answer each question from it, briefly.",
        "Keep the following at hand. My questions will come one after the other, and later ones may "
        "go back to earlier ones.",
        "I would like to go through this with you, question by question.",
    ),
    "zh": (
        "关于下面的内容，我有几个问题，会依次提出。",
        "请先阅读下面的内容，然后我们来谈谈。",
        "以下是我们谈话要用的内容。请据此简要回答每个问题。",
        "请把下面的内容放在手边。我会一个接一个地提问，后面的问题可能会说到前面的。",
        "我想和你一起看看下面的内容，边看边问。",
    ),
}

OPENING = Asking(
    name="longgrain.dialogue",
    gap={
        "en": (
            "To begin with: which {what} goes into “{s}”?",
            "First of all, I need the {what} for this line: “{S}”",
            "Let us start with “{s}”. What is the {what} there?",
            "I came across “{s}” and would like to have the {what}.",
            "My opening question: “{S}” Which {what} is it?",
        ),
        "zh": (
            "先从这里开始：“{s}”里的{what}是什么？",
            "首先我想要这句话的{what}：“{S}”",
            "我们先看“{s}”，这里的{what}是什么？",
            "我读到“{s}”，想请你说出其中的{what}。",
            "先问一下：“{S}”是哪个{what}？",
        ),
    },
    whole={
        "en": (
            "To begin with: {q}",
            "Let us start here. {q}",
            "My opening question: {q}",
            "First of all: {q}",
            "I will begin with this: {q}",
        ),
        "zh": (
            "先从这里开始：{q}",
            "我们先看这个问题：{q}",
            "先问一下：{q}",
            "首先想知道的是：{q}",
            "我先问这个：{q}",
        ),
    },
)
TURNING = Asking(
    name="longgrain.dialogue.turning",
    gap={
        "en": (
            "Now to something else: which {what} goes into “{s}”?",
            "Another matter. “{S}” Which {what} is it?",
            "Let us leave that for a moment. What is the {what} in “{s}”?",
            "A different point: I also need the {what} for “{s}”.",
            "Before I go on: what {what} stands in “{s}”?",
        ),
        "zh": (
            "换个话题：“{s}”里的{what}是什么？",
            "另外还想问：“{S}”是哪个{what}？",
            "这个先放一放。“{s}”里的{what}又是什么？",
            "还有别的：我也需要“{s}”的{what}。",
            "顺便问一下，“{s}”里写的是哪个{what}？",
        ),
    },
    whole={
        "en": (
            "Now to something else: {q}",
            "Another matter: {q}",
            "Let us leave that for a moment. {q}",
            "A different point: {q}",
            "Before I go on: {q}",
        ),
        "zh": (
            "换个话题：{q}",
            "另外还想问：{q}",
            "这个先放一放。{q}",
            "还有别的要问：{q}",
            "顺便问一下：{q}",
        ),
    },
)

# What an earlier answer is called when a later turn refers to it; ``{what}`` is its kind.
THAT = {"en": "that {what}", "zh": "这个{what}"}
THAT_QUOTE = {"en": "that wording", "zh": "这句原话"}
ANSWER = {"en": "answer", "zh": "答案"}

# Later turns about the same place; ``{that}`` is what was answered.
QUOTE: Wordings = {
    "en": (
        "Quote the sentence that has {that}, word for word.",
        "Can I have the full sentence behind {that}, please?",
        "And how does the sentence with {that} read, exactly?",
        "Show me the whole sentence you took {that} from.",
        "What is the exact wording around {that}? The whole sentence, please.",
    ),
    "zh": (
        "请把{that}所在的句子原样引出来。",
        "{that}出自哪一句？请给出整句。",
        "含有{that}的那句话，原话是怎么说的？",
        "请让我看看你是从哪一整句里得到{that}的。",
        "{that}前后的原文是什么？请引全句。",
    ),
}
NEXT: Wordings = {
    "en": (
        "And what does the sentence right after that one say?",
        "How does it go on after the sentence with {that}?",
        "Which sentence follows directly on the one with {that}?",
        "Read on from there: what comes next?",
        "What stands immediately behind the sentence that gave you {that}?",
    ),
    "zh": (
        "紧接着那句之后，写的是什么？",
        "说完{that}的那句话以后，接下来怎么说？",
        "含有{that}的那句，下一句是什么？",
        "请从那里往下读一句。",
        "给出{that}的那句话，后面紧跟着的是哪一句？",
    ),
}
BEFORE: Wordings = {
    "en": (
        "And what is said right before that?",
        "Which sentence leads up to the one with {that}?",
        "Go back a sentence from there: how does it read?",
        "What stands immediately in front of the sentence with {that}?",
        "How does the sentence just before the one with {that} read?",
    ),
    "zh": (
        "在那之前紧挨着的是哪一句？",
        "含有{that}的那句，上一句是什么？",
        "请从那里往前读一句。",
        "引出{that}的前一句话是怎么说的？",
        "说到{that}之前，紧接着的那句写了什么？",
    ),
}
HEADING: Wordings = {
    "en": (
        "Under which heading did you find {that}?",
        "What is the title of the section with {that}?",
        "In which section is that, by its heading?",
        "And the heading above it?",
        "Where does {that} belong? Give me the nearest heading.",
    ),
    "zh": (
        "{that}在哪个标题下面？",
        "写着{that}的那一节，标题是什么？",
        "那是哪一节？请说出标题。",
        "它上方最近的标题是什么？",
        "{that}属于哪个标题之下的内容？",
    ),
}
HEADING_REPLY: Wordings = {
    "en": (
        "The heading is “{a}”.",
        "“{a}”.",
        "It is “{a}”.",
        "The nearest heading is “{a}”.",
        "That is “{a}”.",
    ),
    "zh": ("标题是“{a}”。", "“{a}”。", "是“{a}”。", "最近的标题是“{a}”。", "那是“{a}”。"),
}
# ``{other}`` is the kind of another fact of the same sentence.
BESIDE: Wordings = {
    "en": (
        "The sentence with {that} also has a {other}. Which?",
        "What {other} is given together with {that}?",
        "Besides {that}, the same sentence names a {other}. What is it?",
        "And the {other} in that sentence?",
        "Which {other} stands in the same sentence as {that}?",
    ),
    "zh": (
        "含有{that}的那句话里还有一处{other}，是什么？",
        "和{that}写在同一句里的{other}是什么？",
        "除了{that}，那句话还给出了{other}，是哪个？",
        "那句话里的{other}呢？",
        "与{that}同句的{other}是哪个？",
    ),
}
GIVEN: Wordings = {
    "en": ("It is {a}.", "{A}.", "{A}, in the same sentence.", "That is {a}.", "There it is {a}."),
    "zh": ("是{a}。", "{a}。", "同一句里是{a}。", "写的是{a}。", "那里是{a}。"),
}

# A return to what was asked before something else; it stands before one of the turns above.
BACK: Wordings = {
    "en": (
        "Back to my first question.",
        "Let us return to what I asked at the beginning.",
        "To come back to where we started:",
        "Once more to the first point.",
        "I still have something on my first question.",
    ),
    "zh": (
        "回到我最初的问题。",
        "我们再来看开头问的那件事。",
        "说回刚开始的那个问题：",
        "再谈谈第一点。",
        "关于我的第一个问题，我还想问：",
    ),
}
BACK_TO_OTHER: Wordings = {
    "en": (
        "And on the other question:",
        "Now once more to the second point.",
        "Let us do the same for my second question.",
        "As for the other matter:",
        "Back to what I asked in between.",
    ),
    "zh": (
        "再看另一个问题：",
        "现在再谈谈第二点。",
        "我的第二个问题也来看看。",
        "至于另一件事：",
        "回到我中间问的那个问题。",
    ),
}

# A false premise; ``{w}`` is not what was said, ``{a}`` is.
PREMISE: Wordings = {
    "en": (
        "You said {that} was {w}, so I have written it down. Is that all right?",
        "Good, so {that} is {w}. May I rely on it?",
        "Since {that} is {w}, as you told me, can I put it into my summary?",
        "I noted {w} for {that}. Correct?",
        "If I have you right, {that} is {w}. Shall I keep it?",
    ),
    "zh": (
        "你说{that}是{w}，我已经记下了，对吧？",
        "好，那么{that}就是{w}，可以放心引用吗？",
        "既然如你所说{that}是{w}，我可以写进摘要吗？",
        "我把{that}记作{w}，没有错吧？",
        "如果我没听错，{that}是{w}，就这样保留吗？",
    ),
}
CORRECTED: Wordings = {
    "en": (
        "No, I said {a}, and so it is written; {w} is wrong.",
        "Not quite: it is {a}, not {w}.",
        "Please correct that: {a}, not {w}.",
        "That is a slip. What is written there is {a}, not {w}.",
        "No, {w} is not right. It is {a}, as I said.",
    ),
    "zh": (
        "不对，我说的是{a}，原文也是{a}，{w}是错的。",
        "不是{w}，是{a}。",
        "请改正：是{a}，不是{w}。",
        "记错了，那里写的是{a}，不是{w}。",
        "不，{w}不对。如前所说，是{a}。",
    ),
}
# The same question may have the answer right; the reply then says so.
YES = {"en": "Yes", "zh": "没错"}
CONFIRMED: Wordings = {
    "en": (
        "Yes, it is {a}.",
        "Yes, that is what I said: {a}.",
        "Yes, you can keep it: {a}.",
        "Yes, {a} is right.",
        "Yes, so it is written: {a}.",
    ),
    "zh": (
        "没错，是{a}。",
        "没错，我说的就是{a}。",
        "没错，可以保留，是{a}。",
        "没错，{a}是对的。",
        "没错，原文就是{a}。",
    ),
}
