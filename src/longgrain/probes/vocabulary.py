"""A random generator > made-up names, numbers and identifiers, English or Chinese, none inside another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import gcd
from typing import Any, Literal

from longgrain.errors import PlanError

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


Kind = Literal["numbers", "words", "uuids"]


@dataclass(slots=True)
class Maker:
    """Makes distinct values from one generator, the same ones in the same order however often asked."""

    random: Any
    language: str
    wide: bool = False
    """Names have three parts: more of them than a context can hold."""
    _names: Iterator[int] | None = None
    _seen: set[str] = field(default_factory=set)

    def one(self, kind: Kind) -> str:
        """The next value of a kind."""
        if kind == "words":
            return self._name()
        while True:
            value = number(self.random) if kind == "numbers" else uuid(self.random)
            if value not in self._seen:
                self._seen.add(value)
                return value

    def _name(self) -> str:
        """The next name, such as quiet-lantern or 安静灯塔. PlanError when there are no more."""
        looks, things = LOOKS[self.language].split(), THINGS[self.language].split()
        if self._names is None:
            total = len(looks) * len(things) * (len(things) if self.wide else 1)
            self._names = _all_once(self.random, total)
        place = next(self._names, None)
        if place is None:
            raise PlanError(
                "there are no more made-up names for a context of this length: make it shorter, or "
                "ask for numbers or uuids"
            )
        rest, look = divmod(place, len(looks))
        more, thing = divmod(rest, len(things))
        parts = [looks[look], things[thing], *([things[more]] if self.wide else [])]
        return ("-" if self.language == "en" else "").join(parts)


def _all_once(random: Any, total: int) -> Iterator[int]:
    """0 to ``total`` - 1, each once, in steps of a drawn length from a drawn beginning."""
    start, stride = int(random.integers(total)), int(random.integers(total // 4, total))
    while gcd(stride, total) != 1:
        stride += 1
    return ((start + i * stride) % total for i in range(total))


def number(random: Any, digits: int = 7) -> str:
    """A number of so many digits that does not begin with 0."""
    return str(random.integers(10 ** (digits - 1), 10**digits))


def uuid(random: Any) -> str:
    """An identifier in the form of a UUID, version 4."""
    raw = bytearray(random.bytes(16))
    raw[6], raw[8] = raw[6] & 0x0F | 0x40, raw[8] & 0x3F | 0x80
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
