"""Reading answers: what a model sent, as the form asked for or as clean prose, or the fault in it."""

import json
import re
from functools import lru_cache
from typing import Any, TypeVar

from json_repair import repair_json
from pydantic import BaseModel, ValidationError

from inkwright.memory.values import digest
from inkwright.memory.wordcount import count_words, sentences, words

F = TypeVar("F", bound=BaseModel)

_THINK = re.compile(r"<think>.*?</think>\s*", re.DOTALL | re.IGNORECASE)
_OPEN_THINK = re.compile(r"^\s*<think>.*", re.DOTALL | re.IGNORECASE)
_REFUSAL = re.compile(
    r"^\W*(?:I['’]?m (?:really |very )?sorry\b|I am sorry\b|sorry, (?:but )?I\b|I (?:can['’]?t|cannot|can not|won['’]?t)"
    r" (?:help|assist|do|write|provide|fulfil|comply|continue|create|generate)|as an AI\b|对不起|抱歉|很抱歉|我无法|我不能)",
    re.IGNORECASE,
)
_REFUSAL_WORDS = 60
_ERROR = re.compile(
    r"^\s*(?:\{\s*\"error\"|<!doctype html|<html|(?:internal server error|bad gateway|error:|traceback \())",
    re.IGNORECASE,
)
LOOP_WORDS = 8
"""A run of this many words..."""
LOOP_TIMES = 4
"""...repeated this often, is a loop: chance and refrains do not do that."""


class Unreadable(ValueError):
    """The answer is not in the form asked for; the message says what is wrong with it."""


def read_form(text: str, finish: str, form: type[F]) -> F:
    """Return the answer as ``form``, mended where that is safe.

    Think blocks, fences and talk around the JSON are cut off, broken JSON is repaired, strings and
    lists beyond their bounds are clipped. JSON that was cut short by the token limit is refused:
    what is missing cannot be known.
    """
    clean = strip_thoughts(text)
    start = clean.find("{")
    if start < 0:
        raise Unreadable("there is no JSON object in it")
    if finish == "length":
        raise Unreadable("it was cut off before its end; answer more briefly")
    try:
        found, _ = json.JSONDecoder().raw_decode(clean[start:])
    except json.JSONDecodeError:
        found = repair_json(clean[start:], return_objects=True)
    if not isinstance(found, dict) or not found:
        raise Unreadable("there is no JSON object in it")
    return _validated(found, form)


def _validated(found: dict[str, Any], form: type[F]) -> F:
    for _ in range(200):
        try:
            return form.model_validate(found)
        except ValidationError as fault:
            error = fault.errors()[0]
            if not _clip(found, error):
                where = ".".join(str(p) for p in error["loc"])
                raise Unreadable(f"{where}: {error['msg']}") from fault
    raise Unreadable("too much of it is beyond the bounds of the schema")


def _clip(found: Any, error: Any) -> bool:
    """Cut the one value an error names down to its bound. False: not that kind of error."""
    bound = error.get("ctx", {}).get("max_length")
    if error["type"] not in ("string_too_long", "too_long") or bound is None:
        return False
    *path, last = error["loc"]
    for step in path:
        found = found[step]
    found[last] = found[last][:bound]
    return True


def strip_thoughts(text: str) -> str:
    """Return ``text`` without ``<think>`` blocks; nothing when one never ends."""
    return _OPEN_THINK.sub("", _THINK.sub("", text)).strip()


def read_prose(text: str, *, han: bool | None = None, keep_loops: bool = False) -> str:
    """Return the answer as clean prose.

    ``han``: whether the piece is written in Han characters; None: either will do. A text that runs
    into a loop is refused, or with ``keep_loops`` ends where the loop begins.
    """
    clean = _unfenced(strip_thoughts(text)).replace("\r\n", "\n")
    if not count_words(clean):
        raise Unreadable("it is empty")
    if _REFUSAL.match(clean) and count_words(clean) < _REFUSAL_WORDS:
        raise Unreadable("it is a refusal")
    if _ERROR.match(clean):
        raise Unreadable("it is an error message")
    if han is not None and is_han(clean) != han:
        raise Unreadable("it is in the wrong language")
    loop = loop_start(clean)
    if loop is not None and not keep_loops:
        raise Unreadable("it repeats itself over and over")
    if loop is not None:
        clean = clean[:loop].rstrip()
        if not count_words(clean):
            raise Unreadable("it repeats itself over and over")
    return clean


def loop_start(text: str) -> int | None:
    """Return where ``text`` begins to go round in circles, in code points; None if it does not."""
    seen: dict[str, list[int]] = {}
    tokens = words(text)
    for n in range(len(tokens) - LOOP_WORDS + 1):
        run = " ".join(tokens[n : n + LOOP_WORDS]).casefold()
        places = seen.setdefault(run, [])
        places.append(n)
        if len(places) >= LOOP_TIMES:
            return _offset_of_word(text, tokens, places[1])
    return None


def _offset_of_word(text: str, tokens: list[str], number: int) -> int:
    at = 0
    for token in tokens[:number]:
        at = text.index(token, at) + len(token)
    for sentence in sentences(text):
        if sentence.end > at:
            return sentence.start
    return at


def _unfenced(text: str) -> str:
    found = re.fullmatch(r"```[a-z]*\n(.*?)\n?```", text.strip(), re.DOTALL)
    return (found.group(1) if found else text).strip()


def is_han(text: str) -> bool:
    """True when ``text`` is mostly written in Han characters or kana."""
    letters = [c for c in text if c.isalpha()]
    han = sum(1 for c in letters if "\u3040" <= c <= "\u30ff" or "\u4e00" <= c <= "\u9fff")
    return han * 3 > len(letters)


@lru_cache(maxsize=64)
def schema_of(form: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema that an answer in ``form`` must meet."""
    return form.model_json_schema()


@lru_cache(maxsize=64)
def form_digest(form: type[BaseModel] | None) -> str:
    """Return what identifies a schema in the journal's key."""
    return "" if form is None else digest(schema_of(form))
