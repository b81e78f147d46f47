"""The wordings of questions and replies, English and Chinese, by what is asked for.

``{s}`` is a statement with a blank, ``{S}`` the same with its full stop, ``{what}`` what the blank
hides, ``{a}`` the answer, ``{full}`` the answer with what it counts. Chinese is written Simplified
and turned into Traditional where the material is.
"""

from __future__ import annotations

# --- one fact -------------------------------------------------------------------------------------

GAPS_EN = {
    "which": "Which {what} fills the gap in “{s}”?",
    "missing": "What {what} is missing from “{s}”?",
    "complete": "Complete this statement with the right {what}: “{S}”",
    "illegible": "One {what} is illegible in this copy: “{S}” What did it say?",
    "restore": "Restore the {what} that has been left out here: “{S}”",
    "blank": "How should the blank be filled in “{s}”? Give only the {what}.",
    "belongs": "“{S}” What {what} belongs in the blank?",
    "noted": "Someone noted down “{s}”, leaving a blank for the {what}. What goes there?",
    "supply": "Supply the missing {what}: “{S}”",
    "smudge": "A smudge covers the {what} in “{s}”. What is under it?",
}
KINDS_EN = {
    "number": {
        "figure": "What figure stood where “{s}” now has a blank?",
        "recall": "“{S}” Do you know the {what} that is meant?",
    },
    "date": {
        "dated": "Which {what} does the blank in “{s}” stand for?",
        "calendar": "What {what} should be written into “{s}”?",
    },
    "name": {
        "named": "Who or what is named in the blank of “{s}”?",
        "replaced": "A line has taken the place of a name in “{s}”. Whose or which name is it?",
    },
    "term": {
        "word": "What is the word or phrase for the blank in “{s}”?",
        "called": "What {what} does the author use where “{s}” has a blank?",
    },
    "quote": {
        "quoted": "What exactly is quoted where “{s}” has its blank?",
        "wording": "Give the exact wording that the quotation marks enclose in “{s}”.",
    },
}
WHAT_EN = {
    "number": "number", "number:%": "percentage", "number:$": "amount of money",
    "number:£": "amount of money", "number:€": "amount of money", "number:¥": "amount of money",
    "number:clock": "time", "date:day": "date", "date:month": "month and year",
    "date:year": "year", "date:monthday": "day and month", "name": "name", "term": "term",
    "term:code": "code", "term:title": "title", "quote": "phrase",
}  # fmt: skip
REPLIES_EN = {
    "gap": ["The missing {what} is {a}.", "It is {a}.", "{A}.", "The {what} is {a}."],
    "number": ["{Full}.", "The answer is {full}.", "{Full}, to be exact.", "The {what} is {a}."],
    "date": ["{A}.", "The answer is {a}.", "It is {a}.", "The {what} was {a}."],
    "name": ["{A}.", "The answer is {a}.", "It was {a}.", "The name is {a}."],
    "quote": ["“{a}”", "The words are “{a}”.", "It says “{a}”.", "Quoted there is “{a}”."],
}

GAPS_ZH = {
    "which": "“{s}”这句话里，空缺处应填什么{what}？",
    "complete": "请补全“{s}”，空白处的{what}是什么？",
    "hidden": "“{s}”中被隐去的{what}是什么？",
    "noted": "有人抄下“{s}”，却漏了其中的{what}。漏掉的是什么？",
    "line": "“{s}”，横线上原来写的是什么{what}？",
    "lacks": "下面这句话缺了一处{what}：“{S}”缺的是什么？",
    "fill": "“{s}”：横线处的{what}应当是什么？",
    "write": "请写出“{s}”中缺失的{what}。",
    "smudge": "“{s}”里的{what}被墨迹盖住了，它原本是什么？",
    "restore": "请把“{s}”中删去的{what}还原出来。",
}
KINDS_ZH = {
    "number": {
        "figure": "“{s}”里少掉的{what}究竟是多少？",
        "recall": "“{s}”，这里说的{what}是多少？",
    },
    "date": {
        "when": "“{s}”，空缺处指的是什么时候？",
        "dated": "“{s}”里缺的是哪个{what}？",
    },
    "name": {
        "named": "“{s}”里没有写出的{what}是哪一个？",
        "who": "“{s}”，横线代替的是哪个{what}？",
    },
    "term": {
        "word": "“{s}”的空缺处用的是哪个词语？",
        "called": "“{s}”里省去的是怎样一个{what}？",
    },
    "quote": {
        "quoted": "“{s}”引号里的原话是什么？",
        "wording": "“{s}”的引号中，一字不差地写着什么？",
    },
}
WHAT_ZH = {
    "number": "数字", "number:%": "百分比", "number:￥": "金额", "number:¥": "金额",
    "number:$": "金额", "number:€": "金额", "number:£": "金额", "number:clock": "时刻",
    "number:ordinal": "序数", "date:day": "日期", "date:month": "年月", "date:year": "年份",
    "date:monthday": "日期", "name": "名字", "name:person": "人名", "name:place": "地名",
    "name:organisation": "名称", "term": "词语", "term:bold": "术语", "term:code": "代码",
    "term:title": "书名或篇名", "term:named": "说法", "quote": "原话",
}  # fmt: skip
REPLIES_ZH = {
    "gap": ["缺失的{what}是{a}。", "是{a}。", "{a}。", "应填{a}。"],
    "number": ["{full}。", "是{full}。", "答案是{full}。"],
    "date": ["{a}。", "是{a}。", "时间是{a}。", "答案是{a}。"],
    "name": ["{a}。", "是{a}。", "答案是{a}。"],
    "quote": ["“{a}”", "原话是“{a}”。", "写的是“{a}”。"],
}

