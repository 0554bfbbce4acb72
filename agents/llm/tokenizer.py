"""Counting tokens: tiktoken's o200k_base, scaled to what the served model really counts."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from inkwright.agents.llm.offline import stay_offline
from inkwright.memory.text.tokens import Tokenizer

ENGLISH_SAMPLES = (
    "The keeper climbed the stairs, trimmed the lamp and noted the hour; 3 boats were late.",
    '{"title": "The lamp", "items": [{"id": "s1.2", "quote": "trimmed the lamp"}]}',
)
HAN_SAMPLES = ("她爬上楼梯，修剪灯芯，在簿子上记下时刻；外面的风已转向东北，三条船还没有回来。",)
"""What a served tokenizer is measured on, besides the request itself."""
UNMEASURED_FACTOR = 1.25
"""Margin when the served model's own count cannot be had."""
MARGIN = 1.03


class ScaledTokenizer:
    """o200k_base counts times ``factor``, so that they are never under the served model's."""

    def __init__(self, factor: float = UNMEASURED_FACTOR) -> None:
        stay_offline()
        import tiktoken

        self.factor = factor
        self._encoding = tiktoken.get_encoding("o200k_base")
        self._count = lru_cache(maxsize=20_000)(self._count_now)

    @property
    def name(self) -> str:
        return f"o200k_base*{self.factor:.3f}"

    def count(self, text: str) -> int:
        return self._count(text)

    def _count_now(self, text: str) -> int:
        return int(len(self._encoding.encode_ordinary(text)) * self.factor) + 1

    def count_unscaled(self, text: str) -> int:
        """Return o200k_base's own count."""
        return len(self._encoding.encode_ordinary(text))


def estimate_tokens(tokenizer: Tokenizer, texts: Iterable[str]) -> int:
    """Return about how many tokens a served model makes of ``texts``, without a margin."""
    factor = tokenizer.factor if isinstance(tokenizer, ScaledTokenizer) else 1.0
    margin = UNMEASURED_FACTOR if factor == UNMEASURED_FACTOR else MARGIN
    return int(sum(map(tokenizer.count, texts)) / margin)


def compute_factor(served_counts: Sequence[int | None], samples: Sequence[str]) -> float:
    """Return the factor that makes our counts of ``samples`` cover ``served_counts``.

    None among them means the server does not say; then a wide margin is kept.
    """
    tokenizer = ScaledTokenizer(1.0)
    ratios = [
        count / max(tokenizer.count_unscaled(sample), 1)
        for count, sample in zip(served_counts, samples, strict=True)
        if count is not None
    ]
    if len(ratios) < len(samples):
        return UNMEASURED_FACTOR
    return float(round(max(*ratios, 0.5) * MARGIN, 3))
