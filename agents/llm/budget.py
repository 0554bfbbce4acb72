"""The usage budget: what may be spent, and what has been."""

import time

from inkwright.agents.llm.config import Limits
from inkwright.memory.errors import BudgetSpent, Paused


class UsageBudget:
    """What may be spent, over all works that share it, and what has been."""

    def __init__(self, limits: Limits, *, calls: int = 0, tokens: int = 0) -> None:
        self.limits, self.calls, self.tokens = limits, calls, tokens
        self._start_time = time.monotonic()

    @property
    def limit_error(self) -> BudgetSpent | None:
        """The limit that is used up, if one is."""
        limits, minutes = self.limits, (time.monotonic() - self._start_time) / 60
        if limits.paused is not None and limits.paused():
            return Paused("paused")
        usage = (
            (limits.max_calls, self.calls, "calls"),
            (limits.max_tokens, self.tokens, "tokens"),
            (limits.max_minutes, minutes, "minutes"),
        )
        for limit, amount, unit in usage:
            if limit is not None and amount >= limit:
                return BudgetSpent(f"the limit of {limit:g} {unit} is used up")
        return None
