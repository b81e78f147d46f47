"""The instructions of every task, in English and Chinese, at least five each.

What they are about stands before or behind them, so none says where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping

from longgrain.recipes.asking import Asking

ASKING = Asking(
    name="longgrain.sft",
    gap={
        "en": (
            "“{S}” Find the {what} in the passage.",
            "Point out the {what} that “{s}” leaves blank.",
            "Name the {what} that the passage has in “{s}”.",
            "Pick out the {what} belonging to “{s}”.",
            "Where “{s}” is blank, which {what} does the passage have?",
        ),
        "zh": (
            "请找出“{s}”里空着的{what}。",
            "请指出“{s}”空白处在原文里的{what}。",
            "“{s}”空着的地方，原文写的是什么{what}？",
            "请摘出“{s}”对应的{what}。",
            "在原文里，“{s}”的空处有{what}，请找出来。",
        ),
    },
    whole={
        "en": (
            "Find this in the passage: {q}",
            "{q} Point to the words.",
            "Look for the words: {q}",
            "The passage answers this: {q}",
            "{q} Find it in the passage.",
        ),
        "zh": (
            "请在原文里找：{q}",
            "{q}请指出原文。",
            "原文哪几个字能回答：{q}",
            "请找找看：{q}",
            "{q}请摘出原文。",
        ),
    },
)

WORDINGS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "qa": {
        "en": (
            "Answer the question with words taken from the passage.",
            "Find the answer to the question in the passage and copy it out.",
            "Reply with the shortest stretch of the passage that answers the question.",
            "Take the answer to the question from the passage, word for word.",
            "Which words of the passage answer the question? Give only those.",
        ),
        "zh": (
            "请从材料中摘出能够回答问题的词句。",
            "请在材料里找到问题的答案，原样抄出。",
            "请用材料中最短的一处原文回答问题。",
            "请依据材料作答，答案须是其中的原话。",
            "材料里的哪几个字回答了问题？只写这几个字。",
        ),
    },
    "headline": {
        "en": (
            "Give this section a heading.",
            "Sum up the section in one line that could stand as its title.",
            "Write a short title that says what this section is about.",
            "What would be a fitting heading for this section?",
            "Say in a few words what this section deals with, as a heading would.",
        ),
        "zh": (
            "请为这一节拟一个标题。",
            "请用一行话概括这一节，要能直接用作标题。",
            "这一节讲的是什么？请写一个简短的标题。",
            "请给这部分内容起一个合适的小标题。",
            "请像写标题那样，用几个字说明这一节的主题。",
        ),
    },
    "outline": {
        "en": (
            "Write the outline of this chapter: its headings in order, one a line.",
            "List what the parts of this chapter deal with, in their order, one a line.",
            "Draw up a table of contents for this chapter.",
            "Give the structure of this chapter as a list of its headings.",
            "Which parts does this chapter have? List their headings in order.",
        ),
        "zh": (
            "请写出这一章的提纲：按顺序列出各部分的标题，每行一个。",
            "这一章依次讲了哪些内容？请逐行列出各部分的标题。",
            "请为这一章整理一份目录。",
            "请用标题列表的形式说明这一章的结构。",
            "这一章由哪些部分组成？请按先后列出标题。",
        ),
    },
    "summary": {
        "en": (
            "Summarise this section in a few sentences.",
            "What does this section say? Give a short summary.",
            "Sum up the main points of this section.",
            "Write a brief summary of this section for somebody who has not read it.",
            "Shorten this section to what matters most.",
        ),
        "zh": (
            "请用几句话概括这一节的内容。",
            "这一节说了什么？请写一段简短的摘要。",
            "请归纳这一节的要点。",
            "请为没有读过这一节的人写一段简介。",
            "请把这一节压缩成最要紧的几句话。",
        ),
    },
    "extraction": {
        "en": (
            "Extract the information as a JSON object with the fields {fields}. Copy the words as they "
            "stand; a field with nothing in it is an empty list.",
            "Fill in this JSON record from what is said: {fields}. Use the wording of the source, and [] "
            "where there is nothing.",
            "Read out {fields} and reply with one JSON object of lists. Quote literally; leave lists "
            "empty where nothing is said.",
            "Turn the facts given here into JSON. The keys are {fields}; every value is a list of "
            "literal quotes, which may be empty.",
            "Collect {fields} as lists in a JSON object, in the order in which they are mentioned, "
            "without changing the words.",
        ),
        "zh": (
            "请从中提取信息，输出一个 JSON 对象，字段为{fields}。内容照抄原文，没有的字段写空列表。",
            "请按下列字段填写 JSON：{fields}。用语须与原文一致，没有提到的写 []。",
            "请找出{fields}，以 JSON 对象作答，每个字段是一个列表，逐字摘录，没有就留空。",
            "请把这里的事实整理成 JSON，键为{fields}，值为原文词句的列表，可以为空。",
            "请按出现的先后收集{fields}，写成一个 JSON 对象，各字段均为列表，不改动原文用字。",
        ),
    },
    "statement": {
        "en": (
            "What kind of statement is this? Choose one of: {classes}.",
            "Classify the statement as one of {classes}.",
            "Label the statement. The labels are {classes}.",
            "Decide which of these the statement is: {classes}. Reply with the label alone.",
            "Which label fits the statement: {classes}?",
        ),
        "zh": (
            "这句话属于哪一类？请从{classes}中选一个。",
            "请判断这句话的类别：{classes}。",
            "请为这句话标注类别，可选的有{classes}。",
            "这句话是{classes}中的哪一种？只写类别名。",
            "下列哪个标签适合这句话：{classes}？",
        ),
    },
    "topic": {
        "en": (
            "Under which of these headings does the paragraph belong? {classes}",
            "Assign the paragraph to one of these sections: {classes}",
            "Which section is the paragraph taken from? Choose from: {classes}",
            "Sort the paragraph under the heading that fits it: {classes}",
            "Pick the heading under which the paragraph stands: {classes}",
        ),
        "zh": (
            "这段话应归入下面哪个标题？{classes}",
            "请把这段话归到下列各节之一：{classes}",
            "这段话出自哪一节？请从中选择：{classes}",
            "请为这段话选出它所属的标题：{classes}",
            "这段话属于下列哪个标题之下？{classes}",
        ),
    },
    "class": {
        "en": (
            "Classify the text. The classes are {classes}.",
            "Which of these classes does the text belong to: {classes}?",
            "Label the text with one of {classes}. Reply with the label alone.",
            "Choose the class that fits the text: {classes}.",
            "Decide which class the text is in. Options: {classes}.",
        ),
        "zh": (
            "请为这段文字分类，类别有{classes}。",
            "这段文字属于哪一类：{classes}？",
            "请从{classes}中选一个标签，只写标签。",
            "请选出适合这段文字的类别：{classes}。",
            "请判断这段文字的类别，可选项：{classes}。",
        ),
    },
    "entities": {
        "en": (
            'Find every {types} and reply with a JSON list of objects with "text" and "type", in '
            "reading order.",
            "Mark the entities of these types: {types}. Answer as JSON: a list of "
            '{"text": ..., "type": ...}.',
            'List all entities with their types ({types}) as a JSON list with "text" and "type".',
            'Which entities are mentioned? The types are {types}. Give a JSON list of "text" and '
            '"type", in the order of the text.',
            'Recognise the named entities ({types}). Output JSON, one object with "text" and "type" '
            "for each mention.",
        ),
        "zh": (
            '请找出其中所有的{types}，按出现顺序输出 JSON 列表，每项含 "text" 和 "type"。',
            '请标出以下类型的实体：{types}。以 JSON 列表作答，形如 {"text": …, "type": …}。',
            '请列出全部实体及其类型（{types}），格式为含 "text" 与 "type" 的 JSON 列表。',
            '这里提到了哪些实体？类型限于{types}。请依次给出 "text" 和 "type" 的 JSON 列表。',
            '请做命名实体识别（{types}），每处提及输出一个含 "text" 和 "type" 的 JSON 对象，合为列表。',
        ),
    },
    "to-digits": {
        "en": (
            "Rewrite the sentence with every number in digits, and change nothing else.",
            "Write the numbers of this sentence as figures; keep all other words.",
            "Replace numbers that are spelled out by figures. Leave the rest as it is.",
            "Turn each number word into digits without touching the rest of the sentence.",
            "Give the same sentence again with its numbers as digits.",
        ),
        "zh": (
            "请把句中的汉字数字改写成阿拉伯数字，其余不变。",
            "请将这句话里的数字都用阿拉伯数字表示，别的字不要动。",
            "请改写这句话：数字用阿拉伯数字，其他照旧。",
            "请把下面句子中用汉字写的数字换成阿拉伯数字。其他内容保持原样。",
            "请重写这句话，数字一律写成阿拉伯数字，不改动其余文字。",
        ),
    },
    "to-words": {
        "en": (
            "Rewrite the sentence with every number spelled out in words, and change nothing else.",
            "Spell out the numbers of this sentence; keep all other words.",
            "Replace the figures by number words. Leave the rest as it is.",
            "Write each number in words without touching the rest of the sentence.",
            "Give the same sentence again with its figures written as words.",
        ),
        "zh": (
            "请把句中的阿拉伯数字改写成汉字数字，其余不变。",
            "请将这句话里的数字都用汉字表示，别的字不要动。",
            "请改写这句话：数字用汉字写，其他照旧。",
            "请把下面句子中的阿拉伯数字换成汉字数字。其他内容保持原样。",
            "请重写这句话，数字一律写成汉字，不改动其余文字。",
        ),
    },
    "table": {
        "en": (
            "Rewrite the table as a JSON list with one object for each row, keyed by the headings.",
            "Turn this table into JSON: a list of records whose keys are the column headings.",
            "Convert the table to a JSON array, a row an object.",
            "Express the rows of the table as JSON objects with the headings as keys.",
            "Give the content of the table as a JSON list of records.",
        ),
        "zh": (
            "请把表格改写成 JSON 列表，每行一个对象，键为表头。",
            "请将这张表转成 JSON：由记录组成的列表，键名取自表头。",
            "请把表格转换为 JSON 数组，一行对应一个对象。",
            "请用 JSON 对象表示表格的各行，以表头为键。",
            "请以 JSON 记录列表的形式给出表格内容。",
        ),
    },
    "plain": {
        "en": (
            "Rewrite this in plain words. Keep every fact.",
            "Say this again in simple, clear language without losing anything.",
            "Reword the paragraph so that it is easy to read, with the same facts.",
            "Put this in everyday language; numbers and names stay as they are.",
            "Rephrase the paragraph for a reader who is new to the subject, leaving no fact out.",
        ),
        "zh": (
            "请用通俗的语言改写，保留全部事实。",
            "请把这段话说得简单明了，不要遗漏内容。",
            "请改写这段话，使它易读，事实不变。",
            "请换成日常用语来说，数字和名称保持不变。",
            "请为初次接触的读者重写这段话，不漏掉任何事实。",
        ),
    },
    "continuation": {
        "en": (
            "Continue the text with its next paragraph.",
            "Write the paragraph that comes next.",
            "How does the text go on? Write the following paragraph.",
            "Carry on from where the text stops, for one paragraph.",
            "Add the next paragraph in the same style.",
        ),
        "zh": (
            "请接着往下写一段。",
            "请续写下一段。",
            "接下来会怎么写？请写出紧接着的一段。",
            "请从中断的地方继续，写一个自然段。",
            "请保持原来的风格，写出下一段。",
        ),
    },
    "dialogue": {
        "en": (
            "I have a few questions about this.",
            "Please read this; I will ask you about it.",
            "Help me with some questions on the following matter.",
            "Let us talk about this. My first question comes with it.",
            "Read this and answer what I ask, one thing after the other.",
        ),
        "zh": (
            "关于这些内容，我有几个问题想问。",
            "请先读一读，我接下来要问你几个问题。",
            "我想就此请教几个问题。",
            "我们来谈谈这些内容，先从第一个问题开始。",
            "请读完后逐个回答我的问题。",
        ),
    },
    "where-said": {
        "en": (
            "Which sentence says so?",
            "Where is that said? Quote the sentence.",
            "Can you quote the sentence you took that from?",
            "Show me the sentence that this rests on.",
            "What is the exact wording of that?",
        ),
        "zh": (
            "这是哪一句说的？",
            "出处在哪里？请引原句。",
            "你是从哪句话得出来的？请抄出原句。",
            "请把你依据的那句话给我看。",
            "原话是怎么说的？",
        ),
    },
    "larger": {
        "en": (
            "Which of the two figures you just gave is larger?",
            "And which of these two answers is the larger number?",
            "Of those two figures, which one is higher?",
            "Comparing both of your answers: which is greater?",
            "So which of the two is more?",
        ),
        "zh": (
            "你刚才给出的两个数，哪个更大？",
            "这两个答案里，哪个数更大？",
            "两个数相比，哪一个更高？",
            "把刚才两个答案比一比，哪个大？",
            "那么这两者哪个更多？",
        ),
    },
}
# What is said before a question, and by one who finds no answer.
QUESTION = {"en": "Question: ", "zh": "问题："}
UNSAID = {
    "en": (
        "The passage does not say.",
        "There is no answer to that in the passage.",
        "That cannot be told from what is given.",
        "It is not said there.",
        "The material leaves that open.",
    ),
    "zh": (
        "材料没有说明这一点。",
        "材料中找不到答案。",
        "仅凭所给内容无法回答。",
        "其中没有提到。",
        "材料对此未作说明。",
    ),
}
