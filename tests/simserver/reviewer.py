"""The reviewer: which constraints a draft breaks, and where it contradicts its memory."""

import re
from typing import Any

from inkwright.agents.review.control_questions import find_answer
from tests.simserver.ask import Ask
from tests.simserver.config import SimConfig
from tests.simserver.facts import Entry, entries, find, plain, tongue_of
from tests.simserver.prompt import Item, forbids, items, quoted, sentences

_SECTION = re.compile(r"^\[(\w+)\]\n(.*?)(?=\n\n\[\w+\]\n|\Z)", re.MULTILINE | re.DOTALL)
_BEGINS = re.compile(r"^\[(\w+)\] begins: (.+)$", re.MULTILINE)


def marker(constraint: str) -> str:
    """Return the words by which a draft shows that it meets a judged constraint."""
    return f"as required by {constraint}"


def verdicts(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return one verdict for each constraint listed."""
    draft = ask.prompt.block("draft")
    listed = items(ask.prompt.block("constraints"))
    return {"verdicts": [_verdict(constraint, draft, ask, config) for constraint in listed]}


def contradictions(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return the sentences that say otherwise than the changed entries."""
    draft = ask.prompt.block("draft")
    changed = entries(ask.prompt.block("changed"))
    found = _control_contradictions(draft, ask, config)
    for entry in changed:
        for quote in _contradicting(entry, draft):
            if not ask.dice.chance(config.judge_miss, f"miss/{entry.id}/{quote}"):
                found.append({"entry": entry.id, "quote": _quote(quote, ask, config)})
        if ask.dice.chance(config.judge_false, f"false/{entry.id}"):
            found.append({"entry": entry.id, "quote": _any_sentence(draft, ask, entry.id)})
    return {"contradictions": found}


def seams(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return the beginnings that do not join what stands before them, as often as it is told."""
    found = []
    for section, begins in _BEGINS.findall(ask.prompt.block("sections")):
        if ask.dice.chance(config.seam_faults, f"seam/{section}"):
            quote = _quote(sentences(begins)[0], ask, config)
            found.append({"section": section, "quote": quote, "fault": "It begins anew."})
    return {"seams": found}


def breaches(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return what is broken of the requirements listed, each in the sections it is for."""
    found = []
    texts = dict(_SECTION.findall(ask.prompt.block("sections")))
    for item in items(ask.prompt.block("constraints")):
        told, _, carriers = item.text.rpartition(" (in ")
        for section in carriers.rstrip(")").split(", "):
            text, label = texts.get(section, ""), f"{section}/{item.id}"
            broken, quote = _broken(Item(item.id, told), text, section, ask, config)
            if broken and ask.dice.chance(config.judge_miss, f"miss/{label}"):
                continue
            if not broken and ask.dice.chance(config.judge_false, f"false/{label}"):
                broken, quote = True, _any_sentence(text, ask, label)
            if broken:
                quote = _quote(quote, ask, config)
                found.append({"section": section, "constraint": item.id, "quote": quote})
    return {"breaches": found}


def _control_contradictions(draft: str, ask: Ask, config: SimConfig) -> list[dict[str, Any]]:
    """Return what is found of the control questions, whose answers are known here."""
    found = []
    for item in items(ask.prompt.block("changed")):
        sound = find_answer(draft, item.text)
        if sound is not None and sound == ask.dice.chance(
            config.control_rate(sound=sound), f"control/{item.id}"
        ):
            found.append({"entry": item.id, "quote": _any_sentence(draft, ask, item.id)})
    return found


def _verdict(constraint: Item, draft: str, ask: Ask, config: SimConfig) -> dict[str, Any]:
    sound = find_answer(draft, constraint.text)
    if sound is not None:
        wrong = ask.dice.chance(config.control_rate(sound=sound), f"control/{constraint.id}")
        quote = _any_sentence(draft, ask, constraint.id)
        return {"constraint": constraint.id, "broken": sound == wrong, "quote": quote}
    broken, quote = _broken(constraint, draft, ask.prompt.section, ask, config)
    if broken and ask.dice.chance(config.judge_miss, f"miss/{constraint.id}"):
        broken, quote = False, ""
    elif not broken and ask.dice.chance(config.judge_false, f"false/{constraint.id}"):
        broken, quote = True, _any_sentence(draft, ask, constraint.id)
    return {"constraint": constraint.id, "broken": broken, "quote": _quote(quote, ask, config)}


def _broken(item: Item, draft: str, section: str, ask: Ask, config: SimConfig) -> tuple[bool, str]:
    """Say whether a draft breaks a constraint, with the sentence that shows it, if one does."""
    if phrases := quoted(item.text):
        if not forbids(item.text):
            return any(phrase not in draft for phrase in phrases), ""
        guilty = [s for s in sentences(draft) if any(phrase in s for phrase in phrases)]
        return bool(guilty), guilty[0] if guilty else ""
    if _planted(item, section, config) and marker(item.id) not in draft:
        return True, _any_sentence(draft, ask, item.id)
    return False, _any_sentence(draft, ask, f"met/{item.id}")


def _planted(item: Item, section: str, config: SimConfig) -> bool:
    """Say whether the judge is told to find this constraint broken here."""
    return any(
        fail.section in (None, section)
        and (fail.constraint == item.id or fail.constraint in item.text)
        for fail in config.judge_fails
    )


def _contradicting(entry: Entry, draft: str) -> list[str]:
    """Return the sentences of ``draft`` that give the entry's topic another value."""
    return [
        stated.quote
        for stated in find(draft)
        if plain(stated.subject) in entry.names
        and (value := entry.value_of(stated.attribute)) is not None
        and plain(value) != plain(stated.value)
    ]


def _any_sentence(draft: str, ask: Ask, label: str) -> str:
    return ask.dice.pick(sentences(draft) or [""], f"sentence/{label}")


def _quote(quote: str, ask: Ask, config: SimConfig) -> str:
    """Return ``quote``, or words that nobody wrote."""
    if quote and ask.dice.chance(config.judge_invents, f"invent/{quote}"):
        return tongue_of(ask.prompt).sentence(ask.dice.random("invented"), 14)
    return quote
