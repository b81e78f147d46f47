"""The words around a list of symbols, by language and form: instructions, questions, steps, answers.

``{list}`` is the list's name, such as R-5821. Keys, symbols and variables stand between quotation
marks, or on lines of their own.
"""

from __future__ import annotations

INSTRUCTIONS = {
    "en": (
        "Below is a register; a question about its entries comes after it.",
        "Go through the register below, then answer what is asked beneath it.",
        "This register will be needed for the question at the end.",
        "Look the answer up in the following register; nothing outside it is needed.",
        "Here are the entries of one register, with a question at the bottom.",
        "Take the register that follows as it is, and answer from its entries.",
    ),
    "zh": (
        "下面是一份登记册，之后有一个关于其中条目的问题。",
        "请先查看下面的登记册，再回答其后的问题。",
        "回答末尾的问题时需要用到这份登记册。",
        "请在下列登记册中查找答案，不需要用到别的知识。",
        "以下是一份登记册的全部条目，问题在最后。",
        "请以下面这份登记册为准，依照其中的条目作答。",
    ),
}
# Where entries are statements that take effect one after the other.
IN_TURN = {
    "en": (
        "The register below sets variables, line by line; each line takes effect after those above it.",
        "Carry the lines of this register out from top to bottom, then answer the question.",
        "Each line below gives a variable a number, or what another variable has at that moment.",
        "Follow the settings of this register in their order; the question comes at the end.",
        "These lines change variables one after the other. A question about the outcome follows.",
    ),
    "zh": (
        "下面的登记册逐行给变量赋值，每一行都在它上面各行之后生效。",
        "请自上而下执行登记册中的各行，然后回答问题。",
        "下面每一行要么给变量一个数，要么让它取另一个变量当时的值。",
        "请按先后次序跟踪这份登记册里的赋值，问题在最后。",
        "以下各行依次改变变量的值，之后会问到结果。",
    ),
}
QUESTIONS = {
    "en": {
        "lookup-one": (
            "What does register {list} give for the key “{keys}”?",
            "Which entry belongs to “{keys}” in register {list}? Say what stands there.",
            "In register {list}, what stands beside “{keys}”?",
            "Tell me what {list} has under “{keys}”.",
            "I am looking for “{keys}” in register {list}. What is its value?",
            "Read off from {list} what “{keys}” is mapped to.",
        ),
        "lookup-many": (
            "What does register {list} give for each of these keys?\n{keys}",
            "Look these keys up in {list} and write each with what it has:\n{keys}",
            "For the following keys, what stands in register {list}?\n{keys}",
            "I need the entries of {list} for several keys:\n{keys}",
            "Give key and value from register {list} for all of these:\n{keys}",
        ),
        "hops-end": (
            "Start from “{key}” in register {list}. Whatever it gives is looked up as a key in turn, "
            "until something is no key. What do you end with?",
            "In {list} a value may be a key again. Where does one arrive from “{key}”, going on as "
            "long as there is an entry?",
            "Follow “{key}” through register {list} from entry to entry. What is the last thing "
            "reached, which has no entry of its own?",
            "Begin at “{key}” and keep looking up what you find in {list}. At what does the chain stop?",
            "Which value without an entry of its own does the trail from “{key}” lead to in register "
            "{list}?",
        ),
        "hops-steps": (
            "Look “{key}” up in register {list}, then look up what you found, and so on. What do you "
            "have after {count} look-ups?",
            "From “{key}”, go {count} entries forward in {list}, each time from a value to the entry "
            "that has it as its key. Where are you then?",
            "What does one hold after {count} look-ups in register {list}, beginning with “{key}”?",
            "Take {count} steps from “{key}” through {list}, a step being one look-up. What comes out?",
            "The chain in register {list} that begins with “{key}”: what stands {count} links further?",
        ),
        "tracking-value": (
            "Which number does “{name}” have once all of register {list} has been carried out?",
            "After the last line of {list}, what is “{name}”?",
            "Work out what “{name}” holds at the end of register {list}.",
            "Give the number that “{name}” is left with when {list} is through.",
            "At the close of register {list}, what number stands in “{name}”?",
        ),
        "tracking-names": (
            "Which variables hold {value} once all of register {list} has been carried out?",
            "Name every variable that is left with {value} after the last line of {list}.",
            "When {list} is through, who has the number {value}? List all of them.",
            "At the close of register {list}, in which variables does {value} stand?",
            "Find all variables that end up with {value} in register {list}.",
        ),
        "count-one": (
            "How many entries of register {list} read “{symbol}”?",
            "Count “{symbol}” in {list}: how many times is it entered?",
            "Going through all of register {list}, how often do you meet “{symbol}”?",
            "The number of entries with “{symbol}” in {list}, please.",
            "“{symbol}” is entered in {list} more than once, perhaps. How many times exactly?",
        ),
        "count-most": (
            "What is entered in register {list} more often than anything else, and how many times?",
            "Find the most frequent entry of {list} and its count.",
            "Of everything in register {list}, what has been entered most, and how often?",
            "One entry of {list} comes up more than all others. Which is it, and how many times?",
            "Count the repeated entries of register {list}: which leads, with how many?",
        ),
        "count-above": (
            "How many values in register {list} are greater than {limit}?",
            "Count the entries of {list} whose value lies above {limit}.",
            "Of the values in register {list}, how many exceed {limit}?",
            "In how many entries of {list} is the value larger than {limit}?",
            "Tell me for how many keys {list} has a value over {limit}.",
        ),
        "count-below": (
            "How many values in register {list} are smaller than {limit}?",
            "Count the entries of {list} whose value lies below {limit}.",
            "Of the values in register {list}, how many stay under {limit}?",
            "In how many entries of {list} is the value less than {limit}?",
            "Tell me for how many keys {list} has a value under {limit}.",
        ),
    },
    "zh": {
        "lookup-one": (
            "登记册{list}中，键“{keys}”登记的是什么？",
            "请查出{list}里“{keys}”一项对应的内容。",
            "在登记册{list}里，“{keys}”旁边写的是什么？",
            "“{keys}”在{list}中对应哪个值？",
            "我要找登记册{list}里的“{keys}”，它的值是多少？",
            "请从{list}中读出“{keys}”所对应的值。",
        ),
        "lookup-many": (
            "下列各键在登记册{list}中分别登记了什么？\n{keys}",
            "请在{list}中查找这些键，逐个写出键和值：\n{keys}",
            "登记册{list}里，以下几个键各对应什么？\n{keys}",
            "我需要{list}中这几项的内容：\n{keys}",
            "请给出登记册{list}中下列每个键及其值：\n{keys}",
        ),
        "hops-end": (
            "从登记册{list}的“{key}”开始，查到的内容再当作键去查，直到查到的内容不再是键为止。最后得到什么？",
            "{list}中的值可能又是一个键。从“{key}”出发，只要有条目就一直查下去，会停在哪里？",
            "请在登记册{list}中由“{key}”逐项追查，最后到达的、没有自己条目的内容是什么？",
            "以“{key}”为起点，在{list}里不断查找所得的内容，这条链的终点是什么？",
            "在登记册{list}中，沿“{key}”一路查到底，得到哪个不再是键的值？",
        ),
        "hops-steps": (
            "在登记册{list}中查“{key}”，再查所得的内容，如此继续。查{count}次之后得到什么？",
            "从“{key}”出发，在{list}中每次由值找到以它为键的条目，前进{count}步后是什么？",
            "以“{key}”开始，在登记册{list}里连续查找{count}次，结果是什么？",
            "查一次算一步，从“{key}”起在{list}中走{count}步，会得到什么？",
            "登记册{list}里有一条以“{key}”开头的链，往后数{count}环是什么？",
        ),
        "tracking-value": (
            "登记册{list}全部执行完以后，“{name}”是多少？",
            "{list}最后一行生效之后，变量“{name}”的值是什么？",
            "请推算：到登记册{list}结束时，“{name}”存着哪个数？",
            "执行完{list}，“{name}”最终得到的数是多少？",
            "登记册{list}到末尾时，“{name}”等于多少？",
        ),
        "tracking-names": (
            "登记册{list}全部执行完以后，哪些变量是{value}？",
            "请列出{list}最后一行生效之后仍等于{value}的所有变量。",
            "执行完{list}，数{value}落在了哪些变量里？请全部写出。",
            "登记册{list}到末尾时，值为{value}的变量有哪些？",
            "请找出{list}中最终得到{value}的全部变量。",
        ),
        "count-one": (
            "登记册{list}中有多少条写着“{symbol}”？",
            "请数一数：“{symbol}”在{list}里登记了几次？",
            "通查登记册{list}，一共能见到几次“{symbol}”？",
            "{list}里内容为“{symbol}”的条目共有多少条？",
            "“{symbol}”在{list}中可能不止登记一次，确切是几次？",
        ),
        "count-most": (
            "登记册{list}里登记得最多的是什么？共几次？",
            "请找出{list}中重复最多的内容，并说明次数。",
            "在登记册{list}的所有内容中，哪一个出现最多？有几次？",
            "{list}里有一项比其余各项都登记得多，是哪一项？多少次？",
            "统计登记册{list}中重复的条目：居首的是什么，共几条？",
        ),
        "count-above": (
            "登记册{list}中大于{limit}的值有几个？",
            "请数出{list}里值高于{limit}的条目数。",
            "登记册{list}的各个值当中，超过{limit}的有多少个？",
            "{list}中有几条的值比{limit}大？",
            "请问{list}里值在{limit}以上（不含）的键有几个？",
        ),
        "count-below": (
            "登记册{list}中小于{limit}的值有几个？",
            "请数出{list}里值低于{limit}的条目数。",
            "登记册{list}的各个值当中，不到{limit}的有多少个？",
            "{list}中有几条的值比{limit}小？",
            "请问{list}里值在{limit}以下（不含）的键有几个？",
        ),
    },
}
# Said before the answer: how it is found. ``{found}`` lists the evidence.
STEPS = {
    "en": {
        "hops-end": "Looked up in turn: {found}. The last one has no entry.",
        "hops-steps": "Looked up in turn: {found}.",
        "tracking-value": "The lines that matter, in order: {found}.",
        "tracking-names": "The lines that matter, in order: {found}.",
        "count-one": "It stands in the entries numbered {found}.",
        "count-most": "“{symbol}” stands in the entries numbered {found}; nothing else stands so often.",
        "count-above": "Greater than {limit} are: {found}.",
        "count-below": "Smaller than {limit} are: {found}.",
    },
    "zh": {
        "hops-end": "依次查得：{found}。最后一个没有条目。",
        "hops-steps": "依次查得：{found}。",
        "tracking-value": "相关的各行依次是：{found}。",
        "tracking-names": "相关的各行依次是：{found}。",
        "count-one": "它在以下编号的条目中：{found}。",
        "count-most": "“{symbol}”在编号为{found}的条目中，别的内容都没有这么多次。",
        "count-above": "大于{limit}的有：{found}。",
        "count-below": "小于{limit}的有：{found}。",
    },
}
ANSWERS = {
    "en": {
        "lookup-one": (
            "It is {answer}.",
            "Register {list} gives {answer}.",
            "The value of “{keys}” is {answer}.",
            "Under that key stands {answer}.",
            "{answer}",
        ),
        "lookup-many": (
            "{answer}",
            "Register {list} gives:\n{answer}",
            "Here they are:\n{answer}",
            "The entries are:\n{answer}",
            "Found in {list}:\n{answer}",
        ),
        "hops-end": (
            "One ends with {answer}.",
            "The chain stops at {answer}.",
            "That leads to {answer}.",
            "The end is {answer}.",
            "{answer}",
        ),
        "hops-steps": (
            "After {count} look-ups it is {answer}.",
            "That gives {answer}.",
            "One arrives at {answer}.",
            "The result is {answer}.",
            "{answer}",
        ),
        "tracking-value": (
            "“{name}” has {answer} in the end.",
            "It is left with {answer}.",
            "The number is {answer}.",
            "At the end it holds {answer}.",
            "{answer}",
        ),
        "tracking-names": (
            "These have {value}: {answer}.",
            "Left with {value}: {answer}.",
            "The variables are {answer}.",
            "It stands in {answer}.",
            "{answer}",
        ),
        "count-one": (
            "It is entered {answer}.",
            "“{symbol}” comes up {answer}.",
            "That is {answer}.",
            "Altogether {answer}.",
            "Exactly {answer}.",
        ),
        "count-most": (
            "It is {answer}, entered {count} times.",
            "{answer} leads with {count} entries.",
            "{answer}, {count} times.",
            "Most often stands {answer}: {count} times.",
            "The most frequent entry is {answer} ({count} times).",
        ),
        "count-above": (
            "There are {answer}.",
            "{answer} of them.",
            "Above {limit} lie {answer}.",
            "The count is {answer}.",
            "That makes {answer}.",
        ),
        "count-below": (
            "There are {answer}.",
            "{answer} of them.",
            "Below {limit} lie {answer}.",
            "The count is {answer}.",
            "That makes {answer}.",
        ),
    },
    "zh": {
        "lookup-one": (
            "是{answer}。",
            "登记册{list}中写的是{answer}。",
            "“{keys}”的值是{answer}。",
            "该键对应{answer}。",
            "{answer}",
        ),
        "lookup-many": (
            "{answer}",
            "登记册{list}中分别是：\n{answer}",
            "查得如下：\n{answer}",
            "各项内容为：\n{answer}",
            "{list}中的条目是：\n{answer}",
        ),
        "hops-end": (
            "最后得到{answer}。",
            "这条链停在{answer}。",
            "终点是{answer}。",
            "一路查到底是{answer}。",
            "{answer}",
        ),
        "hops-steps": (
            "查{count}次之后是{answer}。",
            "结果是{answer}。",
            "得到{answer}。",
            "走完{count}步，是{answer}。",
            "{answer}",
        ),
        "tracking-value": (
            "“{name}”最终是{answer}。",
            "最后的值是{answer}。",
            "它等于{answer}。",
            "执行完后是{answer}。",
            "{answer}",
        ),
        "tracking-names": (
            "等于{value}的变量是：{answer}。",
            "最终为{value}的有{answer}。",
            "这些变量是{answer}。",
            "有{answer}。",
            "{answer}",
        ),
        "count-one": (
            "共登记{answer}次。",
            "“{symbol}”出现了{answer}次。",
            "一共{answer}条。",
            "是{answer}次。",
            "确切地说是{answer}次。",
        ),
        "count-most": (
            "是{answer}，共{count}次。",
            "{answer}最多，有{count}条。",
            "登记得最多的是{answer}，{count}次。",
            "居首的是{answer}，一共{count}次。",
            "{answer}，{count}次。",
        ),
        "count-above": (
            "共有{answer}个。",
            "一共{answer}个。",
            "大于{limit}的有{answer}个。",
            "总数是{answer}。",
            "数下来是{answer}个。",
        ),
        "count-below": (
            "共有{answer}个。",
            "一共{answer}个。",
            "小于{limit}的有{answer}个。",
            "总数是{answer}。",
            "数下来是{answer}个。",
        ),
    },
}


def times(answer: str, form: str, language: str) -> str:
    """How often something is entered, as English says it; numbers elsewhere stay as they are."""
    if form != "count-one" or language != "en":
        return answer
    return {"1": "once", "2": "twice"}.get(answer, f"{answer} times")
