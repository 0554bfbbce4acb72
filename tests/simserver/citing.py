"""What the simulated model makes of sources: it copies their sentences, and cites them or not."""

import re
from typing import Any

from inkwright.agents.review.control_questions import find_answer
from tests.simserver.ask import Ask
from tests.simserver.config import SimConfig
from tests.simserver.facts import plain
from tests.simserver.planner import shares
from tests.simserver.prompt import Item, listed, sentences

CITE = "cite"
"""Id of the constraint that works with sources are reviewed by."""
_PASSAGE = re.compile(r"^\s*(?:\[(\d+)\] |- )?\[@([^\]]+)\] (.*?): (.+)$", re.MULTILINE)
_CLAIM = re.compile(r"^\[(\d+)\] (.*)$", re.MULTILINE)
_SHORTEST, _LONGEST = 20, 400


def placed(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return the sources shared out over the sections, in order."""
    keys = [key for _, key, _, _ in _passages(ask.prompt.block("sources"))]
    sections = [sid for sid, _, _ in listed(ask.prompt.block("sections"))]
    items = []
    if keys and sections:
        sizes = shares(max(len(keys), len(sections)), len(sections))
        for sid, size in zip(sections, sizes, strict=True):
            for _ in range(size):
                key = keys[len(items) % len(keys)]
                items.append({"section": sid, "source": key, "point": f"what {key} has to say"})
    return {"items": items}


def choices(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return the passages that have a sentence to copy, each with it as its quote."""
    found = []
    for number, _, _, words in _passages(ask.prompt.block("passages")):
        if usable := _usable(words):
            quote = usable[0][:280]
            if ask.dice.chance(config.judge_invents, f"invent/{number}"):
                quote = f"Nobody wrote this of {number}."
            found.append({"passage": int(number), "quote": quote, "against": ""})
    return {"choices": found}


def supports(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return for each claim whether a passage under it has its very words."""
    block = ask.prompt.block("claims")
    parts = _CLAIM.split(block)[1:]
    verdicts = []
    for number, said, rest in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        own = [s for _, _, _, words in _passages(rest) for s in sentences(words)]
        wanted = plain(said)
        quote = next((s for s in own if wanted and wanted in plain(s)), "")
        sound = find_answer(rest, said.strip())
        if sound is not None:
            wrong = ask.dice.chance(config.control_rate(sound=sound), f"control/{number}")
            quote = own[0] if sound != wrong else ""
        elif not quote and ask.dice.chance(config.judge_miss, f"miss/{number}"):
            quote = own[0] if own else ""
        elif quote and ask.dice.chance(config.judge_false, f"false/{number}"):
            quote = ""
        verdicts.append({"claim": int(number), "supported": bool(quote), "quote": quote[:290]})
    return {"verdicts": verdicts}


def claims(ask: Ask, config: SimConfig) -> list[str]:
    """Return the sentences a writer takes from its sources, rightly or wrongly cited or quoted."""
    passages = _passages(ask.prompt.block("sources"))
    owed = []
    chosen = ask.dice.random("passages").sample(passages, min(config.citations, len(passages)))
    for place, (_, key, _, words) in enumerate(chosen):
        if not (usable := _usable(words)):
            continue
        sentence = ask.dice.pick(usable, f"claim/{place}")
        if ask.dice.chance(config.misquotes, f"misquote/{place}"):
            sentence = _misquoted(sentence)
        if ask.dice.chance(config.invents_sources, f"source/{place}"):
            key = f"invented{place}"
        owed.append(cited(sentence, key))
    return owed


def mend(finding: Item, quote: str, text: dict[int, str], near: int, ask: Ask) -> None:
    """Put a sentence that a source has in the place of the one that was found wrong."""
    passages = _passages(ask.prompt.block("entries"))
    usable = [(key, s) for _, key, _, words in passages for s in _usable(words)]
    if not usable:
        text[near] = text[near].replace(quote, uncited(quote))
        return
    wanted = _parts(uncited(quote))
    key, sentence = max(usable, key=lambda u: len(wanted & _parts(u[1])))
    right = cited(sentence, key)
    text[near] = (
        text[near].replace(quote, right) if quote in text[near] else f"{text[near]} {right}"
    )


def cited(sentence: str, key: str) -> str:
    """Return a sentence with its citation before the full stop."""
    bare = sentence.rstrip(".。 ")
    return f"{bare} [@{key}]{sentence[len(bare) :].strip() or '.'}"


def uncited(text: str) -> str:
    """Return ``text`` without its citations."""
    return re.sub(r" ?\[@[^\]]*\]", "", text)


def _passages(block: str) -> list[tuple[str, str, str, str]]:
    return _PASSAGE.findall(block)


def _parts(text: str) -> set[str]:
    """Return the words of ``text``; of Chinese, its pairs of characters."""
    said = plain(text)
    return {said[n : n + 2] for n in range(len(said) - 1)} if _is_cjk(text) else set(said.split())


def _usable(words: str) -> list[str]:
    """Return whole sentences of a passage, those with figures first."""
    parts = [s for part in words.split(" / ") for s in sentences(part)]
    found = [s for s in parts if _SHORTEST <= len(s) <= _LONGEST or _is_cjk(s)]
    found = [s for s in found if s[-1] in ".。" and "[" not in s and "#" not in s]
    return sorted(found, key=lambda s: not re.search(r"\d", s))


def _is_cjk(sentence: str) -> bool:
    return 6 <= len(sentence) <= _LONGEST and bool(re.search(r"[一-鿿]", sentence))


def _misquoted(sentence: str) -> str:
    """Return the sentence with another figure, or with something it does not say."""
    if found := re.search(r"\d+", sentence):
        return f"{sentence[: found.start()]}{int(found.group()) + 7}{sentence[found.end() :]}"
    bare = sentence.rstrip(".。")
    return f"{bare}，共4711次。" if _is_cjk(sentence) else f"{bare}, in all 4711 times."
