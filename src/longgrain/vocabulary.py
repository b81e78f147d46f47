"""A random generator > made-up names, numbers and identifiers, English or Chinese, none inside another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import gcd
from typing import Any, Literal, get_args

from longgrain.errors import PlanError

HEX = "0123456789abcdef"
LOOKS = {
    "en": (
        "amber ashen bitter brazen brisk broad calm carved cheerful chilly clever cloudy copper "
        "crimson crooked curved damp dapper dusty eager earnest faded faint fancy feathered frosty "
        "gentle gilded glossy golden grassy hasty hazel hollow humble icy ivory jagged lively lofty "
        "lonely loud marbled mellow misty narrow nimble oaken painted patient plain proud purple "
        "quaint quiet ragged rapid rustic scarlet secret shady silent silver slender smooth solemn "
        "speckled stately sturdy sunny tangled tidy velvet violet wicker windy woollen"
    ),
    "zh": (
        "青色 苍白 弯曲 安静 破旧 彩绘 沉重 遥远 空心 生锈 明亮 昏暗 狭窄 宽阔 温暖 冰冷 潮湿 干燥 柔软 坚硬 "
        "古老 崭新 高大 矮小 圆润 方正 细长 粗糙 光滑 透明 金黄 银白 墨绿 深红 浅紫 淡蓝 漆黑 雪白 轻盈 结实 "
        "朴素 华丽 清凉 寂静 喧闹 斑驳 精巧 笨拙"
    ),
}
THINGS = {
    "en": (
        "abbey anchor anvil apron arbour arch bakery balcony banner barge barrel basket beacon bench "
        "bonnet bottle bridge bucket button cabin candle canoe carriage cellar chapel chimney cider "
        "clock cottage cradle curtain desk dairy easel engine fence ferry fiddle flagon flute forge "
        "fountain garden garret gate glove goblet hammer harbour harness hedge helmet island jetty "
        "jigsaw kennel kettle ladder lantern library locket loom mantle market mirror monument napkin "
        "needle orchard oven paddle parcel pavilion pendant piano pillow pitcher pulley quarry quilt "
        "saddle saucer scarf shutter spindle stable staircase statue tavern teapot thimble tower "
        "trellis tunnel turret umbrella valley vessel village wagon wardrobe weathercock well wharf"
    ),
    "zh": (
        "灯塔 水车 磨坊 码头 渡船 石桥 城门 钟楼 花园 果园 谷仓 马车 帆船 铁锚 木桶 缆绳 油灯 烛台 屏风 书架 "
        "茶壶 酒杯 瓷碗 竹篮 草帽 布鞋 雨伞 手套 围巾 腰带 铜镜 木梳 棋盘 琴弦 鼓面 笛子 画卷 印章 砚台 毛笔 "
        "信封 邮票 钥匙 门锁 窗帘 地毯 枕头 棉被 火炉 烟囱 水井 篱笆 台阶 凉亭 长廊 戏台 集市 客栈 药铺 粮店 "
        "铁匠 学堂 祠堂 驿站 关口 山洞 瀑布 湖泊 岛屿 沙滩 草原 峡谷"
    ),
}


# Training has other words than measuring, identifiers of another version and numbers of another
# length, so that no symbol of a probe can have been trained on.
TRAINED_LOOKS = {
    "en": (
        "amiable arid azure beige bulky burly candid coarse compact cosmic creamy crispy daring deep "
        "dense drowsy dull elegant fierce firm flaky fluffy fragile fresh frugal fuzzy giant grand "
        "greedy green grumpy hardy honest jolly keen lavish limber lucid lush meek merry modest mossy "
        "muddy neat noble orange pale pink playful polite prickly prime pure robust rosy salty sandy "
        "shiny sleek slim snowy sober spicy stout subtle swift tame tawny thrifty tiny tough vivid "
        "warm wary witty young zesty"
    ),
    "zh": (
        "机灵 勤快 憨厚 活泼 温顺 凶猛 胆小 害羞 挑剔 贪吃 灵巧 敏捷 迟缓 健壮 瘦弱 肥胖 毛绒 光秃 斑纹 条纹 "
        "花斑 灰褐 橙黄 翠绿 湛蓝 粉红 米白 棕红 乌黑 褐色 早熟 晚熟 耐寒 耐旱 喜阴 喜光 野生 家养 稀有 常见 "
        "新鲜 干瘪 饱满 鲜嫩 酸甜 苦涩 清香 辛辣"
    ),
}
TRAINED_THINGS = {
    "en": (
        "acorn alder almond antelope apricot badger bamboo basil beaver beech bison cactus camel carrot "
        "cedar cherry clover cobra condor coral crane cricket cypress daisy dolphin donkey eagle elm "
        "falcon fennel ferret finch fox gecko ginger goose gorilla grape hawk hedgehog heron hornet "
        "ibis iris jackal jaguar jasmine juniper kestrel koala lark lemon leopard lilac lily lion "
        "lizard llama lobster lotus lynx magnolia mango maple marten melon mole moose moth mulberry "
        "mushroom newt nutmeg octopus onion orchid osprey otter owl panda papaya parrot parsley peach "
        "pelican penguin peony pepper pigeon pine plum poppy puffin quail rabbit radish raven rhubarb "
        "robin rosemary salmon shrimp sparrow spruce squid stork swan thistle thyme tiger toad tulip "
        "turnip vole walnut wasp weasel whale willow wolf wren yak zebra"
    ),
    "zh": (
        "海獭 白鹭 狐狸 松鼠 刺猬 羚羊 骆驼 斑马 棕熊 雪豹 山猫 野兔 水牛 驯鹿 河马 海豚 鲸鱼 海豹 企鹅 鹦鹉 "
        "孔雀 麻雀 燕子 乌鸦 喜鹊 杜鹃 黄鹂 鸽子 大雁 天鹅 蜻蜓 蝴蝶 蜜蜂 蚂蚁 蟋蟀 螳螂 青蛙 蜥蜴 乌龟 螃蟹 "
        "龙虾 章鱼 丁香 茉莉 牡丹 芍药 月季 菊花 兰花 荷花 桂花 水仙 松树 柏树 柳树 杨树 银杏 枫树 竹子 芦苇 "
        "苔藓 蘑菇 樱桃 葡萄 石榴 柿子 核桃 板栗 花生 芝麻 萝卜 菠菜"
    ),
}


Kind = Literal["numbers", "words", "uuids"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Purpose = Literal["measuring", "training"]
LISTS = {"measuring": (LOOKS, THINGS), "training": (TRAINED_LOOKS, TRAINED_THINGS)}
DIGITS = {"measuring": 7, "training": 6}
VERSIONS = {"measuring": 4, "training": 8}


@dataclass(slots=True)
class Maker:
    """Makes distinct values from one generator, the same ones in the same order however often asked."""

    random: Any
    language: str
    wide: bool = False
    """Names have three parts: more of them than a context can hold."""
    purpose: Purpose = "measuring"
    """Values for training are never those for measuring."""
    _names: Iterator[int] | None = None
    _seen: set[str] = field(default_factory=set)

    def one(self, kind: Kind) -> str:
        """The next value of a kind."""
        while not self.reserve(value := self._drawn(kind)):
            pass
        return value

    def reserve(self, value: str) -> bool:
        """Keeps a value from being made later; False if it was made before."""
        is_new = value not in self._seen
        self._seen.add(value)
        return is_new

    def _drawn(self, kind: Kind) -> str:
        if kind == "words":
            return self._name()
        if kind == "numbers":
            return number(self.random, DIGITS[self.purpose])
        return uuid(self.random, VERSIONS[self.purpose])

    def like(self, value: str, kind: Kind) -> str:
        """Another value of the kind that differs from this one in a digit, or in a part of a name."""
        while not self.reserve(found := self._altered(value, kind)):
            pass
        return found

    def _altered(self, value: str, kind: Kind) -> str:
        if kind == "words":
            return self._renamed(value)
        # A first digit stays, lest it become 0; of an identifier the first group is enough.
        place = int(self.random.integers(1, 8 if kind == "uuids" else len(value)))
        signs = HEX if kind == "uuids" else HEX[:10]
        return value[:place] + signs[self.random.integers(len(signs))] + value[place + 1 :]

    def _renamed(self, value: str) -> str:
        looks, things = self._lists
        parts = value.split("-") if "-" in value else [value[:2], value[2:4], value[4:]]
        parts = [part for part in parts if part]
        place = int(self.random.integers(len(parts)))
        able = things if place else looks
        parts[place] = able[self.random.integers(len(able))]
        return self._joint.join(parts)

    @property
    def _lists(self) -> tuple[list[str], list[str]]:
        looks, things = LISTS[self.purpose]
        return looks[self.language].split(), things[self.language].split()

    @property
    def _joint(self) -> str:
        return "-" if self.language == "en" else ""

    def _name(self) -> str:
        """The next name, such as quiet-lantern or 安静灯塔. PlanError when there are no more."""
        looks, things = self._lists
        total = len(looks) * len(things) * (len(things) if self.wide else 1)
        if self._names is None:
            # In steps, names show where they stand among all; for training that would be a way around.
            drawn = self.purpose == "training"
            self._names = _any(self.random, total) if drawn else _all_once(self.random, total)
        place = next(self._names, None)
        if place is None:
            raise PlanError(
                "there are no more made-up names for a context of this length: make it shorter, or "
                "ask for numbers or uuids"
            )
        rest, look = divmod(place, len(looks))
        more, thing = divmod(rest, len(things))
        parts = [looks[look], things[thing], *([things[more]] if self.wide else [])]
        return self._joint.join(parts)


def _any(random: Any, total: int) -> Iterator[int]:
    """So many draws from 0 to ``total`` - 1."""
    return (int(random.integers(total)) for _ in range(total))


def _all_once(random: Any, total: int) -> Iterator[int]:
    """0 to ``total`` - 1, each once, in steps of a drawn length from a drawn beginning."""
    start, stride = int(random.integers(total)), int(random.integers(total // 4, total))
    while gcd(stride, total) != 1:
        stride += 1
    return ((start + i * stride) % total for i in range(total))


def number(random: Any, digits: int = 7) -> str:
    """A number of so many digits that does not begin with 0."""
    return str(random.integers(10 ** (digits - 1), 10**digits))


def uuid(random: Any, version: int = 4) -> str:
    """An identifier in the form of a UUID of this version (RFC 9562: 4 is random, 8 is free)."""
    raw = bytearray(random.bytes(16))
    raw[6], raw[8] = raw[6] & 0x0F | version << 4, raw[8] & 0x3F | 0x80
    digits = raw.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def letters(random: Any, alphabet: str, length: int) -> Iterator[str]:
    """Distinct words of so many letters, without end."""
    seen: set[str] = set()
    while True:
        word = "".join(alphabet[i] for i in random.integers(0, len(alphabet), length))
        if word not in seen:
            seen.add(word)
            yield word
