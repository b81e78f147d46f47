"""A sentence and one of its facts > a question about the fact, as people ask, or None.

Each function turns the sentence itself into a question ("The entrance is 64 metres wide" > "How
many metres wide is the entrance?") and gives up where the grammar might not hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from longgrain.facts import Fact, Language, counted_noun
from longgrain.teachers._script import Script, written

# The form's name, the question, and the words of the sentence around the fact that it shows.
Question = tuple[str, str, str, str]
_MONEY = frozenset("$£€¥￥")
_NOT_QUANTITIES = ("clock", "ordinal", "reference", None)

# --- which facts are worth asking about -----------------------------------------------------------

_ANAPHORIC = re.compile(
    r"\b(?:the|these|those|both|his|her|its|their|my|our|your|all|other)\s$", re.IGNORECASE
)
# "two or three", "a thousand nameless evils": said of no count in particular.
_ROUGHLY = re.compile(r"\bor\s$|\b(?:few|several|couple of|many|some)\s$", re.IGNORECASE)
_FIGURATIVE = frozenset(("hundred", "thousand", "million", "billion"))
# After 第十七: a row, a leaf, a kind, but no article of a law and no third party.
_COUNTED = tuple("个個排册冊叶葉幅种種座名批届屆代位号號期组組间間桌列家隻")
_REIGN = re.compile(r"^$|[王公帝侯宗元祖后後初]$")
_COMPOUND_BEFORE = re.compile(r"\d(?:分|时|小时|小時|元|年|天|丈|尺|斤)$")
_NUMERAL = re.compile(r"\d")
_SEASON = re.compile(r"年[春夏秋冬正〇一二三四五六七八九十]")
_HAN_LETTER = re.compile(r"[㐀-鿿]")


def askable(fact: Fact, before: str, after: str, language: Language) -> bool:
    """Whether a fact says something that a reader could want to know."""
    if not (before.strip() or after.strip()) or fact.text in before + after:
        return False
    if fact.kind == "number":
        asked = _english_count if language == "en" else _chinese_count
        return fact.unit != "reference" and asked(fact, before, after)
    if fact.kind == "date":
        return not re.match(r"\s?[-–—/]\s?\d", after)
    if fact.kind == "term":
        return len(fact.text) > (3 if fact.unit == "code" else 2)
    if fact.kind == "quote":
        short = len(fact.text.split()) <= 20 if language == "en" else len(fact.text) <= 30
        return short and len(before + after) >= (40 if language == "en" else 20)
    return not re.search(r"[*_`]$", before)


def _in_digits(fact: Fact) -> bool:
    return any(char.isdigit() for char in fact.text)


def _english_count(fact: Fact, before: str, after: str) -> bool:
    assert isinstance(fact.value, float)
    if fact.unit == "ordinal" or fact.text.lower() in _FIGURATIVE:
        return False
    if _ROUGHLY.search(before) or after.startswith(" or "):
        return False
    if _in_digits(fact):
        return fact.unit is not None or fact.value >= 10
    return fact.unit is not None and fact.value > 2 and not _ANAPHORIC.search(before)


def _chinese_count(fact: Fact, before: str, after: str) -> bool:
    assert isinstance(fact.value, float)
    if fact.unit == "ordinal":
        return fact.value > 2 and after[:1] in _COUNTED
    if fact.unit is None:
        return "分之" in fact.text or (_in_digits(fact) and fact.value >= 10)
    if _COMPOUND_BEFORE.search(before) or _NUMERAL.match(after, len(fact.unit)):
        return False  # half of 1分52秒 or 6小时20分钟
    if _in_digits(fact):
        return True
    if fact.unit == "年" and (_REIGN.search(before) or _SEASON.match(after)):
        return False
    if not before and fact.value < 10:
        return False
    # Counted in Han numerals, small numbers point back (二人, 三人) or mean "a few".
    people = fact.unit in ("人", "个", "個", "位", "名")
    return fact.value > (5 if people else 2)


# --- English --------------------------------------------------------------------------------------

_SUBORDINATE = re.compile(
    r"[“\"(]?(?:When|If|While|As|Although|Though|Because|Since|After|Before|Unless|Where|Whereas"
    r"|Until|Once|Whenever|Whether|What|Who|How|Why|Having|Being|For|With|In|On|At|By|From|To"
    r"|[A-Z]\w+ing)\b"
)
_CLAUSE_END = re.compile(
    r"[,;:(]\s|[;:(]|\s?[—–]|\s?--|\s(?:and|but|which|who|because|although|so that)\s|\.$"
)
_AUXILIARY = r"(?:was|were|is|are|has|had|can|could|will|would|must|may|might|shall|should)"
_SUBJECT = (
    r"(?P<subject>(?:The|A|An|Each|Every|No|All|Our|My|Most|Some|Both|[A-Z][\w’'-]+)"
    r"(?:\s(?!(?:that|which|who|whom|whose|when|where|if|as|than|because|and|or|but|was|were|is"
    r"|are|has|had|can|could|will|would|must|may|might|shall|should|do|does|did|to)\b)[\w’'-]+)"
    r"{0,7}?)"
)
_FRONTED = re.compile(rf"{_SUBJECT}\s(?P<aux>{_AUXILIARY})(?P<rest>(?:\s[\w’'-]+){{0,9}})\s$")
_BARE = re.compile(
    r"(?P<subject>(?:The|An?|Each|Every|Our|My)(?:\s(?!that|which|who|and|or)[\w’'-]+){1,6}?)"
    r"\s(?P<aux>was|were|is|are)\s$"
)
_EMBEDDED = re.compile(
    r"\b(?:that|which|who|whom|whose|and|or|if|because|while|when|not|before|after|it|them)\b"
)
_MEASURE = re.compile(r"\s(?:wide|long|high|deep|tall|old|thick|apart|away)\b")
_FINITE = re.compile(r"\b(?:was|were|is|are|has|had|have|did|can|may|must|will|\w{3,}ed)\b")
_DOES = re.compile(
    r"\s(?:\w{3,}ed|was|were|is|are|has|had|have|must|may|can|will|make|made|came)\b"
)
_PAST = re.compile(
    r"\b(?:was|were|had|\w{3,}ed|took|came|went|gave|made|began|wrote|built|became)\b"
)
_PRESENT = re.compile(r"\b(?:is|are|has|have|can|may|must|will|shall)\b")
_ARTICLE = re.compile(
    r"\b(?:the|these|those|his|her|its|their|my|our|your|an?|further|another|last|first|next|same"
    r"|such|preceding|previous|following|past|remaining|each|every|any|no|least|most|than|or|and|to|between|some|about|\w+’s|\w+'s)\s$",
    re.IGNORECASE,
)
_LOWERED = frozenset(("The", "A", "An", "Each", "Every", "No", "All", "Our", "My", "Most", "Some"))


def english_question(fact: Fact, before: str, after: str) -> Iterator[Question]:
    """The question forms that this English sentence allows."""
    if before.count("“") != before.count("”") or before.count('"') % 2 or "(" in before:
        return
    if fact.kind == "number":
        yield from _how_many(fact, before, after)
    elif fact.kind == "date":
        yield from _when(fact, before, after)
    elif fact.kind == "name":
        yield from _who(fact, before, after)


def _how_many(fact: Fact, before: str, after: str) -> Iterator[Question]:
    counts = fact.unit not in ("%", *_MONEY, *_NOT_QUANTITIES)
    noun = counted_noun(after, 0) if counts else ""
    head = _clause(after)
    if noun and not before.strip() and _DOES.match(after[1 + len(noun) :]):
        yield "number.how-many-do", f"How many{head}?", before, head
    there = re.fullmatch(r"There (are|were) ", before)
    if noun and there and len(head.split()) >= 4:
        rest = head[1 + len(noun) :]
        yield "number.how-many-are-there", f"How many {noun} {there[1]} there{rest}?", before, head
    bare = _BARE.match(before)
    if noun and bare and _MEASURE.match(after[1 + len(noun) :]):
        question = f"How many{head} {bare['aux']} {_subject(bare)}?"
        yield "number.how-many-is-it", question, before, head
    word = {"%": "what percentage", "clock": "what time"}.get(fact.unit or "", "")
    word = word or ("how much money" if fact.unit in _MONEY else "how many" if noun else "")
    if word and not _SUBORDINATE.match(before) and not _ARTICLE.search(before):
        yield from _in_place("number", before, word, after)


def _in_place(kind: str, before: str, word: str, after: str) -> Iterator[Question]:
    """Statement order, as in a quiz: "The first edition was a pamphlet of how many pages?"."""
    words = len(before.split())
    if 3 <= words <= 16 and _FINITE.search(before) and not re.search(r"[;:]|,\s$", before):
        head = _clause(after)
        yield f"{kind}.in-place", f"{before.lstrip()}{word}{head}?", before, head


def _when(fact: Fact, before: str, after: str) -> Iterator[Question]:
    found = re.search(r"\s(?:on|in)\s$", before)
    if found is None or _SUBORDINATE.match(before):
        return
    wh = {"day": "On what date", "month": "In which month of which year", "year": "In which year"}
    asked = wh.get(fact.unit or "", "On which day of the year")
    start, head = before[: found.start()], _clause(after)
    front = _FRONTED.match(start + " ")
    if front and not _EMBEDDED.search(front["rest"] + head):
        question = f"{asked} {front['aux']} {_subject(front)}{front['rest']}{head}?"
        yield "date.when", question, before, head
    event = start.lstrip() + head
    past = _PAST.search(event) and not _PRESENT.search(event)
    if past and len(start.split()) >= 4 and not re.search("[,;:]", start):
        yield "date.event", f"{asked} did this happen: “{_inner(event)}”?", before, head
        for name, question, _, _ in _in_place("date", f"{start} ", asked.lower(), after):
            yield name, question, before, head


def _who(fact: Fact, before: str, after: str) -> Iterator[Question]:
    head = _clause(after)
    verb = re.match(r"\s(?:\w+ed|was|is|had|has|said|wrote|went|came|took|made|gave|saw)\s", after)
    if fact.unit == "person" and not before.strip() and verb and len(head.split()) >= 6:
        yield "name.who", f"Who{head}?", before, head
    person = fact.unit == "person" or len(fact.text.split()) == 2
    front = _FRONTED.match(before.removesuffix("by ")) if before.endswith(" by ") else None
    if front and person and not _EMBEDDED.search(front["rest"] + head):
        question = f"By whom {front['aux']} {_subject(front)}{front['rest']}{head}?"
        yield "name.by-whom", question, before, head


def _clause(after: str) -> str:
    """The words up to the end of the clause."""
    end = _CLAUSE_END.search(after)
    return (after[: end.start()] if end else after).rstrip(' .”"')


def _subject(match: re.Match[str]) -> str:
    subject = match["subject"]
    first = subject.split()[0]
    return first.lower() + subject[len(first) :] if first in _LOWERED else subject


def _inner(text: str) -> str:
    return text.translate(str.maketrans("“”", "‘’")).replace('"', "'")


# --- Chinese --------------------------------------------------------------------------------------

_CONDITION = re.compile(
    "[“「]?(?:如果|若|假如|假设|当|當|虽|雖|因为|因為|由于|由於|只有|只要|无论|無論|不论|即使|尽管|儘管"
    "|除|倘|既|凡|要是|每|设)"
)
_STOP_MARK = re.compile(r"[，；：。！？．（(]|——")
_POINTING = tuple("这這那此该該其第每各前后後首头頭末上下近数數几幾多")
_LEANING = tuple("他她它其这這那此该該都并並也又而但还還再则則就才便因后後同且仍乃遂却卻可即")
_DATES = {"day": "哪一天", "month": "哪年哪月", "year": "哪一年", "monthday": "几月几日"}
_PLACE_BEFORE = ("在", "到", "从", "從", "往", "赴", "位于", "位於")
# After other words a place may be half of a longer name: 太平湖 of 太平湖饭店.
_GOING = tuple("去来來取助见見拜投寻尋请請买買卖賣做当當任住过過居办辦开開学學求打看读讀会會")
_PERSON_BEFORE = ("由", "被", "给", "給", "跟", "向", "替")


def chinese_question(fact: Fact, before: str, after: str, script: Script) -> Iterator[Question]:
    """The question forms that this Chinese sentence allows; only the question word is added."""
    if any(
        before.count(pair[0]) != before.count(pair[1]) for pair in ("“”", "「」", "（）", "《》")
    ):
        return
    if _CONDITION.match(before or fact.text):
        return
    head, tail = _near(before), _until_stop(after)
    unfinished = after[len(tail) : len(tail) + 1] in ("：", "（", "(")
    if fact.kind == "number" and not unfinished and not before.endswith(_POINTING):
        if fact.unit is not None or "分之" in fact.text:
            yield (
                _number_form(fact),
                f"{head}{written(_how_much(fact), script)}{tail}？",
                head,
                tail,
            )
    elif fact.kind == "date":
        yield from _dated(fact, before, after, script)
    elif fact.kind == "name":
        yield from _bearer(fact, head, tail, script)


def _number_form(fact: Fact) -> str:
    forms = {"clock": "number.what-time", "ordinal": "number.which-one"}
    return forms.get(fact.unit or "", "number.how-much")


def _how_much(fact: Fact) -> str:
    if fact.unit == "clock":
        return "几点几分" if "分" in fact.text or ":" in fact.text else "几点"
    if fact.unit in _MONEY:
        return "多少钱"
    words = {"%": "百分之多少", "ordinal": "第几"}
    return words.get(fact.unit or "", "几分之几" if "分之" in fact.text else "多少")


def _dated(fact: Fact, before: str, after: str, script: Script) -> Iterator[Question]:
    asked = written(_DATES[fact.unit or "day"], script)
    if len(before) >= 4 and before[-1] not in "，、；：—到至和":
        head, tail = _near(before), _until_stop(after)
        yield "date.in-place", f"{head}{asked}{tail}？", head, tail
    elif not before and after[:1] == "，":
        event = _event(after[1:])
        if event:
            yield (
                "date.event",
                f"{event}，{written('这', script)}是{asked}的事？",
                before,
                f"，{event}",
            )
            yield "date.asked-first", f"{asked}，{event}？", before, f"，{event}"


def _event(text: str) -> str:
    """The clauses after a date that opens its sentence, at least ten characters of them."""
    for stop in _STOP_MARK.finditer(text):
        if stop.start() >= 10:
            event = text[: stop.start()]
            return event if event.count("“") == event.count("”") else ""
    return ""


def _bearer(fact: Fact, head: str, tail: str, script: Script) -> Iterator[Question]:
    who, where = written("谁", script), written("什么地方", script)
    goes_on = bool(_HAN_LETTER.match(tail)) and tail[0] not in "的和与與及等之"
    if fact.unit == "person" and goes_on:
        if not head or head[-1] in "，；":
            yield "name.who", f"{head}{who}{tail}？", head, tail
        elif head.endswith(_PERSON_BEFORE):
            yield "name.by-whom", f"{head}{who}{tail}？", head, tail
    if fact.unit == "place" and tail[:1] in _GOING and head.endswith(_PLACE_BEFORE):
        yield "name.where", f"{head}{where}{tail}？", head, tail


def _until_stop(after: str) -> str:
    stop = _STOP_MARK.search(after)
    return after[: stop.start()] if stop else after


def _near(before: str) -> str:
    """The clauses before the blank: at least 14 characters that do not lean on what went before."""
    starts = [0, *(match.end() for match in _STOP_MARK.finditer(before))]
    for at in reversed(starts):
        if len(before) - at >= 14 and not before.startswith(_LEANING, at):
            return before[at:]
    return before
