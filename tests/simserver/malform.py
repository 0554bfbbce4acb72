"""Answers that a model should not have given: well sent, badly made."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.simserver.ask import Ask
from tests.simserver.chinese import Chinese
from tests.simserver.config import FaultName, FaultRule, SimConfig
from tests.simserver.english import English
from tests.simserver.facts import tongue_of
from tests.simserver.prose import prose_of
from tests.simserver.tokens import count_words

_KEPT_SHARE = 0.6
_LONG_TIMES = 12
_LOOP_TIMES = 60
_THOUGHT = (
    '<think>\nFirst I look at what is asked: {"answer": [1, 2]}. Then I decide.\n</think>\n\n'
)
Damage = Callable[[str, Ask, SimConfig], str]


def malformed(text: str, rule: FaultRule, ask: Ask, config: SimConfig) -> tuple[str, str]:
    """Return ``text`` as the fault spoils it, and the finish reason that the model gives.

    A fault that is none of content leaves the text as it is.
    """
    spoil = _DAMAGES.get(rule.fault)
    reason = rule.finish_reason if rule.fault == "truncate" else "stop"
    return (spoil(text, ask, config) if spoil else text), reason


def _cut(text: str, ask: Ask, config: SimConfig) -> str:
    return text[: int(len(text) * _KEPT_SHARE)]


def _no_json(text: str, ask: Ask, config: SimConfig) -> str:
    return prose_of(ask, config, 30)


def _wrong_keys(text: str, ask: Ask, config: SimConfig) -> str:
    return json.dumps(_renamed(_parsed(text)), ensure_ascii=False)


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {f"{key}_value": _renamed(inner) for key, inner in value.items()}
    return [_renamed(inner) for inner in value] if isinstance(value, list) else value


def _fences(text: str, ask: Ask, config: SimConfig) -> str:
    return f"```{'json' if ask.schema else ''}\n{text}\n```"


def _think(text: str, ask: Ask, config: SimConfig) -> str:
    return _THOUGHT + text


def _prose_around(text: str, ask: Ask, config: SimConfig) -> str:
    tongue = tongue_of(ask.prompt)
    return tongue.preamble + text + tongue.postscript


def _empty(text: str, ask: Ask, config: SimConfig) -> str:
    return ""


def _refusal(text: str, ask: Ask, config: SimConfig) -> str:
    return tongue_of(ask.prompt).refusal


def _wrong_language(text: str, ask: Ask, config: SimConfig) -> str:
    """Return prose in the other language; in JSON, every longer string is in it."""
    if ask.schema is None:
        return prose_of(ask, config, count_words(text), other_language=True)
    tongue = English() if ask.prompt.chinese else Chinese()
    rng = ask.dice.random("wrong language")
    return changed_strings(text, lambda s: tongue.sentence(rng, 9) if len(s) > 12 else s)


def _oversized(text: str, ask: Ask, config: SimConfig) -> str:
    """Return far too much: prose many times over; in JSON, long strings and long lists."""
    if ask.schema is None:
        return prose_of(ask, config, 6 * count_words(text))
    longer = changed_strings(text, lambda s: s if s.isidentifier() else f"{s} " * _LONG_TIMES)
    lists = {k: v * _LONG_TIMES if isinstance(v, list) else v for k, v in _parsed(longer).items()}
    return json.dumps(lists, ensure_ascii=False)


def _loop(text: str, ask: Ask, config: SimConfig) -> str:
    """Return the first half of ``text``, and then its beginning over and over."""
    begun = text[: max(1, len(text) // 2)]
    return begun + begun[:60] * _LOOP_TIMES


def _controls(text: str, ask: Ask, config: SimConfig) -> str:
    """Return ``text`` with control characters in every sentence, or every string of the JSON."""
    if ask.schema is None:
        return text.replace(". ", ".\x01 \x0b\x9f")
    return changed_strings(text, lambda s: s.replace(" ", "\x07 \x1b", 1))


def changed_strings(text: str, change: Callable[[str], str]) -> str:
    """Return the JSON in ``text`` with every string in it changed; keys stay."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner) for inner in value]
        return change(value) if isinstance(value, str) else value

    return json.dumps(walk(_parsed(text)), ensure_ascii=False)


def _parsed(text: str) -> Any:
    """Return the JSON in ``text``; prose counts as an object with one text."""
    try:
        return json.loads(text)
    except ValueError:
        return {"text": text}


_DAMAGES: Mapping[FaultName, Damage] = {
    "truncate": _cut,
    "cut_json": _cut,
    "no_json": _no_json,
    "wrong_keys": _wrong_keys,
    "fences": _fences,
    "think": _think,
    "prose_around": _prose_around,
    "empty": _empty,
    "refusal": _refusal,
    "wrong_language": _wrong_language,
    "oversized": _oversized,
    "loop": _loop,
    "controls": _controls,
}
