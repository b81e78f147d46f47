"""A Chinese text > its script, Simplified or Traditional, and its characters in Simplified form."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Script = Literal["Hans", "Hant", "mixed"]

# The 720 Traditional characters that are most frequent in novels, histories and manuals, and their
# Simplified forms: 97% of all occurrences of characters that differ.
_TRADITIONAL = (
    "個這來們數爲時說將於過會後裏當對處並兩實條見為進還麼現樣與據應類沒從權經請無碼發標問間國頭"
    "輸變學關開詞計門書單幾義結練內規訓測爺長參別務該種動點編試語調體話節記給預讓聽設則卻東確機"
    "運構層許產執寫項喫約訴聲證罷連傳圖組張邊復兒習裡狀塊員損轉罰決親齊錯氣軍環線論總帶萬況隨題"
    "銀陽責網換殘錢債餘稱諸誤認嚴絡準選馬創擔庫議譯縣覺簡漢審黃舉獲雖號終細業須風戶積籤趙飯財徵"
    "難師歸態讀歲適禮訟買殺雲賣滿達隱檢較屬夠陳備報異莊遠擊極優樂擇費載斷興驗盡車辦維負討臉續質"
    "區纔響遞顯額繼觀嘗離講獨採臺範晉圍價尋監減鍵嗎孫強養識蕭評詩紅統鄉敗領亂導眾廣術違場陣聞戰"
    "腳視錄織償裝釋儲鮑華愛誰輕資護閉絕漸宮陰閒紹寬緊訪魯雙際劉貴談級遺盤雜銷順專筆謂舊龍遲戲歷"
    "匯衛協謝願壞呂惡滅徑靜歡蓋婦僅藥聯轎補熱職湯剛勝吳樓險鄭廟畢針燈紙棄驚鐵擁營樹辭慮趕畫鳳靈"
    "電賴韓賠詢顧鬧虛傷錨飛幹獻幫臨擺緩館紀爭誅貨媽醫縮楊璽檔謀騎賢濟勞遊搖鎮罵豈詳夥盜寶頂廳驟"
    "燒懷撫階隻煙佔夾遷頻曉園丟倉擬雞窮勢貢賜閱聖掛刪奪圓齋魚騙廢賃贊喪鄰隊廝賦訂農轄揚穩賞嚇團"
    "鋪軒橋爾衆儀橫頗葦淚搶憶毀暫頓勸牆貓壽鬍憑踐賈謹禪輯軸嬰櫃飲諾婁夢羅劍礎屆斬煩葉納絲贈頃稟"
    "藍稅烏慣蘭輪脫緣辯祕鎖壓鄒誠賬剝澤跡闊蹤帳擾賀彈劃鹽駁邏閣寧燭綠腦溫囑紳榮辮綁鳥韋薦斂憤彙"
    "豐黨乾虜餅紛厲賓盧駕擠顏鐘紂嘆築貼賽僞廚淨憐詐託堯涼壺賤籠蒼疊覽課潔啓輝蘇獸鏈槍祿瞞獄堅繆"
    "墳純幣鴨凍礙頁飾餓貝羣豬鮮陸擴頑滾閃艙壯貪渾憂爐藝睜厭敵閏爛嗚懲療賊萊悶詔輔竊牀鬥貧繪肅虧"
    "併荊膽掃輩繞繳鑑棧牽壇懸聰慶鍾脅滎紗攝觸銅災側傾謙閻購敘纏惱蟲亞彎競歎璵驢糧繩瀏靚塗撲飄隸"
    "蝕猶鳴縱軟糾窩襲禍塵詫潛衝攬驅瓊釘淺慘鴉簾係馮鍋屍郵嶽縫奮彿攜飽冊濾謁鄧鑄喚蘆鑽揮銘譽陞鬚"
)
_SIMPLIFIED = (
    "个这来们数为时说将于过会后里当对处并两实条见为进还么现样与据应类没从权经请无码发标问间国头"
    "输变学关开词计门书单几义结练内规训测爷长参别务该种动点编试语调体话节记给预让听设则却东确机"
    "运构层许产执写项吃约诉声证罢连传图组张边复儿习里状块员损转罚决亲齐错气军环线论总带万况随题"
    "银阳责网换残钱债余称诸误认严络准选马创担库议译县觉简汉审黄举获虽号终细业须风户积签赵饭财征"
    "难师归态读岁适礼讼买杀云卖满达隐检较属够陈备报异庄远击极优乐择费载断兴验尽车办维负讨脸续质"
    "区才响递显额继观尝离讲独采台范晋围价寻监减键吗孙强养识萧评诗红统乡败领乱导众广术违场阵闻战"
    "脚视录织偿装释储鲍华爱谁轻资护闭绝渐宫阴闲绍宽紧访鲁双际刘贵谈级遗盘杂销顺专笔谓旧龙迟戏历"
    "汇卫协谢愿坏吕恶灭径静欢盖妇仅药联轿补热职汤刚胜吴楼险郑庙毕针灯纸弃惊铁拥营树辞虑赶画凤灵"
    "电赖韩赔询顾闹虚伤锚飞干献帮临摆缓馆纪争诛货妈医缩杨玺档谋骑贤济劳游摇镇骂岂详伙盗宝顶厅骤"
    "烧怀抚阶只烟占夹迁频晓园丢仓拟鸡穷势贡赐阅圣挂删夺圆斋鱼骗废赁赞丧邻队厮赋订农辖扬稳赏吓团"
    "铺轩桥尔众仪横颇苇泪抢忆毁暂顿劝墙猫寿胡凭践贾谨禅辑轴婴柜饮诺娄梦罗剑础届斩烦叶纳丝赠顷禀"
    "蓝税乌惯兰轮脱缘辩秘锁压邹诚账剥泽迹阔踪帐扰贺弹划盐驳逻阁宁烛绿脑温嘱绅荣辫绑鸟韦荐敛愤汇"
    "丰党干虏饼纷厉宾卢驾挤颜钟纣叹筑贴赛伪厨净怜诈托尧凉壶贱笼苍叠览课洁启辉苏兽链枪禄瞒狱坚缪"
    "坟纯币鸭冻碍页饰饿贝群猪鲜陆扩顽滚闪舱壮贪浑忧炉艺睁厌敌闰烂呜惩疗贼莱闷诏辅窃床斗贫绘肃亏"
    "并荆胆扫辈绕缴鉴栈牵坛悬聪庆钟胁荥纱摄触铜灾侧倾谦阎购叙缠恼虫亚弯竞叹玙驴粮绳浏靓涂扑飘隶"
    "蚀犹鸣纵软纠窝袭祸尘诧潜冲揽驱琼钉浅惨鸦帘系冯锅尸邮岳缝奋佛携饱册滤谒邓铸唤芦钻挥铭誉升须"
)
# Simplified forms that Traditional texts have too (皇后, 公里, 云) and so say nothing.
_SHARED = frozenset(
    "于后并吃里余准征云续才采范干游伙只占胡划筑托洁群床斗绘涂系尸岳佛升仆凶谷雇丑舍面唇几"
)
_TO_SIMPLIFIED = str.maketrans(_TRADITIONAL, _SIMPLIFIED)
# The most frequent Traditional form comes first in the table, so it is the last one set.
_PAIRS = [pair for pair in zip(_SIMPLIFIED, _TRADITIONAL, strict=True) if pair[0] not in _SHARED]
_TO_TRADITIONAL = str.maketrans(dict(reversed(_PAIRS)))
_SIGNS: dict[str, Script] = {
    **{one: "Hans" for one in _SIMPLIFIED if one not in _SHARED},
    **dict.fromkeys(_TRADITIONAL, "Hant"),
}
# Below this share of the characters that differ, the other script is quotations and names.
FEW = 0.1


@lru_cache(maxsize=1)
def _sides() -> NDArray[np.int8]:
    """For every code point of the basic plane: 1 Simplified, 2 Traditional, 0 either."""
    table = np.zeros(0x10000, np.int8)
    table[[ord(one) for one in _SIMPLIFIED if one not in _SHARED]] = 1
    table[[ord(one) for one in _TRADITIONAL]] = 2
    return table


def script_of(codes: NDArray[np.uint32]) -> Script:
    """The script of a Chinese text's code points; Simplified where neither shows."""
    found = _sides().take(codes[codes < 0x10000])
    simplified, traditional = np.count_nonzero(found == 1), np.count_nonzero(found == 2)
    if traditional <= FEW * (simplified + traditional):
        return "Hans"
    return "Hant" if simplified <= FEW * (simplified + traditional) else "mixed"


def is_traditional(text: str) -> bool:
    """Whether a Chinese text has more Traditional characters than Simplified ones."""
    marks = Counter(map(_SIGNS.get, text))
    return marks["Hant"] > marks["Hans"]


def simplified(text: str) -> str:
    """The text with its Traditional characters in Simplified form, of the same length."""
    return text.translate(_TO_SIMPLIFIED)


def traditional(text: str) -> str:
    """The text in Traditional form where a character has one such form that is not shared."""
    return text.translate(_TO_TRADITIONAL)
