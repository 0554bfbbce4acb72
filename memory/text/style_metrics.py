"""A voice, by rule: how long its sentences are, how rich its words, how it is punctuated.

The measures are those of classical stylometry (sentence length, type-token ratio, punctuation);
the type-token ratio is a moving average over windows of one size, so that texts of any length
compare (MATTR, Covington and McFall 2010). Clichés are counted by a short list of our own.
"""

from collections import Counter
from collections.abc import Mapping
from statistics import fmean, pstdev

import regex

from inkwright.memory.base import Value
from inkwright.memory.text.words import count_words, sentences, words

WINDOW = 50
"""Words of each window in which different words are counted."""
FREQUENT_WORDS = 100
"""The most frequent words of a sample, whose share of a text shows a vocabulary shared."""
MIN_SAMPLE_WORDS = 40
"""A sample of fewer words says nothing about a voice."""
MARKS = regex.compile(r"[,;:!?()…—–\"“”「」『』，、；：！？（）]")
CLICHES = (
    "a testament to", "a tapestry of", "rich tapestry", "delve into", "in today's world",
    "in the world of", "at the end of the day", "little did", "sent shivers down",
    "a shiver ran down", "time stood still", "the calm before the storm", "only time will tell",
    "needless to say", "it goes without saying", "last but not least", "in conclusion",
    "it is important to note", "it's important to note", "stands as a", "serves as a reminder",
    "a symphony of", "navigate the complexities", "ever-changing landscape", "ever-evolving",
    "game changer", "unlock the potential", "a beacon of", "the fabric of", "dance of",
    "heart pounded", "breath caught", "let out a breath", "barely above a whisper",
    "couldn't help but", "not just a", "more than just", "the silence was deafening",
    "众所周知", "随着时代的发展", "随着社会的发展", "总而言之", "综上所述", "不言而喻",
    "值得一提的是", "在这个瞬息万变的", "不可或缺", "熠熠生辉", "画上了圆满的句号", "心潮澎湃",
    "如火如荼", "历久弥新", "谱写了新的篇章", "仿佛时间都静止了", "嘴角微微上扬",
)  # fmt: skip


class StyleMetrics(Value):
    """The measures of one text."""

    sentence_words: float
    """Mean words of a sentence."""
    sentence_spread: float
    """Standard deviation of that."""
    type_token: float
    """Share of different words in fifty running words, on average."""
    marks_per_1000: float
    """Punctuation within sentences: commas, dashes, quotation marks... for 1,000 words."""
    cliches_per_1000: float


class StyleDrift(Value):
    """How far a text is from a sample."""

    sentence_words: float
    """Share by which its sentences are longer (or, below 0, shorter)."""
    sentence_spread: float
    type_token: float
    marks_per_1000: float
    cliches_per_1000: float
    """Clichés for 1,000 words more than the sample has."""
    vocabulary: float
    """Share of the sample's most frequent words that the text has too: 1 is all of them."""


def measure_style(text: str) -> StyleMetrics | None:
    """Return the measures of ``text``; None when it is too short to tell."""
    total = count_words(text)
    if total < MIN_SAMPLE_WORDS:
        return None
    sentence_lengths = [n for s in sentences(text) if (n := count_words(s.text))]
    return StyleMetrics(
        sentence_words=round(fmean(sentence_lengths), 2),
        sentence_spread=round(pstdev(sentence_lengths), 2),
        type_token=round(_measure_type_token_ratio(text), 3),
        marks_per_1000=round(1000 * _count_marks(text) / total, 1),
        cliches_per_1000=round(1000 * sum(count_cliches(text).values()) / total, 2),
    )


def measure_drift(sample: str, text: str) -> StyleDrift | None:
    """Return how far ``text`` is from ``sample``; None when one of them is too short to tell."""
    sample_metrics, text_metrics = measure_style(sample), measure_style(text)
    if sample_metrics is None or text_metrics is None:
        return None
    frequent_words = [w for w, _ in _count_each_word(sample).most_common(FREQUENT_WORDS)]
    text_counts = _count_each_word(text)
    return StyleDrift(
        sentence_words=_relative_difference(
            text_metrics.sentence_words, sample_metrics.sentence_words
        ),
        sentence_spread=_relative_difference(
            text_metrics.sentence_spread, sample_metrics.sentence_spread
        ),
        type_token=_relative_difference(text_metrics.type_token, sample_metrics.type_token),
        marks_per_1000=_relative_difference(
            text_metrics.marks_per_1000, sample_metrics.marks_per_1000
        ),
        cliches_per_1000=round(text_metrics.cliches_per_1000 - sample_metrics.cliches_per_1000, 2),
        vocabulary=round(
            sum(1 for w in frequent_words if w in text_counts) / len(frequent_words), 3
        ),
    )


def count_cliches(text: str) -> Mapping[str, int]:
    """Return the clichés in ``text``, and how often each is there."""
    plain = text.casefold().replace("’", "'")
    return {c: n for c in CLICHES if (n := plain.count(c))}


def _relative_difference(value: float, reference_value: float) -> float:
    return round(value / reference_value - 1, 3) if reference_value else round(value, 3)


def _count_marks(text: str) -> int:
    return len(MARKS.findall(text)) + text.count(" - ")


def _measure_type_token_ratio(text: str) -> float:
    folded_words = [w.casefold() for w in words(text)]
    size = min(WINDOW, len(folded_words))
    last_start, total, last_positions = len(folded_words) - size, 0, dict[str, int]()
    for n, word in enumerate(
        folded_words
    ):  # it is new in each window that begins after it stood before
        first = max(last_positions.get(word, -1) + 1, n - size + 1)
        total += max(min(n, last_start) - first + 1, 0)
        last_positions[word] = n
    return total / (last_start + 1) / size


def _count_each_word(text: str) -> Counter[str]:
    return Counter(w.casefold() for w in words(text))
