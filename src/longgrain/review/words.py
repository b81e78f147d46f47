"""A word of the page > what it says in English and in Chinese."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
# Word > English, Chinese.
WORDS: dict[str, tuple[str, str]] = {
    # the page
    "review": ("Review", "评审"),
    "skip_to_work": ("Skip to the item", "跳到条目"),
    "list": ("List", "列表"),
    "next": ("Next item", "下一条"),
    "help": ("Keys", "按键"),
    "close": ("Close", "关闭"),
    "other_language": ("中文", "English"),
    "who": ("What is your name?", "请问怎么称呼您？"),
    "who_why": (
        "It stands beside your decisions, so that those of several people can be told apart.",
        "您的名字会与您的判断一起保存，以便区分不同的人。",
    ),
    "begin": ("Begin", "开始"),
    "change_name": ("Somebody else", "换人"),
    "done_of": ("{done} of {all}", "已评 {done} / {all}"),
    "skipped_count": ("{count} skipped", "跳过 {count}"),
    "others_count": ("others: {counts}", "其他人：{counts}"),
    "saved": ("Saved: {verdict}", "已保存：{verdict}"),
    "undone": ("Taken back. This is the item.", "已撤销，就是这一条。"),
    "nothing_to_undo": ("There is nothing to take back.", "没有可以撤销的操作。"),
    "all_done": ("That was all.", "全部完成。"),
    "all_done_why": (
        "There is no item left for you. What you decided can be changed from the list.",
        "没有待评的条目了。已作的判断可以在列表中修改。",
    ),
    "nothing_free": (
        "The rest is with others, or has been judged by enough people.",
        "其余条目正由他人处理，或评审人数已够。",
    ),
    "see_skipped": ("Look at what was skipped", "查看跳过的条目"),
    "left_out": ("Left out: {what}", "未列入：{what}"),
    "no_items": ("There are no items.", "没有条目。"),
    # verdicts
    "accept": ("Accept", "通过"),
    "reject": ("Reject", "拒绝"),
    "edit": ("Edit", "修改"),
    "skip": ("Skip", "跳过"),
    "undo": ("Undo", "撤销"),
    "labelled": ("Labelled", "已标注"),
    "a": ("Decided", "已比较"),
    "b": ("Decided", "已比较"),
    "tie": ("Tie", "不分高下"),
    "left": ("Left is better", "左边更好"),
    "right": ("Right is better", "右边更好"),
    "open": ("Open", "待评"),
    "done": ("Done", "已评"),
    "all": ("All", "全部"),
    # an example
    "context": ("Example", "样例"),
    "judgement": ("Judgement", "判断"),
    "evidence": ("Evidence", "证据"),
    "evidence_at": ("Evidence {number}, at {depth} of the context", "证据 {number}，位于上下文 {depth} 处"),
    "no_evidence": ("no evidence in the context", "上下文中没有证据"),
    "next_evidence": ("Next evidence", "下一处证据"),
    "previous_evidence": ("Previous evidence", "上一处证据"),
    "from_first_to_last": ("Roles from the first token to the last", "从第一个词元到最后一个词元的角色"),
    "question": ("Question", "问题"),
    "answer": ("Answer", "答案"),
    "rejected_answer": ("In the view “{name}”", "在视图“{name}”中"),
    "checks": ("Checks", "检查"),
    "passed": ("passed: {names}", "已通过：{names}"),
    "in_rows": ("In the rows", "在数据行中"),
    "tokens": ("{count} tokens", "{count} 个词元"),
    "rubrics": ("Ratings", "评分"),
    "rate": ("Rate with 1 to {last}", "按 1 至 {last} 评分"),
    "next_rubric": ("Next rating", "下一项评分"),
    "clear_rating": ("Clear the rating", "清除评分"),
    "note": ("Note", "备注"),
    "note_why": ("why, or what is wrong", "原因，或哪里有问题"),
    "edit_why": (
        "Your words become a new version. The original stays as it is.",
        "您的文字会存为新版本，原文保持不变。",
    ),
    "save_edit": ("Save as a new version", "存为新版本"),
    "cancel": ("Cancel", "取消"),
    "original": ("Original", "原文"),
    "versions": ("Versions", "版本"),
    "decided_before": ("You decided before: {verdict}", "您之前的判断：{verdict}"),
    "scroll": ("Scroll the context", "滚动上下文"),
    "leave_field": ("Leave a text field", "离开输入框"),
    "send_field": ("Save from a text field", "在输入框中保存"),
    "role_instruction": ("instruction", "指令"),
    "role_metadata": ("metadata", "元数据"),
    "role_evidence": ("evidence", "证据"),
    "role_distractor": ("distractor", "干扰"),
    "role_summary": ("summary", "摘要"),
    "role_question": ("question", "问题"),
    "role_plan": ("plan", "计划"),
    "role_attempt": ("attempt", "尝试"),
    "role_verdict": ("verdict", "判定"),
    "role_reasoning": ("reasoning", "推理"),
    "role_answer": ("answer", "答案"),
    # labelling
    "text": ("Text", "文本"),
    "classes": ("Classes", "类别"),
    "entities": ("Entities", "实体"),
    "relations": ("Relations", "关系"),
    "class": ("Class", "类别"),
    "entity": ("Entity", "实体"),
    "relation": ("Relation", "关系"),
    "save_labels": ("Save and go on", "保存并继续"),
    "suggested_by": ("Suggested by {name}: please correct", "由 {name} 预先标注，请更正"),
    "no_suggestion": ("No suggestion: {about}", "没有预先标注：{about}"),
    "rule": ("a rule", "规则"),
    "file": ("the file", "文件"),
    "write_question": ("Write the question", "填写问题"),
    "mark_answer": ("Mark the answer", "标出答案"),
    "mark_evidence": ("Mark the evidence", "标出证据"),
    "pick_entity": ("Pick the entity at the cursor for a relation", "选取光标处的实体以建立关系"),
    "remove_mark": ("Remove the mark at the cursor", "删除光标处的标记"),
    "move_word": ("Move by a word", "按词移动"),
    "move_sentence": ("Move by a sentence", "按句移动"),
    "extend": ("Extend the selection", "扩展选区"),
    "adjust_end": ("Move the end by a character", "按字符移动末端"),
    "how_to_label": (
        "Select words with the mouse, or with the arrow keys and Shift, then press the key of a label.",
        "用鼠标选取文字，或用方向键加 Shift 选取，然后按标签对应的键。",
    ),
    "how_to_relate": (
        "Pick two entities, the first one first, then press the key of the relation.",
        "先后选取两个实体，再按关系对应的键。",
    ),
    "picked": ("picked", "已选取"),
    "nothing_marked": ("nothing is marked yet", "尚无标记"),
    # pairs
    "which_is_better": ("Which answer is better?", "哪个回答更好？"),
    "whole_prompt": ("The whole prompt", "完整提示"),
    "reference": ("Reference answer", "参考答案"),
    "better": ("better", "更好"),
    "ties": ("ties", "平局"),
    "share_of_decided": (
        "{name}: better in {share} of {count} decided (95% interval {low} to {high})",
        "{name}：在 {count} 次分出高下的比较中占 {share}（95% 区间 {low} 至 {high}）",
    ),
    # the list
    "items": ("{count} items", "{count} 条"),
    "find": ("Find", "查找"),
    "find_why": ("words, or the beginning of an id", "文字，或编号开头"),
    "state": ("State", "状态"),
    "sort": ("Sort", "类型"),
    "page_of": ("Page {page} of {last}", "第 {page} / {last} 页"),
    "next_page": ("Next page", "下一页"),
    "previous_page": ("Previous page", "上一页"),
    "no_match": ("Nothing is like that.", "没有符合条件的条目。"),
    # what cannot be kept
    "not_saved": (
        "Not saved: the server does not answer. Nothing is lost on this page; try again.",
        "未保存：服务器没有响应。本页内容仍在，请重试。",
    ),
    "failed": ("Something went wrong, and nothing was saved: {about}", "出错了，未保存：{about}"),
    "no_such_item": ("There is no such item: {about}", "没有这个条目：{about}"),
    "no_such_verdict": ("There is no such verdict: {about}", "没有这种判断：{about}"),
    "no_such_point": ("There is no such point: {about}", "没有这个分值：{about}"),
    "nothing_to_edit": ("This example has no such part: {about}", "该样例没有这一部分：{about}"),
    "edit_is_empty": ("An edit leaves nothing; reject the example instead.", "修改后为空；请改用“拒绝”。"),
    "edit_changes_nothing": ("Nothing was changed; accept it instead.", "没有任何改动；请改用“通过”。"),
    "labels_do_not_fit": ("Labels that do not fit the text: {about}", "标注与文本不符：{about}"),
    "class_is_missing": ("Choose a class first.", "请先选择类别。"),
    "one_class_only": ("Only one class may be chosen.", "只能选择一个类别。"),
    "question_needs_answer": ("Mark the answer to the question in the text.", "请在文本中标出问题的答案。"),
    "answer_needs_question": ("Write the question to the answer.", "请填写答案对应的问题。"),
    "other_person": (
        "This page was opened by {about}. Load it again to go on under the name of now.",
        "此页由 {about} 打开。请重新载入，以当前名字继续。",
    ),
    "name_is_empty": ("A name has 1 to 80 characters.", "名字长度应为 1 到 80 个字符。"),
    "not_seen_before": ("This item cannot come again yet.", "该条目尚不能重复出现。"),
    # what is no item
    "text_is_empty": ("{count} texts without words", "{count} 段空文本"),
    "text_is_too_long": ("{count} texts that are too long for a page", "{count} 段文本过长"),
    "no_reply": ("{count} without a reply", "{count} 条没有回答"),
    "same_reply": ("{count} with the same words in both", "{count} 条两边相同"),
    "same_item": ("{count} with the words of another item", "{count} 条与其他条目相同"),
    "only_in_one": ("{count} in one file only", "{count} 条只在一个文件中"),
}  # fmt: skip


def speaker_of(language: Language) -> Callable[..., str]:
    """A function that says a word in a language, its blanks filled in."""
    column = LANGUAGES.index(language)

    def say(word: str, **blanks: object) -> str:
        text = WORDS[word][column]
        return text.format(**blanks) if blanks else text

    return say


def language_of(accepted: str) -> Language:
    """The first language of a header Accept-Language that the page speaks; English otherwise."""
    for part in accepted.split(","):
        code = part.split(";")[0].strip().lower()[:2]
        for language in LANGUAGES:
            if code == language:
                return language
    return "en"
