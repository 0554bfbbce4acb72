"""Whether a server has read a prompt whole: some cut what is too long, and do not say so."""

SHORT_TOKENS = 1500
"""Prompts of fewer tokens fit everywhere; how a server counts is learned from them."""
CUT_SHARE = 0.7
"""Of the tokens that a prompt should have, as the server counts: fewer were not all of it."""
CUT_SHARE_UNMEASURED = 0.5
"""The same, before a short prompt has shown how the server counts."""
LEVEL_SHARE = 1.2
"""Two prompts that differ by more than this have not the same number of tokens."""


class PromptCheck:
    """Compares the token counts of one server with our own, over the prompts of a run."""

    def __init__(self) -> None:
        self._ratios: list[float] = []
        self._own_tokens_by_count: dict[int, int] = {}

    def was_read(self, own_tokens: int, served_tokens: int) -> bool:
        """Return whether a prompt of ``own_tokens``, as we count, was read whole."""
        ratio = served_tokens / max(own_tokens, 1)
        if own_tokens < SHORT_TOKENS:
            self._ratios.append(ratio)
            return True
        usual_ratio = min(self._ratios, default=None)
        share = CUT_SHARE_UNMEASURED if usual_ratio is None else usual_ratio * CUT_SHARE
        same_count = self._own_tokens_by_count.setdefault(served_tokens, own_tokens)
        is_level = not own_tokens / LEVEL_SHARE <= same_count <= own_tokens * LEVEL_SHARE
        return ratio >= share and not is_level
