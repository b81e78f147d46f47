"""The ways in which a teacher rewrites a text, by language and name."""

STYLES = {
    "en": {
        "plain": "clear, connected prose in plain words, as a good encyclopaedia has it",
        "lesson": "a lesson for somebody who meets the subject for the first time: it says why "
        "each step follows and in what order things are best understood",
        "dialogue": "a talk between two people, one of whom asks short, natural questions and the "
        "other answers them fully; each turn is a paragraph that begins with Q: or A:",
    },
    "zh": {
        "plain": "条理清楚、用词平实的连贯文字，像一部好的百科全书那样",
        "lesson": "写给初次接触这个题目的人的讲解：说明每一步为什么成立，按最容易理解的次序展开",
        "dialogue": "两个人的问答：一人提出简短自然的问题，另一人完整作答；每一轮自成一段，以“问：”或“答：”开头",
    },
}