# --- several facts --------------------------------------------------------------------------------

JOINED_EN = {
    "compare": {
        "difference": "What is the difference between the two missing {numbers}: “{s1}” and "
        "“{s2}”?",
        "exceeds": "By how many {units} does the {number} missing from “{high}” exceed the one "
        "missing from “{low}”?",
        "apart": "Two {numbers} have been removed: “{s1}” and “{s2}”. How far apart are they?",
        "short": "How many {units} would have to be added to the figure left out of “{low}” to "
        "reach the one left out of “{high}”?",
        "subtract": "Find what is missing from “{s1}” and from “{s2}”, and subtract the smaller "
        "{number} from the larger. What is left?",
    },
    "compare:date": {
        "between": "How many calendar years lie between the dates missing from “{s1}” and from "
        "“{s2}”?",
        "later": "Going by the years alone, how many years later is the date left out of "
        "“{high}” than the one left out of “{low}”?",
        "span": "Two dates have been removed: “{s1}” and “{s2}”. By how many years do they differ, "
        "counting only the years?",
        "passed": "How many years passed between the two dates that belong in “{s1}” and in "
        "“{s2}”, taking only the years into account?",
    },
    "sum": {
        "total": "What do the missing {numbers} come to when they are added together: {list}?",
        "altogether": "How many {units} do these make altogether, once the gaps are filled: "
        "{list}?",
        "add": "Fill the gaps and add up the {numbers}: {list}. What is the total?",
        "sum": "What is the sum of the {numbers} that were left out of {list}?",
    },
    "order": {
        "ascending": "Fill the gaps and put these in order of the {number}, smallest first: "
        "{items}",
        "descending": "Rank these by the missing {number}, from the largest to the smallest: "
        "{items}",
        "arrange": "Arrange the statements so that the {numbers} left out of them rise: {items}",
        "down": "In which order do the missing {numbers} fall, beginning with the highest? {items}",
    },
    "order:date": {
        "ascending": "Each statement lacks its date. Put them in order, earliest first: {items}",
        "descending": "Sort these by the dates missing from them, the latest first: {items}",
        "arrange": "In what order do the dates left out of these statements follow one "
        "another? Begin with the earliest. {items}",
        "down": "Going back in time from the most recent, in which order do these come once "
        "they are dated? {items}",
    },
    "bridge": {
        "elsewhere": "A name is missing from “{s1}”. The other statement that mentions this "
        "name gives {hint}. What is it?",
        "same": "Whoever or whatever is missing from “{s1}” is named in one other statement "
        "too. Which {what} is given there?",
        "find": "First work out the name left out of “{s1}”, then look for the other statement "
        "in which it occurs: what {what} does that one contain?",
        "lead": "“{S1}” The name in the blank leads to one other statement, which contains "
        "{hint}. Give the {what}.",
        "twice": "One name fits the blank in “{s1}” and turns up in one other statement. What "
        "{what} does that other statement give?",
    },
}
REPLIES_JOINED_EN = {
    "compare": "The two figures are {first} and {second}, so the difference is {answer}.",
    "compare:date": "The dates are {first} and {second}, so the difference is {answer} {years}.",
    "sum": "The figures are {all}, which makes {answer} in all.",
    "order": "{answer}. The figures are {labelled}.",
    "order:date": "{answer}. The dates are {labelled}.",
    "bridge": "The name is {name}, and the other statement gives {answer}.",
}
JOINED_ZH = {
    "compare": {
        "difference": "“{s1}”和“{s2}”，这两处空缺的数相差多少{units}？",
        "exceeds": "“{high}”里缺的数比“{low}”里缺的数多多少{units}？",
        "short": "“{low}”里缺的数要再加多少{units}，才等于“{high}”里缺的数？",
        "subtract": "先找出“{s1}”与“{s2}”中隐去的数，再用大的减去小的，得多少{units}？",
        "apart": "有两个以{counted}计的数被删去了：“{s1}”；“{s2}”。两数之差是多少？",
    },
    "compare:date": {
        "between": "“{s1}”和“{s2}”，这两处空缺的日期在年份上相差几年？",
        "later": "只按年份算，“{high}”里缺的日期比“{low}”里缺的日期晚几年？",
        "span": "有两个日期被删去了：“{s1}”；“{s2}”。它们的年份之差是多少？",
        "passed": "从一处到另一处隔了几年（只看年份）：“{s1}”；“{s2}”？",
    },
    "sum": {
        "total": "把{list}这几处空缺的数加起来，一共是多少{units}？",
        "add": "先填出{list}中的空缺，再求和，得多少{units}？",
        "altogether": "{list}，空缺的数合计多少{units}？",
        "sum": "下面几句各缺一个以{counted}计的数：{list}。这些数的总和是多少？",
    },
    "order": {
        "ascending": "下面几句各缺一个以{counted}计的数，请按数从小到大排列：{items}",
        "descending": "补出下面各句缺少的数（都以{counted}计），再从大到小排列：{items}",
        "arrange": "怎样排列，才能使各句空缺的数（以{counted}计）依次增大？{items}",
        "down": "各句空缺的数都以{counted}计，从最大的说起，依次是哪几句？{items}",
    },
    "order:date": {
        "ascending": "下面几句都略去了日期，请按时间先后排列：{items}",
        "descending": "请按空缺的日期把下面几句从晚到早排列：{items}",
        "arrange": "补上日期之后，下面各句从最早的开始，先后次序如何？{items}",
        "down": "从最近的往回数，下面各句略去的日期依次属于哪几句？{items}",
    },
    "bridge": {
        "elsewhere": "“{s1}”里少了一个名字。另有一句话也提到这个名字，那句话给出的{what}是什么？",
        "same": "“{s1}”中被隐去的名字还出现在另一句话里，那里说的{what}是什么？",
        "find": "先想出“{s1}”里缺的是谁或什么，再找到提到同一名字的另一句话：其中的{what}是什么？",
        "lead": "由“{s1}”的空缺可知一个名字，顺着这个名字找到另一处说法，那里的{what}是什么？",
    },
}
REPLIES_JOINED_ZH = {
    "compare": "两个数分别是{first}和{second}，相差{answer}。",
    "compare:date": "两个日期分别是{first}和{second}，相差{answer}年。",
    "sum": "这几个数是{all}，合计{answer}。",
    "order": "{answer}。各数为{labelled}。",
    "order:date": "{answer}。日期分别为{labelled}。",
    "bridge": "这个名字是{name}，另一处给出的是{answer}。",
}
# What a unit is called in a question that counts it; other English units get their plural.
UNITS_EN = {
    "%": "percentage points", "$": "dollars", "£": "pounds", "€": "euros", "¥": "yen",
    "foot": "feet", "man": "men", "woman": "women", "child": "children", "person": "people",
    "°": "degrees", "°C": "degrees", "sheep": "sheep", "staff": "staff", "life": "lives",
    "tooth": "teeth",
}  # fmt: skip
NUMBERS_EN = {"%": "percentages", "$": "sums of money", "£": "sums of money", "€": "sums of money"}
UNITS_ZH = {"%": "个百分点", "￥": "元", "¥": "元", "$": "美元", "€": "欧元", "£": "英镑"}
COUNTED_ZH = {"%": "百分比"}

# --- Traditional ----------------------------------------------------------------------------------

_PAIRS = (
    "与與 两兩 个個 为為 么麼 书書 于於 从從 们們 写寫 减減 几幾 别別 删刪 后後 处處 应應 开開 "
    "总總 数數 时時 术術 样樣 横橫 欧歐 没沒 点點 现現 盖蓋 码碼 称稱 线線 给給 补補 计計 词詞 "
    "话話 语語 说說 请請 谁誰 该該 还還 这這 迹跡 里裏 镑鎊 间間 隐隱 顺順 额額 属屬 着著 发發 "
    "号號 当當 钱錢"
)
TO_TRADITIONAL = str.maketrans({pair[0]: pair[1] for pair in _PAIRS.split()})
