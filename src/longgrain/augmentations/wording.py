"""What is demanded of an answer, and how two questions are put at once, by language."""

CONSTRAINTS = {
    "json": {
        "en": (
            'Reply with a JSON object that has the one key "answer".',
            'Give your answer as JSON, in the form {{"answer": "..."}}, and nothing else.',
            'Your whole reply must be a JSON object with the answer under "answer".',
            'Put the answer into a JSON object under the key "answer".',
            'Write nothing but JSON: {{"answer": "..."}}.',
        ),
        "zh": (
            '请用 JSON 对象回答，只有 "answer" 一个键。',
            '请以 {{"answer": "……"}} 这种 JSON 形式作答，不要写别的。',
            '整个回答应是一个 JSON 对象，答案写在 "answer" 里。',
            '请把答案放进一个 JSON 对象，键名为 "answer"。',
            '只输出 JSON：{{"answer": "……"}}。',
        ),
    },
    "alone": {
        "en": (
            "Give the answer alone, without a sentence around it.",
            "Reply with nothing but the answer itself.",
            "Write only what is asked for, no whole sentence.",
            "Just the answer, please; leave everything else out.",
            "No introduction and no explanation: the bare answer.",
        ),
        "zh": (
            "只写答案本身，不要写成句子。",
            "请只给出答案，别的什么都不要写。",
            "只需写出所问的内容，不必成句。",
            "请直接写答案，省去其他文字。",
            "不要开场白，也不要解释，只要答案。",
        ),
    },
    "words": {
        "en": (
            "Use at most {most} words.",
            "Your reply may have {most} words and no more.",
            "Answer in no more than {most} words.",
            "Keep to a limit of {most} words.",
            "Not more than {most} words, please.",
        ),
        "zh": (
            "回答不超过{most}个字。",
            "请用至多{most}个字作答。",
            "字数限制：{most}字以内。",
            "请将回答控制在{most}字以内。",
            "最多写{most}个字。",
        ),
    },
    "tag": {
        "en": (
            "Put the answer between <answer> and </answer>, and write nothing outside.",
            "Your reply begins with <answer> and ends with </answer>.",
            "Enclose the answer in the tag <answer>, like <answer>...</answer>.",
            "Write <answer>, then the answer, then </answer>.",
            "A program reads the reply: give it as <answer>...</answer>.",
        ),
        "zh": (
            "请把答案写在 <answer> 和 </answer> 之间，外面不要写别的。",
            "回答以 <answer> 开头，以 </answer> 结尾。",
            "请用标签 <answer> 括住答案，形如 <answer>……</answer>。",
            "先写 <answer>，再写答案，最后写 </answer>。",
            "回答由程序读取，请写成 <answer>……</answer>。",
        ),
    },
    "language": {
        "en": (
            "Answer in English.",
            "Your reply must be in English.",
            "Write the answer in English.",
            "English is the language to reply in.",
            "Please keep to English.",
        ),
        "zh": (
            "请用中文回答。",
            "回答须用中文书写。",
            "请以中文作答。",
            "作答语言：中文。",
            "请使用中文写出答案。",
        ),
    },
}
BOTH = {
    "en": (
        "Read the passages below and answer both questions after them, each under its number.",
        "Two questions follow the passages. Answer them in turn, and number the answers.",
        "Use what the following passages say to answer the two questions at the end, numbered as they are.",
        "The material below answers two questions. Give both answers, 1 and 2.",
        "After the passages come two questions; reply to each on a line of its own that begins with its number.",
    ),
    "zh": (
        "阅读下面的材料，回答后面的两个问题，并标明序号。",
        "材料之后有两个问题，请依次作答，并给答案编号。",
        "请依据下列材料的内容回答末尾的两个问题，序号与问题一致。",
        "下面的材料可以回答两个问题，请分别写出答案1和答案2。",
        "段落之后是两个问题，请每题一行，以题号开头作答。",
    ),
}
LABEL = {"en": "Questions:\n", "zh": "问题：\n"}
