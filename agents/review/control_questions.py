"""Control questions: what a judge is asked whose right answer is known.

They are asked as the real ones are, many to a call, about short texts in several languages. Half of
them are about something sound, half about something broken.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from inkwright.memory.base import digest


@dataclass(frozen=True)
class ControlText:
    """A text, and statements about it. By purpose: requirements, claims, or facts of memory."""

    text: str
    sound: tuple[str, ...]
    """Requirements that the text meets; claims that it bears out; facts it does not contradict."""
    broken: tuple[str, ...]

    @property
    def questions(self) -> dict[str, tuple[str, bool]]:
        """By id: each statement, and whether it is sound. The two kinds are mixed."""
        answers = [*((s, True) for s in self.sound), *((s, False) for s in self.broken)]
        answers.sort(key=lambda answer: digest(answer[0]))
        return {f"c{number}": answer for number, answer in enumerate(answers, 1)}


_STORM = """\
I counted the stairs again that night, all ninety-four of them, because counting kept my hands \
from shaking. The storm had come in at dusk, two hours before anyone expected it, and by nine the \
harbour was gone behind the rain. My brother Edwin stayed below with the radio. He did not speak \
to me; he had not spoken to me since the funeral.

At eleven the lamp failed. I lit the old paraffin burner, trimmed its wick, and carried it up to \
the glass. No ship came. When the sky turned grey I blew the burner out, and found that Edwin had \
climbed the stairs behind me.

"You should sleep," he said."""
_NIGHT_BUS = """\
Der Stadtrat prüft, ob die Buslinie 7 künftig auch nachts fahren soll. Im letzten Jahr nutzten im \
Schnitt 41 Fahrgäste den letzten Bus um 23 Uhr; am Wochenende waren es 96. Ein Nachtbus würde rund \
180.000 Euro im Jahr kosten, wovon das Land ein Drittel übernähme.

Die Anwohner der Gartenstraße fürchten den Lärm. Das Krankenhaus dagegen begrüßt den Plan, weil \
viele Pflegekräfte erst nach Mitternacht Dienstschluss haben. Wir empfehlen deshalb, den Nachtbus \
zunächst ein Jahr lang an Freitagen und Samstagen zu erproben und danach neu zu entscheiden."""
_TEAHOUSE = """\
奶奶的茶馆开在老桥边，已经三十年了。每天清晨五点，她就生起炉火，先给守桥的老周倒一碗热茶，从不收他的钱。那年冬天，河水结了冰，来的客人很少。

