"""Pseudo-Chinese: sentences of exactly so many characters, about nothing."""

import random

from tests.simserver.tokens import count_words
from tests.simserver.tongue import any_of, exactly, fill, vocabulary

_WORDS = {
    "名": vocabulary("""
        灯塔 渡口 果园 账本 石桥 铜壶 高楼 草地 河水 窗户 花园 集市 书信 蜡烛 座钟 水手 面包
        老师 磨坊 船长 园丁 客人 孩子 邻居 旅人 车站 庭院 楼梯 书房 山谷 烟囱 机器 提琴 罗盘
        镜子 毯子 篮子 铁锚 屋顶 运河 地窖 阁楼 木桶 绳索 梯子 小船 马车 森林 海岸 岛屿 田野
        道路 城门 围墙 铃铛 地图 钥匙 大鼓
    """),
    "形": vocabulary("""
        安静 狭窄 遥远 温和 沉重 空旷 孤单 平凡 骄傲 粗糙 神秘 锋利 缓慢 光滑 严肃 固执 疲倦
        高大 单薄 温暖 宽阔 年轻 苦涩 明亮 破旧 平静 谨慎 聪明 寒冷 普通 好奇 潮湿 昏暗
    """),
    "动": vocabulary("""
        等待 转身 颤抖 漂流 倾听 归来 消失 徘徊 发光 作响 停下 休息 升起 落下 沉睡 醒来 站立
        摇晃 低语 劳作 远行 微笑 停留 跪下 赶路 犹豫 聚集 闪烁 回响 起舞 攀登 燃烧 呼吸 抵达
        应答 变老 歌唱 下沉
    """),
    "副": vocabulary(
        "悄悄 慢慢 再次 早早 独自 轻轻 欣然 偶尔 稳稳 忽然 小心 大胆 默默 安然 匆匆 渐渐 依旧 终于"
    ),
    "位": vocabulary("旁 后 前 下 上 外 里"),
}
_CLAUSES = {
    4: ("名 动", "形 名"),
    5: ("形 的 名",),
    6: ("名 副 动",),
    7: ("形 的 名 动",),
    8: ("名 在 名 位 动", "在 名 位 副 动"),
    9: ("形 的 名 副 动",),
}
_TRAITS = {
    "眼睛颜色": vocabulary("琥珀色 绿色 灰色 蓝色 褐色"),
    "出生地": vocabulary("柳河镇 旧港 松林村 湖口 高桥"),
    "职业": vocabulary("吹玻璃的人 装订匠 修钟人 养蜂人 制绳匠"),
    "年龄": vocabulary("十九岁 二十六岁 三十一岁 四十四岁 五十八岁"),
    "幸运数字": vocabulary("三 七 十一 十三 二十九"),
}


class Chinese:
    """Sentences whose words are counted as Han characters."""

    shortest = 4
    usual = (12, 28)
    gap = ""
    refusal = "抱歉，我无法协助完成这个请求。"
    preamble = "好的，以下是您要的内容：\n\n"
    postscript = "\n\n如需修改，请告诉我。"

    def sentence(self, rng: random.Random, words: int) -> str:
        return _clauses(rng, max(words, self.shortest)) + "。"

    def about(self, rng: random.Random, subject: str, words: int) -> str:
        start = subject + "".join(fill("副 动", _WORDS, rng))
        left = words - count_words(start)
        return start + ("，" + _clauses(rng, left) if left >= 4 else "") + "。"

    def saying(self, rng: random.Random, phrase: str) -> str:
        noun, other = rng.sample(_WORDS["名"], 2)
        return f"有人在{noun}边说“{phrase}”，{other}便静了下来。"

    def fact(self, subject: str, attribute: str, value: str) -> str:
        return f"{subject}的{attribute}是{value}。"

    def ending(self, rng: random.Random) -> str:
        return "".join(fill("名 副 动", _WORDS, rng)) + "。"

    def title(self, rng: random.Random) -> str:
        adj, noun = fill("形 名", _WORDS, rng)
        return f"{self.name(rng)}与{adj}的{noun}"

    def purpose(self, rng: random.Random, title: str) -> str:
        adj, noun, other = fill("形 名 名", _WORDS, rng)
        return f"写出{adj}的{noun}怎样改变{other}，以及它和“{title}”有什么关系。"

    def name(self, rng: random.Random) -> str:
        parts = ("林陈周沈顾陆苏程白江", "秋远明清若怀子晓书云", "山舟月河声安行石枫原")
        return "".join(rng.choice(part) for part in parts)

    def trait(self, rng: random.Random) -> tuple[str, str]:
        attribute = rng.choice(list(_TRAITS))
        return attribute, rng.choice(_TRAITS[attribute])


def _clauses(rng: random.Random, words: int) -> str:
    sizes = exactly(rng, words, tuple(_CLAUSES), least=4)
    return "，".join("".join(fill(any_of(_CLAUSES[n], rng), _WORDS, rng)) for n in sizes)
