"""How long a piece is where nobody asks for a length: a range and an aim for each kind of piece."""

import re
from dataclasses import dataclass

DEFAULT_WORDS = 1200


@dataclass(frozen=True)
class UsualLength:
    """The words that pieces of a kind usually have."""

    kind: str
    low: int
    high: int
    aim: int = DEFAULT_WORDS

    def clamp(self, words: int) -> int:
        """Return ``words``, or the end of the range that is nearest."""
        return min(max(words, self.low), self.high)


_ANY = UsualLength("piece", 600, 4000)
_KINDS = (
    (
        UsualLength("novella", 15_000, 40_000, 20_000),
        r"novellas?\b|中篇小说",
    ),
    (
        UsualLength("short story", 500, 6000),
        r"short stor(?:y|ies)\b|kurzgeschichten?\b|nouvelles?\b|cuentos?\b|短篇小说|微小说",
    ),
    (
        UsualLength("novel", 40_000, 120_000, 50_000),
        r"(?<!graphic )novels?\b|romane?\b|romans?\b|novelas?\b|长篇小说|长篇",
    ),
    (
        UsualLength("poem", 40, 600, 150),
        r"poems?\b|haikus?\b|sonnets?\b|gedichte?\b|poèmes?\b|poemas?\b|一首诗|诗歌",
    ),
    (UsualLength("e-mail", 80, 400, 200), r"e-?mails?\b|邮件"),
    (
        UsualLength("press release", 300, 700, 450),
        r"press release\b|pressemitteilung\b|communiqué\b|新闻稿",
    ),
    (
        UsualLength("blog post", 600, 2000, 1000),
        r"blog ?posts?\b|blog(?:beitrag|artikel)\b|billet de blog\b|博客",
    ),
    (
        UsualLength("speech", 500, 2000, 900),
        r"speech\b|toast\b|eulogy\b|rede\b|discours\b|discurso\b|演讲稿?|致辞",
    ),
    (
        UsualLength("letter", 200, 1000, 400),
        r"(?:an?|one|einen|une|una)\s+(?:\w+\s+)?(?:letter|brief|lettre|carta)\b|一封信",
    ),
    (
        UsualLength("essay", 600, 3000),
        r"essays?\b|aufsatz\b|dissertation\b|ensayo\b|散文|随笔|作文|议论文",
    ),
    (
        UsualLength("handbook", 1200, 20_000, 2400),
        r"handbooks?\b|manuals?\b|handbuch\b|manuel\b|manuales?\b|手册|说明书",
    ),
    (
        UsualLength("report", 800, 6000),
        r"reports?\b|white ?papers?\b|bericht\b|rapports?\b|informe\b|报告",
    ),
    (
        UsualLength("story", 500, 6000),
        r"stor(?:y|ies)\b|tales?\b|geschichten?\b|récits?\b|historias?\b|relatos?\b|故事|小说",
    ),
    (
        UsualLength("article", 600, 3000),
        r"articles?\b|artikel\b|artículos?\b|文章|评论",
    ),
)


def find_usual_length(kind: str | None, request: str) -> UsualLength:
    """Return the usual length of a piece of ``kind``, or of the kind that ``request`` names first.

    The ranges bound what is planned without a length; they are rules of thumb of publishers and
    schools, and no limits on what a person asks for.
    """
    task = request.split("\n", 1)[0][:300]
    for text in filter(None, (kind, task)):
        matches = [
            (match.start(), usual_length)
            for usual_length, pattern in _KINDS
            if (match := re.search(rf"(?<![^\W_\u2e80-\u9fff])(?:{pattern})", text, re.IGNORECASE))
        ]
        if matches:
            return min(matches, key=lambda m: m[0])[1]
    return _ANY
