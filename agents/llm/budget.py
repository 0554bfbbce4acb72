"""The usage budget: what may be spent, and what has been.

Money is set aside before a call is sent: the most that it can cost, beside the most that the calls
in flight can. So a limit of money is kept, where limits of calls and tokens are noticed.
"""

import asyncio
import time
from collections.abc import Sequence
from types import TracebackType

from inkwright.agents.llm.config import Limits
from inkwright.memory.errors import AccessRefused, BudgetSpent, ModelRefused, Paused


class UsageBudget:
    """What may be spent, over all works that share it, and what has been."""

    def __init__(
        self, limits: Limits, *, calls: int = 0, tokens: int = 0, cost: float = 0.0
    ) -> None:
        self.limits, self.calls, self.tokens, self.cost = limits, calls, tokens, cost
        self._start_time = time.monotonic()
        self._reserved_costs: list[float] = []
        """Set aside for each call in flight."""
        self._charge_event = asyncio.Event()
        """Set, and replaced, when something set aside has become a cost."""
        self._cost_error: BudgetSpent | None = None

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
            (limits.max_cost, self.cost, limits.currency),
        )
        for limit, amount, unit in usage:
            if limit is not None and amount >= limit:
                return BudgetSpent(f"the limit of {limit:g} {unit} is used up")
        return self._cost_error

    def has_room_for(self, cost: float) -> bool:
        """True when the limit of money holds even if every call in flight is as dear as can be."""
        max_cost = self.limits.max_cost
        return max_cost is None or self.cost + sum(self._reserved_costs) + cost <= max_cost

    async def wait_for_room(self, cost: float) -> None:
        """Return when what calls in flight cost less than was set aside for them may make room.

        Raises:
            BudgetSpent: no call is in flight. From now on the limit counts as used up.
        """
        if self._reserved_costs:
            await self._charge_event.wait()
            return
        max_cost, currency = self.limits.max_cost or 0.0, self.limits.currency
        self._cost_error = BudgetSpent(
            f"the limit of {max_cost:g} {currency} is used up as far as it can be:"
            f" {self.cost:.4f} are spent, and the next call could cost {cost:.4f}"
        )
        raise self._cost_error

    def reserve(self, cost: float) -> None:
        """Set money aside."""
        self._reserved_costs.append(cost)

    def charge(self, reserved_cost: float, cost: float) -> None:
        """Count ``cost`` as spent, in place of what was set aside for it."""
        self._reserved_costs.remove(reserved_cost)
        self.cost += cost
        self._charge_event.set()
        self._charge_event = asyncio.Event()


class CostReservation:
    """Money set aside for one call in every budget that it counts in, until its price is known.

    A call that ends without an answer counts in full, for its provider may bill it; not one that
    was refused.
    """

    def __init__(self, budgets: Sequence[UsageBudget], worst_cost: float) -> None:
        self._budgets, self._worst_cost = budgets, worst_cost
        self._cost: float | None = None

    @classmethod
    async def make(cls, budgets: Sequence[UsageBudget], worst_cost: float) -> "CostReservation":
        """Return the reservation, as soon as there is room for it.

        Raises:
            BudgetSpent: there is none, and no call in flight could make it.
        """
        while short := next((b for b in budgets if not b.has_room_for(worst_cost)), None):
            await short.wait_for_room(worst_cost)
        reservation = cls(budgets, worst_cost)
        reservation._reserve()
        return reservation

    def repeat(self) -> None:
        """Count the call as it was sent in full, and set the same aside again for another try.

        Raises:
            BudgetSpent: there is no room for that.
        """
        self._charge(self._worst_cost)
        if short := next((b for b in self._budgets if not b.has_room_for(self._worst_cost)), None):
            self._budgets = ()
            raise BudgetSpent(
                f"the limit of {short.limits.max_cost:g} {short.limits.currency} leaves no room for"
                f" another try of a call that failed: {short.cost:.4f} are spent"
            )
        self._reserve()

    def settle(self, cost: float | None) -> None:
        """Say what the call cost; None: its answer does not tell, and it counts in full."""
        self._cost = cost

    def _reserve(self) -> None:
        for budget in self._budgets:
            budget.reserve(self._worst_cost)

    def _charge(self, cost: float) -> None:
        for budget in self._budgets:
            budget.charge(self._worst_cost, cost)

    def __enter__(self) -> "CostReservation":
        return self

    def __exit__(
        self,
        _: type[BaseException] | None,
        fault: BaseException | None,
        __: TracebackType | None,
    ) -> None:
        cost = 0.0 if isinstance(fault, AccessRefused | ModelRefused) else self._cost
        self._charge(self._worst_cost if cost is None else cost)
