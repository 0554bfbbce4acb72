"""The editor: patches for what was found wrong, and sentences that can go."""

import re
from typing import Any

from tests.simserver import citing
from tests.simserver.ask import Ask
from tests.simserver.config import SimConfig
from tests.simserver.facts import Entry, entries, find, plain, tongue_of
from tests.simserver.prompt import Item, forbids, items, numbered, numbered_words, quoted
from tests.simserver.prose import missed
from tests.simserver.reviewer import marker
from tests.simserver.tokens import count_words

_FINDING = re.compile(r"[\"“](.*)[\"”]: *(.*)")
_OF_WHOLE = re.compile(r"w\d+")
"""Ids of what a section has in common with others: it is to say something else there."""
_MISSING = re.compile(r"\(missing: (.+?)\)")
_ANY_MARKER = re.compile(r",? ?as required by \w+")
_ANY_SAYING = re.compile(
    r"A voice near the \w+ said \"[^\"]*\" and the \w+ fell silent\."
    r"|有人在\w+边说“[^”]*”，\w+便静了下来。"
)


def edits(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return new wording for the sentences that the findings are about."""
    findings = items(ask.prompt.block("findings"))
    if ask.dice.chance(config.editor_ignores, "ignores"):
        return {"edits": []}
    before = numbered(ask.prompt.block("sentences"))
    if (more := ask.prompt.asked(r"Add about (\d+) ")) is not None:
        return {
            "edits": _fuller(before, round(more * (1 + missed(ask, config.densify_error))), ask)
        }
    after = dict(before)
    if config.editor_oscillates:
        findings = findings[:1]
        after = {n: _without_patches(n, sentence, ask) for n, sentence in after.items()}
    for finding in findings if after else ():
        _mend(finding, after, ask)
    changed = [n for n in after if after[n] != before.get(n)]
    return {"edits": [{"first": n, "last": n, "text": after[n]} for n in sorted(changed)]}


def rewording(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return every other sentence in other words, from the first; to go on, more after the last."""
    if ask.dice.chance(config.editor_ignores, "ignores"):
        return {"edits": []}
    before, change = numbered(ask.prompt.block("sentences")), ask.prompt.field("Change")
    tongue, rng = tongue_of(ask.prompt), ask.dice.random("reworded")
    if change.startswith("Go on"):
        last = max(before)
        more = tongue.gap.join(tongue.sentence(rng, 12) for _ in range(2))
        return {"edits": [{"first": last, "last": last, "text": before[last] + tongue.gap + more}]}
    return {
        "edits": [
            {"first": n, "last": n, "text": tongue.sentence(rng, count_words(before[n]))}
            for n in sorted(before)[::2]
        ]
    }


def cuts(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return sentences from the middle outwards, until they make up the words to be cut."""
    text = ask.prompt.block("sentences")
    sizes, spoken = numbered_words(text), numbered(text)
    asked = ask.prompt.asked(r"Cut about (\d+) ") or 0
    left = round(asked * (1 + missed(ask, config.trim_error)))
    middle = (len(sizes) + 1) / 2
    chosen: list[int] = []
    for number in sorted(sizes, key=lambda n: (abs(n - middle), n)):
        if left <= 0 or len(chosen) >= len(sizes) - 1:
            break
        chosen.append(number)
        left -= sizes[number] or count_words(spoken[number])
    return {"sentences": chosen}


def _fuller(text: dict[int, str], words: int, ask: Ask) -> list[dict[str, Any]]:
    """Return up to four sentences with so many words more between them."""
    tongue, rng = tongue_of(ask.prompt), ask.dice.random("fuller")
    low, _ = tongue.usual
    parts = max(1, min(4, words // low, len(text)))
    chosen = sorted(rng.sample(sorted(text), parts))
    sizes = [words // parts + (n < words % parts) for n in range(parts)]
    return [
        {"first": n, "last": n, "text": text[n] + tongue.gap + tongue.sentence(rng, size)}
        for n, size in zip(chosen, sizes, strict=True)
    ]


def _mend(finding: Item, text: dict[int, str], ask: Ask) -> None:
    """Change ``text`` so that ``finding`` no longer holds."""
    said = _FINDING.fullmatch(finding.text)
    quote, told = said.groups() if said else ("", finding.text)
    if finding.id.startswith("source:"):
        number = _place(quote, text)
        text[number] = text[number].replace(quote, citing.uncited(quote))
        return
    entry = next((e for e in entries(ask.prompt.block("entries")) if e.id == finding.id), None)
    if entry:
        _state(entry, text, _place(quote, text), ask)
        return
    number = _place(quote, text)
    if finding.id == citing.CITE:
        citing.mend(finding, quote, text, number, ask)
        return
    if _OF_WHOLE.fullmatch(finding.id):
        tongue, rng = tongue_of(ask.prompt), ask.dice.random(f"anew/{finding.id}")
        text[number] = tongue.sentence(rng, max(tongue.shortest, count_words(text[number])))
        return
    if phrases := _phrases(finding.id, quote, told, ask):
        _put_right(phrases, text, ask)
    elif forbids(told) and quote in text[number] and plain(quote) != plain(text[number]):
        _put_right([quote], text, ask)
    else:
        text[number] = _with_marker(text[number], finding.id)


def _without_patches(number: int, sentence: str, ask: Ask) -> str:
    """Return ``sentence`` without what earlier patches put there."""
    tongue, rng = tongue_of(ask.prompt), ask.dice.random(f"undo/{number}")
    return _ANY_SAYING.sub(lambda _: tongue.sentence(rng, 8), _ANY_MARKER.sub("", sentence))


def _place(quote: str, text: dict[int, str]) -> int:
    """Return the number of the sentence that ``quote`` is from; the last when it is from none."""
    for number, sentence in text.items():
        if quote and (quote in sentence or sentence in quote):
            return number
    return max(text)


def _state(entry: Entry, text: dict[int, str], near: int, ask: Ask) -> None:
    """Give the fact of ``entry`` its value wherever it has another, or state it at ``near``."""
    stated = False
    for number, sentence in text.items():
        for fact in find(sentence):
            value = entry.value_of(fact.attribute)
            if value is not None and plain(fact.subject) in entry.names:
                right = tongue_of(ask.prompt).fact(fact.subject, fact.attribute, value)
                text[number], stated = text[number].replace(fact.quote, right), True
    if not stated and entry.attribute:
        tongue = tongue_of(ask.prompt)
        value = entry.value_of(entry.attribute) or entry.statement
        text[near] += tongue.gap + tongue.fact(entry.subject, entry.attribute, value)


def _phrases(constraint: str, quote: str, told: str, ask: Ask) -> list[str]:
    """Return the phrases that a finding is about, from wherever its constraint is worded."""
    worded = (*ask.prompt.requirements, *items(ask.prompt.block("constraints")))
    in_full = "\n".join(item.text for item in worded if item.id == constraint)
    missing = [p for listed in _MISSING.findall(quote) for p in listed.split(", ")]
    from_text = any(quote in s for s in numbered(ask.prompt.block("sentences")).values())
    return quoted(in_full) or quoted(told) or missing or ([] if from_text else quoted(quote))


def _put_right(phrases: list[str], text: dict[int, str], ask: Ask) -> None:
    """Add the phrases that are missing; if none is, they are not wanted: remove them all."""
    tongue, rng = tongue_of(ask.prompt), ask.dice.random(f"patch/{phrases}")
    missing = [p for p in phrases if not any(p in sentence for sentence in text.values())]
    last = max(text)
    for phrase in missing:
        text[last] += tongue.gap + tongue.saying(rng, phrase)
    if not missing:
        for number, sentence in text.items():
            if any(phrase in sentence for phrase in phrases):
                text[number] = tongue.sentence(rng, max(6, count_words(sentence)))


def _with_marker(sentence: str, constraint: str) -> str:
    """Return ``sentence`` with the words that satisfy the judge before its closing mark."""
    bare = sentence.rstrip('.!?。！？"” ')
    return f"{bare}, {marker(constraint)}{sentence[len(bare) :] or '.'}"
