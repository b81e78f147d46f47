"""A text > its proper names with their offsets, English by capitals, Chinese by rjieba's tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

# start, end, and what bears the name where that shows: person, place, organisation
Name = tuple[int, int, str | None]

_TITLES = (
    "Mr Mrs Ms Miss Dr Doctor Captain Capt Sir Lady Lord Colonel Professor Prof King Queen Count "
    "Countess Inspector Reverend Major General Prince Princess President Baron Duke Father Sister"
)
_TITLED = frozenset(_TITLES.split())
_WORD = r"[A-ZÀ-Þ](?:[A-Za-zÀ-ÿ]|[’'-](?=[A-Za-z]{2}))*[a-zß-ÿ](?!\w)"
_ENGLISH = re.compile(
    rf"(?<![\w.’'_-])(?:{'|'.join(_TITLES.split())}|St)\.?\s(?:[A-Z]\.\s)*{_WORD}(?:\s{_WORD})*"
    rf"|(?<![\w’'_-]){_WORD}(?:\s(?:(?:of|de|van|von|du|la|der)\s)?(?:[A-Z]\.\s)?{_WORD})*"
)
_OPENS = frozenset('.!?:;"“‘(>*#|•—–-_[`')
# Words that are written with a capital without being the name of somebody or something.
_COMMON = """
    a about above after again all almost along also although always am among an and another any
    are around as at away be because before behind below beside besides between beyond both but by
    can could did do does down during each either else even ever every everything few finally first
    following for from further had has have having he hence her here his how however i if in indeed
    inside instead into is it its just last later least less let like many may me meanwhile might
    more moreover most much must my near nearly neither never nevertheless next no none nor not
    nothing now of off often old on once one only or other our out outside over perhaps poor rather
    same second see seven several shall she should since six so some soon still such suppose ten
    than that the their them then there therefore these they third this those though three through
    thus till to together too two under unless until up upon us very was we were what when whence
    where whereas whether which while who whom whose why will with within without would yes yet you
    your young dear good great new oh ah well thank please note dr mr mrs st today tomorrow nine
    monday tuesday wednesday thursday friday saturday sunday mondays tuesdays wednesdays
    thursdays fridays saturdays sundays january february march april may june
    july august september october november december spring summer autumn winter christmas easter
    give use using run consider imagine create add call make remember recall try look think say tell
    ask open write build install change choose check ensure
    english french german spanish italian dutch russian chinese japanese american british european
    indian african latin greek roman turkish irish scotch scottish welsh christian catholic jewish
    god heaven bible internet sir madam ma’am miss mister lady lord captain doctor professor king
    queen count countess colonel inspector prince princess father mother aunt uncle brother sister
    north south east west eastern western northern southern four five eight mine ours
"""
_NO_NAME = frozenset(_COMMON.split())
_ADJECTIVES = frozenset(
    ("new", "great", "good", "dear", "poor", "old", "young", "north", "south", "east", "west")
)
_DAYS = frozenset(
    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "christmas")
)
_COUNTED = """
    chapter section part figure table listing appendix article number volume book page step class
    clause act scene phase level item rule berth fig no vol
