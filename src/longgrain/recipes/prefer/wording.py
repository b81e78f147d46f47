"""The words of preference pairs that are longgrain's own, by language: questions, replies, refusals."""

from __future__ import annotations

from longgrain.recipes.asking import Asking

ASKING = Asking(
    name="longgrain.prefer",
    gap={
        "en": (
            "Which {what} can be relied on for “{s}”?",
            "Do not guess: with which {what} is “{s}” true?",
            "I need a dependable {what} for “{s}”. What is it?",
            "“{S}” Give the {what} only if you can vouch for it.",
            "For the blank in “{s}”, which {what} can be defended?",
            "Before “{s}” is passed on, its {what} must be certain. Which one is it?",
        ),
        "zh": (
            "“{s}”里的{what}，哪个靠得住？",
            "不要猜：“{s}”中缺的{what}到底是什么？",
            "我需要“{s}”里可靠的{what}，请给出来。",
            "“{S}”有把握的话，请说出其中的{what}。",
            "“{s}”要转述给别人，空白处的{what}必须确凿，应是什么？",
            "对“{s}”的空白处，站得住脚的{what}是哪个？",
        ),
    },
    whole={
        "en": (
            "Answer with care and do not guess. {q}",
            "I need an answer that I can rely on: {q}",
            "{q} Say only what can be vouched for.",
            "Somebody will act on your answer to this: {q}",
            "{q} If the passages leave it open, say so.",
        ),
        "zh": (
            "请谨慎回答，不要猜测：{q}",
            "我要一个靠得住的答案：{q}",
            "{q}请只说有把握的内容。",
            "有人会照你的回答去做：{q}",
            "{q}材料没有交代的话，请直说。",
        ),
    },
)
# How a sentence with a rule in it goes on.
COMPLETE = {
    "en": (
        "Somebody will act on this rule, so it must be told rightly. How does “{h} …” go on?",
        "Is what “{h} …” speaks of allowed, required or forbidden? Finish the sentence.",
        "Do not guess how “{h} …” ends: give the sentence as the passages have it.",
        "I remember only “{h} …”. What exactly do the passages say there?",
        "Which way does “{h} …” decide? Give the whole sentence.",
    ),
    "zh": (
        "有人要照这条规则去做，必须说准：“{h}……”后面怎么说？",
        "“{h}……”说的事是允许、要求还是禁止？请把句子补全。",
        "不要猜“{h}……”怎样收尾，请给出材料里的原句。",
        "我只记得“{h}……”，材料里到底是怎么说的？",
        "“{h}……”究竟是怎样规定的？请给出整句。",
    ),
}
INSTRUCTIONS = {
    "en": (
        "Rely on the passages below and on nothing else. Where they do not say what is asked, say so.",
        "Below are passages from documents. Give the answer that they bear out, or say that there is none.",
        "Read the passages with care: others will depend on your answer. If they do not give it, admit it.",
        "The passages that follow may or may not answer what is asked after them. Reply accordingly.",
        "Check every claim against the passages below before you reply, and leave open what they leave open.",
    ),
    "zh": (
        "请只依据下面的材料；材料没有说的，就如实说明。",
        "下面是若干文档的段落。请给出它们能够证实的答案，没有就说没有。",
        "请仔细阅读材料：别人会依赖你的回答。材料里没有的，请承认没有。",
        "下面的材料不一定能回答后面的问题，请据实回答。",
        "回答之前，请用下面的材料核对每一句话；材料没有交代的，不要下结论。",
    ),
}
QUESTION = {"en": "Question: ", "zh": "问题："}

# Before a quote, then what it comes to: an answer, or the words that leave the question open, in
# short and at length. One beginning serves all, so that how a reply begins tells nothing of its worth.
FOUND = {
    "en": (
        (
            "The place in the passages that comes nearest to the question is this:",
            "It settles the matter, and the answer that it gives is",
            (
                "It is about something else, so that the {what} stays open.",
                "It is about something else, and so is all the rest that I have read, so that the {what} has to stay open.",
            ),
        ),
        (
            "Searching the passages for what is asked, I come to this sentence:",
            "It is the one that was needed, so the answer has to be",
            (
                "It is not the one that was needed, so the {what} is not to be had.",
                "It is not the one that was needed, and I find no other, so that I could only guess at the {what}.",
            ),
        ),
        (
            "One sentence of the passages has to be weighed here:",
            "It bears on what is asked, and what it says comes down to",
            (
                "It does not bear on what is asked, and nothing else gives the {what}.",
                "It does not bear on what is asked. No other passage does so either, and I leave it open which {what} is right.",
            ),
        ),
        (
            "Of all that the passages offer, this is the closest:",
            "That is what the question is about, which makes the answer",
            (
                "That is not what the question is about: the {what} is missing.",
                "That is not what the question is about: the {what} is missing here, and putting in another one would be a guess.",
            ),
        ),
        (
            "Before I reply I have looked this up:",
            "It says what one has to know here, and the answer is",
            (
                "It does not say what one has to know here, so the {what} is not given.",
                "It does not say what one has to know here. As nothing else in the passages does, the {what} cannot be given.",
            ),
        ),
    ),
    "zh": (
        (
            "材料中与问题最接近的是这一处：",
            "它正好说明了这一点，答案是",
            (
                "它说的是另一回事，{what}无从得知。",
                "它说的是另一回事，其余各段也没有谈到，{what}无从得知。",
            ),
        ),
        (
            "按问题查找材料，找到的是这一句：",
            "要找的正是它，所以答案是",
            (
                "要找的不是它，所以说不出{what}。",
                "要找的不是它，别处也没有，不靠猜就说不出{what}。",
            ),
        ),
        (
            "这里需要斟酌材料中的一句话：",
            "它与所问直接有关，由此得出",
            (
                "它与所问无关，别处也没有给出{what}。",
                "它与所问无关，别的段落同样无关，{what}是什么只能存疑。",
            ),
        ),
        (
            "材料提供的内容里，最贴近的是：",
            "问的就是这件事，因此答案是",
            (
                "问的不是这件事，材料缺少这个{what}。",
                "问的不是这件事，材料缺少这个{what}，换一个填上去就是猜。",
            ),
        ),
        (
            "答复之前，我查到了这样一句：",
            "需要知道的它都说了，答案为",
            (
                "需要知道的它没有说，{what}并未给出。",
                "需要知道的它没有说，其他段落也没有交代，{what}给不出来。",
            ),
        ),
    ),
}
# Before and behind a claim for which nothing is cited.
CLAIMED = {
    "en": (
        ("There is no need to go through the passages for this, since it is widely known and has often been said.", "The answer is therefore"),
        ("I can say this without looking anything up:", "That makes the answer to the question"),
        ("Going by experience, one may take the following as given.", "So what is asked for must be"),
        ("Things of this kind are always much the same, and so it will be here, whatever one may read elsewhere.", "I put the answer at"),
        ("It goes without saying, whatever the passages hold:", "The answer to this can only be"),
    ),
    "zh": (
        ("这件事不必翻看材料，大家都知道，也常有人提起。", "因此答案是"),
        ("不用查阅也可以说：", "由此可见，答案是"),
        ("凭经验，下面这一点可以当作事实。", "所以问的应该是"),
        ("这类事情向来差不多，这里也不会例外，不必细读。", "我认为答案是"),
        ("无论材料怎么写，这都是不言自明的：", "答案只能是"),
    ),
}  # fmt: skip
