"""Seeds for those who have none of their own: short questions of fact and their answers, in English and Chinese."""

from __future__ import annotations

# Input and output. None of them is about anything that a user's documents could say.
SEEDS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("How many chairs did the carpenter of Little Marrow promise for the hall?", "32 chairs"),
        ("Within how many hours must a lost umbrella be handed in at the Kestrel desk?", "48 hours"),
        ("In which year did the Wickerby tram make its last run?", "1931"),
        ("On what day does the skating rink at Penfold Green open?", "4 November"),
        ("Who tuned the piano before the concert at Larkhill?", "Edith Farrow"),
        ("Which village sent the most apples to the Brindle fair?", "Ottersfield"),
        ("What is the club's name for a game that nobody has won?", "stillwater"),
        ("What did the notice above the pump forbid people to bring?", "glass bottles"),
    ),
    "zh": (
        ("柳河木匠答应给礼堂做多少把椅子？", "三十二把"),
        ("在云雀服务台，捡到的雨伞须在多少小时内上交？", "48小时"),
        ("槐荫路的电车最后一次开行是在哪一年？", "1931年"),
        ("青湾溜冰场每年哪一天开放？", "11月4日"),
        ("松岭音乐会之前，钢琴是谁调的音？", "方静宜"),
        ("送到梨花集市的苹果最多的是哪个村？", "鹿鸣村"),
        ("俱乐部把无人取胜的一局叫作什么？", "静水局"),
        ("水泵上方的告示不许人们带什么进去？", "玻璃瓶"),
    ),
}  # fmt: skip