"""
_NUMBERED = frozenset(_COUNTED.split())

_SURNAMES = frozenset(
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾"
    "肖萧蕭田董袁潘于蒋蔣蔡余杜叶葉程苏蘇魏吕呂丁任沈姚卢盧姜崔钟鍾谭譚陆陸汪范金石廖贾賈夏韦韋付方"
    "白邹鄒孟熊秦邱丘江尹薛闫閻段雷侯龙龍史陶黎贺賀顾顧毛郝龚龔邵万萬钱錢严嚴覃武戴莫孔向汤湯温溫康"
    "施文牛樊葛邢安齐齊庞龐颜顏倪庄莊聂聶章鲁魯岳翟殷詹申欧歐耿关關兰蘭焦俞左柳甘祝包宁甯尚符舒阮柯纪紀"
    "梅童凌毕畢单單季裴霍涂苗谷盛曲翁冉骆駱蓝藍路游辛靳管柴蒙鲍鮑华華喻祁蒲房滕屈饶饒牟艾尤阳陽时時穆农農"
    "司古吉缪繆简簡车車项項连連芦蘆麦麥褚娄婁窦竇岑景党黨宫宮费費卜冷晏席卫衛米柏宗瞿桂全佟应應臧闵閔苟"
    "邬鄔边邊卞姬师師和仇栾欒隋商刁沙荣榮巫寇桑郎甄丛叢仲虞敖巩鞏明查麻苑迟遲邝鄺"
)
_COMPOUND = (
    "司马",
    "司馬",
    "诸葛",
    "諸葛",
    "欧阳",
    "歐陽",
    "夏侯",
    "上官",
    "皇甫",
    "公孙",
    "公孫",
    "令狐",
)
_NOT_LAST = frozenset(
    "任谓謂见見者至引处處个個罚罰巾了道说說曰的在是和与與也便就又笑问問等从從向对對把被将將着著来來去并不为為到叫听聽看有以之及"
)
_BEFORE_PERSON = frozenset("与與和同跟对對向被由给給令命使遣见見教叫请請问問是有即乃及并將将引")
_AFTER_PERSON = frozenset(
    "曰道说說笑问問答叹嘆见見听聽看的在是和与與及也便就又将將把被从從向对對到来來去回出入进進引领領率命令使为為"
    "等之乃遂即亦自不已忙只坐走拿叫喝怒喜哭既因以接"
)
_BEFORE_PLACE = frozenset(
    "在到从從至往于於自赴离離入出过過守取破攻围圍据據向回经經去"
    "驻駐屯居来來奔投与與和及是的、，。；：“「（(《 "
)
_NOT_IN_PLACE = frozenset("一二三四五六七八九十为為的了是和与與也在从從到于於不被把有之并")


def english_names(text: str) -> Iterator[Name]:
    """Runs of capitalised words, and single ones inside a sentence, that are no common words."""
    for match in _ENGLISH.finditer(text):
        start, end = match.span()
        opens = _opens_sentence(text, start)
        while True:
            first = re.match(r"\S+", text[start:end])
            assert first is not None
            head = first[0].rstrip(".").lower()
            single = first.end() == end - start
            common = head in _NO_NAME or (opens and head.endswith(("ly", "ing")))
            titled = first[0].rstrip(".") in _TITLED
            strip = common and (opens or head in _DAYS)
            if not strip or single or titled or head in _ADJECTIVES:
                break
            start, opens = start + first.end() + 1, False
        if single and (common or opens or f" {head} " in text):
            continue
        if opens and head in _ADJECTIVES:  # Good Intent sank, or Good Holmes came?
            continue
        if head in _NUMBERED or re.match(r"\s\d|\s[IVX]+\b", text[end : end + 4]):
            continue
        if re.match(r"[A-Z]{2,}s?$", text[start:end]):
            continue
        if re.search(r"[A-Z]{2,}\s$|\b[A-Z]\.\s$", text[max(0, start - 6) : start]):
            continue
        if text[start:end].split()[-1] in _TITLED | {"St"}:
            continue
        if titled and " of " in text[start:end]:  # Captain Tasker of Sandry
            place = start + text[start:end].index(" of ") + len(" of ")
            yield start, place - len(" of "), "person"
            start, titled = place, False
        yield start, end, "person" if titled and not single else None


def _opens_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 3) : start].rstrip()
    return not before or before[-1] in _OPENS or "\n\n" in text[max(0, start - 3) : start]


def chinese_names(text: str) -> Iterator[Name]:
    """Persons with a known surname, places and organisations, as rjieba tags them (13 MB/s)."""
    import rjieba  # its dictionary takes 40 MB, so it is loaded only where names are asked for

    from longgrain.chinese_places import is_place

    at = 0
    for word, tag in rjieba.tag(text):
        at = text.index(word, at)
        length = _person(word) if tag == "nr" else 0
        if length and _stands_alone(text, at, length):
            yield at, at + length, "person"
        elif tag == "ns" and _may_be_place(word) and is_place(word) and _goes_there(text, at):
            yield at, at + len(word), "place"
        elif tag == "nt" and 2 < len(word) < 13:
            yield at, at + len(word), "organisation"
        at += len(word)


def _person(word: str) -> int:
    """The length of the person's name that opens the word; 0 where there is none."""
    longest = 4 if word.startswith(_COMPOUND) else 3
    if len(word) > 2 and word[-1] in _NOT_LAST:
        word = word[:-1]
    if word in _COMPOUND:
        return 0
    known = word[:1] in _SURNAMES or word.startswith(_COMPOUND)
    return len(word) if known and 2 <= len(word) <= longest and word[-1] not in _NOT_LAST else 0


def _stands_alone(text: str, at: int, length: int) -> bool:
    """The words around a person's name border on it; a name of two may be two of three."""
    before, after = text[at - 1 : at] if at else "", text[at + length : at + length + 1]
    opened = not before or before in _BEFORE_PERSON or not before.isalnum()
    return opened and (length > 2 or after in _AFTER_PERSON or not after.isalnum())


def _goes_there(text: str, at: int) -> bool:
    return not at or text[at - 1] in _BEFORE_PLACE


def _may_be_place(word: str) -> bool:
    return 2 <= len(word) <= 6 and not _NOT_IN_PLACE & set(word)
