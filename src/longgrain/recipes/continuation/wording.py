"""The words with which a text is asked for, by language and purpose: to go on, to fill a gap, to plan and write."""

from __future__ import annotations

# What follows a prefix that ends at this level.
NEXT = {
    "en": {
        "sentence": (
            "This breaks off inside a paragraph. Finish the paragraph.",
            "The last paragraph here is not complete; add the sentences that it still needs.",
            "Pick up after the last sentence and bring the paragraph to its end.",
            "Complete the unfinished paragraph, keeping tone and subject.",
            "Someone stopped typing here. Write the rest of that paragraph.",
        ),
        "paragraph": (
            "One more paragraph belongs after this. Supply it.",
            "Extend this by a paragraph that its author might have written.",
            "Go on for a single paragraph from the point where this stops.",
            "Draft the paragraph that should follow here.",
            "The piece is missing its following paragraph; fill it in, in keeping with the rest.",
        ),
        "section": (
            "The last line is a heading with nothing below it yet. Write the section.",
            "Write the section that the final heading announces.",
            "A new section has just been given its title. Fill it with text.",
            "Compose what stands under the last heading, in line with what came before.",
            "Continue with the body of the section that opens at the end.",
        ),
        "chapter": (
            "A new chapter opens at the end. Write how it begins.",
            "The last heading starts a chapter; set down its text.",
            "Carry the work into the chapter whose title comes last.",
            "Begin the chapter that has just been announced.",
            "Write on from the chapter heading that closes this.",
        ),
        "document": (
            "These are the opening lines of a longer piece. Write on from them.",
            "Here is how something begins. Let it unfold from there.",
            "Given this beginning, produce what comes after it.",
            "Only the start of the work is here. Take it further.",
            "Develop the piece that opens like this.",
        ),
    },
    "zh": {
        "sentence": (
            "这里在一段的中间断开了，请把这一段写完。",
            "最后一段还没有写完，请补上其余的句子。",
            "请从最后一句之后接下去，写到这一段结束。",
            "请补全未完的段落，语气和话题保持一致。",
            "有人写到这里停了笔，请写出该段剩下的部分。",
        ),
        "paragraph": (
            "这之后应当还有一段，请补写出来。",
            "请按作者可能的写法，再添一个段落。",
            "请从停下的地方往后写，只写一个段落。",
            "请拟出此处之后应有的段落。",
            "后面缺了一段，请写得与前文相称。",
        ),
        "section": (
            "最后一行是标题，下面还没有内容，请写出这一节。",
            "请写出末尾标题所引出的一节。",
            "新的一节刚有了标题，请为它写上正文。",
            "请承接前文，写出最后一个标题之下的内容。",
            "末尾开始了新的一节，请写出它的正文。",
        ),
        "chapter": (
            "末尾开始了新的一章，请写出它的开头部分。",
            "最后的标题引出一章，请写下这一章的正文。",
            "请把全书带入最后标题所示的那一章。",
            "新的一章刚刚开头，请接着写它。",
            "请从结尾处的章标题往后写。",
        ),
        "document": (
            "这是一部较长文字的开头，请由此写下去。",
            "开头已经有了，请让它自然地展开。",
            "请根据这个开头，写出后面的内容。",
            "这里只有起始的部分，请往后展开。",
            "一篇东西这样开了头，请往后写。",
        ),
    },
}
# ``{mark}`` stands where something is missing.
GAP_MARKS = {"en": ("[gap]", "[missing]", "[___]"), "zh": ("【空缺】", "【缺】", "【此处】")}
MIDDLE = {
    "en": {
        "sentence": (
            "Something was cut out at {mark}, inside a paragraph. Write what belongs there.",
            "Replace {mark} by the one to three sentences that connect both sides.",
            "A paragraph has lost sentences at {mark}. Restore it.",
            "What could stand in place of {mark}? Give those sentences only.",
            "Bridge the hole marked {mark} without repeating what surrounds it.",
        ),
        "paragraph": (
            "A whole paragraph is gone at {mark}. Write it.",
            "Put one paragraph in place of {mark}, so that what follows makes sense.",
            "Between the two parts there was a paragraph, now {mark}. Reconstruct it.",
            "Fill {mark} with the paragraph that leads from the first part to the second.",
            "Supply the lost paragraph where it says {mark}.",
        ),
        "section": (
            "Where it says {mark} a section with its heading was taken out. Write it.",
            "Put a section, heading included, in place of {mark}.",
            "The section between these two has been lost, see {mark}. Reconstruct heading and text.",
            "Fill {mark} with a headed section that fits its neighbours.",
            "Write the section, with a heading of the same kind, that should stand at {mark}.",
        ),
    },
    "zh": {
        "sentence": (
            "段落中{mark}处被删去了一些话，请写出应有的内容。",
            "请用一至三句话替换{mark}，使前后通顺。",
            "有一段在{mark}处缺了句子，请把它补全。",
            "{mark}的位置原来可能写着什么？只给出那几句。",
            "请补上{mark}标出的缺口，不要重复前后已有的话。",
        ),
        "paragraph": (
            "{mark}处缺了整整一段，请写出来。",
            "请在{mark}处放一个段落，让后文读来顺理成章。",
            "前后两部分之间原有一段，现在只剩{mark}，请重写这一段。",
            "请写一段由前一部分过渡到后一部分的文字，填在{mark}处。",
            "请在标有{mark}的地方补上丢失的段落。",
        ),
        "section": (
            "{mark}处取走了连标题在内的一节，请写出来。",
            "请在{mark}处放入一节，包括它的标题。",
            "这两部分之间的一节丢失了，见{mark}，请重写标题和正文。",
            "请用一个与前后相称、带标题的小节填补{mark}。",
            "请写出应在{mark}处的那一节，标题的样式与别处相同。",
        ),
    },
}
# --- long texts -----------------------------------------------------------------------------------
# ``{title}`` of the section, ``{document}`` of the document, ``{words}`` that are wished for.
WHOLE = {
    "en": (
        "Write “{title}” of {document}, about {words} words long. Set out a plan first: what each "
        "part is about and how long it is. Then write the parts in that order.",
        "I need {words} words or so for “{title}” in {document}. Begin with an outline of the parts, "
        "each with its subject and length, and let the full text follow.",
        "Plan, then write: “{title}” from {document}, some {words} words. One line a part in the "
        "plan, with a length.",
        "Please produce the text of “{title}” ({document}) at roughly {words} words. Divide it up "
        "beforehand, saying for every part its point and its size, and keep to that.",
        "“{title}”, for {document}: aim at {words} words. First list the parts with their lengths, "
        "next write them out one by one.",
    ),
    "zh": (
        "请为{document}写“{title}”，约{words}字。先列出计划，说明每一部分讲什么、多长，再依次写出各部分。",
        "{document}中的“{title}”需要{words}字左右。请先给出计划，逐项写明内容和字数，然后写出全文。",
        "先计划，后动笔：{document}的“{title}”，大约{words}字。计划每部分一行，注明字数。",
        "请写出{document}中“{title}”的正文，约{words}字。事先划分各部分，写明要点和篇幅，按此完成。",
        "为{document}写“{title}”，以{words}字为目标。请先列各部分及其字数，再逐一写出。",
    ),
}
IN_TURN = {
    "en": (
        "We will write “{title}” of {document} together, about {words} words. To begin with, give me "
        "only a plan: one line a part, with its length.",
        "Plan “{title}” for {document}, {words} words or so: list the parts, what each is about, and "
        "how long. I will ask for them one at a time.",
        "Before writing “{title}” ({document}, roughly {words} words), divide it into parts with a "
        "subject and a length each. No text yet.",
        "Let us split “{title}” in {document} into pieces, some {words} words overall. First the list "
        "of pieces with their sizes.",
        "Outline “{title}” from {document} in numbered parts that add up to {words} words or so; the "
        "writing comes afterwards.",
    ),
    "zh": (
        "我们来写{document}的“{title}”，约{words}字。先只给出计划：每部分一行，注明字数。",
        "请为{document}的“{title}”拟计划，共{words}字左右：列出各部分讲什么、多长。之后我会逐个要正文。",
        "在写{document}的“{title}”（大约{words}字）之前，请先分成若干部分，各写明内容和篇幅，暂不写正文。",
        "请把{document}中的“{title}”拆成几块，合计约{words}字。先列出各块和大小。",
        "请分条列出{document}“{title}”的要目，总字数约{words}字，正文随后再写。",
    ),
}
NEXT_PART = {
    "en": (
        "Now write part {n}.",
        "Go ahead with part {n}.",
        "Part {n}, please.",
        "Write out part {n} of the plan.",
        "Next: part {n}.",
    ),
    "zh": (
        "现在写第{n}部分。",
        "请写第{n}部分。",
        "接下来是第{n}部分。",
        "请按计划写出第{n}部分。",
        "轮到第{n}部分了。",
    ),
}
FACTS = {
    "en": (
        "Names, dates and figures to work in: {facts}.",
        "Make use of the following: {facts}.",
        "These have to appear: {facts}.",
        "Known facts to build on: {facts}.",
        "Do not leave out {facts}.",
    ),
    "zh": (
        "请用上这些名称、日期和数字：{facts}。",
        "写作时要用到：{facts}。",
        "以下内容必须出现：{facts}。",
        "已知而须写入的有：{facts}。",
        "不要漏掉{facts}。",
    ),
}
# From a source that stands above.
FROM_SOURCE = {
    "en": (
        "Using nothing but the material above, write a text of about {words} words for readers who "
        "have not seen it. Plan it in numbered parts with lengths, then write every part.",
        "Turn what stands above into an article of its own, {words} words or so: first the plan, part "
        "by part with lengths, then the parts themselves.",
        "Write {words} words or so that explain all this from beginning to end. Start with a plan "
        "(what each part says, how long it is) and follow it.",
        "I want a longer account of the above, roughly {words} words. Lay out its parts with their "
        "sizes before you write them.",
        "Retell this at a length of about {words} words, in parts that you plan beforehand with a "
        "subject and a number of words each.",
    ),
    "zh": (
        "请只用上面的材料，为没有读过它的人写一篇约{words}字的文章。先按部分列出计划和字数，再写出每一部分。",
        "请把上面的内容写成一篇独立的文章，{words}字左右：先给出逐部分的计划和篇幅，再写各部分。",
        "请用大约{words}字，把这些内容从头到尾讲清楚。先列计划（每部分说什么、多长），然后照着写。",
        "我需要一篇较长的叙述，约{words}字，内容取自上面。请先安排好各部分及其大小，再动笔。",
        "请以约{words}字重述以上内容，分成若干部分，事先写明每部分的主题和字数。",
    ),
}
PLAN_HEAD = {"en": "Plan", "zh": "计划"}
# ``{n}`` of the part, behind it what it is about, then its length.
PLAN_LINE = {"en": ("{n}. ", " (about {words} words)"), "zh": ("{n}. ", "（约{words}字）")}
OF_DOCUMENT = {"en": "“{title}”", "zh": "《{title}》"}
LISTED = {"en": "; ", "zh": "、"}