镇上要修新路，通知贴在门上：茶馆必须在春天以前搬走。奶奶看完通知，没有哭，也没有骂人，只是把招牌取下来，擦得干干净净，用一块蓝布包好。搬家那天，老周带着十几个邻居来帮忙。新茶馆在河的对岸，小得多，可是窗外正好看得见老桥。"""

REQUIREMENTS = (
    ControlText(
        _STORM,
        (
            "The story is told in the first person.",
            "When the lamp goes out, the narrator finds another light.",
            "The bad weather arrives earlier than people thought it would.",
            "Edwin speaks the last words.",
        ),
        (
            "A ship is saved from the rocks.",
            "The story is told in the present tense.",
            "The two brothers quarrel aloud before the lamp goes out.",
            "The lamp burns until morning without a fault.",
        ),
    ),
    ControlText(
        _NIGHT_BUS,
        (
            "It says what the night bus would cost.",
            "Someone's objection to the plan is mentioned.",
            "It ends with a recommendation.",
            "The tone is sober.",
        ),
        (
            "It recommends a night bus on every day of the week.",
            "A person is quoted by name.",
            "It compares the plan with what another town has done.",
        ),
    ),
    ControlText(
        _TEAHOUSE,
        (
            "One guest gets his tea for nothing.",
            "The teahouse has to make way for a road.",
            "Other people help with the move.",
            "老桥在结尾再次出现。",
        ),
        (
            "The grandmother weeps when she has read the notice.",
            "The new teahouse is larger than the old one.",
            "故事发生在夏天。",
            "Lao Zhou dies before the move.",
        ),
    ),
)
FACTS = (
    ControlText(
        _STORM,
        (
            "Edwin | kin: Edwin is the narrator's brother.",
            "The burner | fuel: The old burner burns paraffin.",
            "The tower | colour: The tower is painted white.",
            "The funeral | whose: They had buried their mother.",
            "The harbour | boats: Twelve boats belong to the harbour.",
            "Edwin | age: Edwin is the younger of the two.",
        ),
        (
            "The stairs | number: The tower has sixty stairs.",
            "Edwin | where: Edwin spent the night of the storm in the village inn.",
            "The lamp | when: The lamp failed just before dawn.",
            "The storm | when: The storm broke at noon.",
            "Edwin | silence: Edwin and the narrator had talked every day since the funeral.",
        ),
    ),
    ControlText(
        _TEAHOUSE,
        (
            "老茶馆 | 位置: 老茶馆在桥边。",
            "新茶馆 | 大小: 新茶馆比老茶馆小。",
            "老周 | 年纪: 老周六十七岁。",
            "新路 | 费用: 修新路花了三百万元。",
            "奶奶 | 姓: 奶奶姓林。",
            "邻居 | 人数: 搬家时来了十几个邻居。",
        ),
        (
            "老茶馆 | 年数: 老茶馆只开了两年。",
            "奶奶 | 炉火: 奶奶每天中午才生炉火。",
            "老周 | 茶钱: 老周每次都付双倍的茶钱。",
            "新茶馆 | 位置: 新茶馆和老茶馆在河的同一边。",
            "招牌 | 下落: 奶奶把招牌烧了。",
        ),
    ),
)
CLAIMS: Mapping[str, ControlText] = {
    "lamps": ControlText(
        "The first lamp of the harbour light burned whale oil. Later the keepers changed to"
        " paraffin, which gave a whiter flame and cost half as much. Electric light came after the"
        " war, and the last keeper left nine years later. The tower itself was never rebuilt,"
        " although its foundation was strengthened with concrete after the flood.",
        (
            "The keepers found paraffin cheaper than whale oil.",
            "For some years after electric light came there was still a keeper.",
            "Concrete was used to strengthen the foundation of the tower.",
        ),
        (
            "Of the two, whale oil gave the whiter flame.",
            "The tower was rebuilt after the flood.",
            "The last keeper left before electric light came.",
        ),
    ),
    "bees": ControlText(
        "Colonies that foraged on mixed meadows survived the winter more often than those beside a"
        " single crop. The difference was largest in cold years. Spraying with fungicide had no"
        " measurable effect on survival. The authors did not count wild bees.",
        (
            "Colonies beside a single crop died in winter more often than those on mixed meadows.",
            "The colder the year, the more the mixed meadows mattered to colonies.",
            "How many wild bees there were, the authors do not say.",
        ),
        (
            "Spraying with fungicide lowered the survival of colonies.",
            "In cold years it made no difference where the colonies foraged.",
            "The authors counted more wild bees on mixed meadows.",
        ),
    ),
    "moulin": ControlText(
        "Le moulin fut construit par les moines pour moudre le blé du village. Plus tard la commune"
        " l'acheta et en fit une école. L'incendie détruisit le toit, mais les murs restèrent"
        " debout. Depuis, le moulin est fermé au public.",
        (
            "Les moines se servaient du moulin pour moudre le blé.",
            "Les murs du moulin ont survécu à l'incendie.",
            "Le moulin est devenu une école après que la commune l'eut acheté.",
        ),
        (
            "Ce sont les moines qui firent du moulin une école.",
            "Aujourd'hui le moulin est ouvert au public.",
            "L'incendie détruisit les murs du moulin.",
        ),
    ),
    "cha": ControlText(
        "这种茶在春分以后采摘。采下的叶子先晾一夜，再用小火慢慢炒干。它的味道清淡，不宜用沸水冲泡。村里的老人说，存放一年以后味道更好。",
        ("采下的叶子要晾一夜才炒。", "冲泡这种茶不宜用沸水。"),
        ("这种茶要在春分以前采摘。", "采下的叶子用大火很快炒干。"),
    ),
}
"""By the key of the source, whose text it is."""


def find_answer(material: str, statement: str) -> bool | None:
    """Return whether a statement is sound, where ``material`` has the control text it is about.

    None: it is no control question.
    """
    return next(
        (
            statement in control.sound
            for control in (*REQUIREMENTS, *FACTS, *CLAIMS.values())
            if control.text[:30] in material and statement in (*control.sound, *control.broken)
        ),
        None,
    )
