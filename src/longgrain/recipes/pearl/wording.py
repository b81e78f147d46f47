"""The words of plans over documents that are longgrain's own, by language."""

INSTRUCTIONS = {
    "en": (
        "Read the document. Make a plan of actions for the question behind it, carry the plan out "
        "step by step, and answer.",
        "Below is a document and a question about it. Plan first, then do each step on the document, "
        "then give the answer.",
        "Answer the question after the document in three parts: a plan, what each step gives, the "
        "answer.",
        "Work out a plan for the question at the end, apply it to the text, and say what comes of it.",
        "Before you answer the question below the text, write down the steps that lead to the answer "
        "and do them one by one.",
    ),
    "zh": (
        "阅读下面的文档，先为文后的问题拟定一份行动计划，再逐步执行，最后作答。",
        "下面是一份文档和一个与之有关的问题。请先列出计划，再在文档上逐步完成，然后给出答案。",
        "请分三部分回答文档之后的问题：计划、每一步的结果、答案。",
        "请先想好回答末尾问题所需的步骤，对文本逐一执行，再说明结果。",
        "回答文后问题之前，写出通向答案的步骤，并一步一步做完。",
    ),
}
QUESTION = {"en": "Question: ", "zh": "问题："}
RESULTS = {"en": "Results:", "zh": "执行结果："}
ANSWER = {"en": "Answer: ", "zh": "答案："}
WHY = {
    "en": {
        "FIND": "the sentences to look at",
        "EXTRACT": "what is asked for in them",
        "COUNT": "how many there are",
        "CONCAT": "all of them in their order",
        "DIFFERENCE": "what the question asks for",
        "SUM": "what the question asks for",
    },
    "zh": {
        "FIND": "先找到相关的句子",
        "EXTRACT": "取出所问的内容",
        "COUNT": "数出有多少",
        "CONCAT": "依次连在一起",
        "DIFFERENCE": "得到所问的差",
        "SUM": "得到所问的和",
    },
}
COUNT = {
    "en": (
        "How many sentences mention “{x}”?",
        "In how many sentences does “{x}” come up, headings left aside?",
        "Count the sentences in which “{x}” is mentioned.",
        "How many of the sentences speak of “{x}”?",
        "What is the number of sentences that name “{x}”?",
    ),
    "zh": (
        "有多少个句子提到“{x}”？",
        "不算标题，“{x}”出现在几个句子里？",
        "请数出提到“{x}”的句子有多少个。",
        "一共有几句话说到了“{x}”？",
        "出现“{x}”一词的句子总共有多少句？",
    ),
}
QUOTE = {
    "en": (
        "What is said about “{x}”? Quote every sentence.",
        "Give all sentences that mention “{x}”, word for word and in their order.",
        "Collect everything that is said of “{x}”, in the very words.",
        "Which sentences bring up “{x}”? List them as they stand.",
        "Quote in full each sentence in which “{x}” is mentioned.",
    ),
    "zh": (
        "关于“{x}”都说了些什么？请逐句引出原文。",
        "请按先后顺序列出提到“{x}”的每一句原话。",
        "把文中关于“{x}”的句子全部照原文摘出来。",
        "哪些句子说到了“{x}”？请原样列出。",
        "请完整引出每一个含有“{x}”的句子。",
    ),
}
EXTRACT = {
    "en": (
        "Which {kind} stand in the sentences that mention “{x}”? Give them in order.",
        "List, in their order, all {kind} of the sentences about “{x}”.",
        "Wherever “{x}” is mentioned, which {kind} does the sentence give?",
        "Go through the sentences on “{x}” and note down their {kind}.",
        "What {kind} are given in the sentences that speak of “{x}”?",
    ),
    "zh": (
        "在提到“{x}”的句子里，依次出现了哪些{kind}？",
        "请按顺序列出涉及“{x}”的各句中的{kind}。",
        "凡是说到“{x}”的地方，句子里给出了哪些{kind}？",
        "通读有关“{x}”的句子，记下其中的{kind}。",
        "谈及“{x}”的句子给出的{kind}分别是什么？",
    ),
}
COMPARE = {
    "en": (
        "How many more sentences mention “{x}” than mention “{y}”?",
        "By how many sentences does “{x}” come up more often than “{y}”?",
        "Compare the numbers of sentences on “{x}” and on “{y}”: what is the difference?",
        "“{x}” is brought up in more sentences than “{y}”. In how many more?",
        "What is left if the sentences that name “{y}” are counted off from those that name “{x}”?",
    ),
    "zh": (
        "提到“{x}”的句子比提到“{y}”的多几个？",
        "以句子计，“{x}”比“{y}”多出现了多少句？",
        "比较说到“{x}”与说到“{y}”的句子数，两者相差多少？",
        "含有“{x}”的句子多于含有“{y}”的句子，多出几句？",
        "用提到“{x}”的句数减去提到“{y}”的句数，得多少？",
    ),
}
