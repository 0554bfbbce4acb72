"""Which requests go wrong: fault rules, and the little state that counting them takes."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from tests.simserver.ask import Ask, Refused, text_of
from tests.simserver.config import FaultRule, Match, Role
from tests.simserver.dice import Dice
from tests.simserver.http import Connection

GONE = 499
"""Status logged for an answer that was not delivered."""
_GARBAGE = b"\x16\x03\x01\x02\x00\xff\xfe simulated garbage \x00\x00\r\n\r\n"
_REFUSALS = {
    "400": ("simulated: the request is not acceptable", "BadRequestError"),
    "401": ("Unauthorized", "AuthenticationError"),
    "429": ("simulated: too many requests", "RateLimitError"),
    "500": ("simulated: the engine has failed", "InternalServerError"),
    "503": ("simulated: the engine is not ready", "ServiceUnavailableError"),
}


class Faults:
    """The rules in force, and how often each has matched and struck."""

    def __init__(self, rules: Sequence[FaultRule]) -> None:
        self._rules = rules
        self.reset()

    def reset(self) -> None:
        """Forget what was counted."""
        self._matched: Counter[int] = Counter()
        self._struck: Counter[int] = Counter()
        self._struck_each: Counter[tuple[int, str]] = Counter()

    def for_chat(self, ask: Ask) -> FaultRule | None:
        """Return the rule that strikes a chat request, if one does."""
        if not self._rules:
            return None
        text = "\n".join(text_of(message) for message in ask.messages)
        about = (ask.role, ask.schema_name, ask.prompt.section, text)
        return self._strike(about, ask.digest, ask.dice)

    def for_embeddings(self, inputs: Sequence[str], digest: str, dice: Dice) -> FaultRule | None:
        """Return the rule that strikes an embedding request, if one does."""
        return self._strike(("embedder", None, "", "\n".join(inputs)), digest, dice)

    def _strike(
        self, about: tuple[Role, str | None, str, str], digest: str, dice: Dice
    ) -> FaultRule | None:
        for number, rule in enumerate(self._rules):
            if not _is_about(rule.match, *about):
                continue
            self._matched[number] += 1
            if self._spent(number, rule, digest) or not self._falls_due(number, rule, dice):
                continue
            self._struck[number] += 1
            self._struck_each[number, digest] += 1
            return rule
        return None

    def _spent(self, number: int, rule: FaultRule, digest: str) -> bool:
        each = self._struck_each[number, digest]
        return (rule.times is not None and self._struck[number] >= rule.times) or (
            rule.times_each is not None and each >= rule.times_each
        )

    def _falls_due(self, number: int, rule: FaultRule, dice: Dice) -> bool:
        nth = rule.match.nth
        wanted = (nth,) if isinstance(nth, int) else nth
        if wanted is not None and self._matched[number] not in wanted:
            return False
        return rule.match.probability >= 1 or dice.chance(
            rule.match.probability, f"fault/{rule.fault}/{number}"
        )


def _is_about(match: Match, role: Role, schema: str | None, section: str, text: str) -> bool:
    return (
        match.role in (None, role)
        and match.schema_name in (None, schema)
        and match.section in (None, section)
        and (match.contains is None or match.contains in text)
    )


async def struck_down(rule: FaultRule, connection: Connection) -> bool:
    """Carry out a fault that comes before any work; say whether it was one.

    Raises Refused for an HTTP error; never returns when the server is to hang.
    """
    if rule.fault in _REFUSALS:
        message, kind = _REFUSALS[rule.fault]
        retry_after_s = rule.retry_after_s if rule.fault == "429" else None
        raise Refused(int(rule.fault), message, kind, retry_after_s)
    if rule.fault == "hang":
        await asyncio.Event().wait()
    elif rule.fault == "drop_before":
        connection.drop()
    elif rule.fault == "garbage":
        connection.send_raw(_GARBAGE)
    else:
        return False
    return True
