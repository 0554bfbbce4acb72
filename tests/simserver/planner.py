"""The planner: outlines, chapters, the plan's entries, and the check of a plan."""

import re
from typing import Any

from tests.simserver.ask import Ask
from tests.simserver.config import Planted, SimConfig
from tests.simserver.dice import Dice
from tests.simserver.facts import plain, tongue_of
from tests.simserver.prompt import Prompt, listed

_CAST_SIZE = 4
_REVISED = "(revised)"


def sections(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return the sections asked for: as many as said, or one for each heading listed."""
    given = listed(ask.prompt.block("sections"))
    if given:
        ids, titles = [sid for sid, _, _ in given], [title for _, title, _ in given]
    else:
        count = (ask.prompt.numbers("Sections") or [4])[0]
        ids, titles = [f"s{n}" for n in range(1, count + 1)], _titles(ask, count)
    words = shares((ask.prompt.numbers("Words") or [0])[0], len(titles))
    planned = (
        _section(ask, config, sid, title, size)
        for sid, title, size in zip(ids, titles, words, strict=True)
    )
    return {"sections": list(planned)}


def titles(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return as many titles as there are to be parts."""
    return {"titles": _titles(ask, (ask.prompt.numbers("Parts") or [4])[0])}


def chapters(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return as many chapters as said, which share the number of sections between them."""
    count = (ask.prompt.numbers("Chapters") or [3])[0]
    sizes = shares((ask.prompt.numbers("Sections") or [count])[0], count)
    return {
        "chapters": [
            {"title": title, "purpose": _purpose(ask, title), "sections": max(1, size)}
            for title, size in zip(_titles(ask, count), sizes, strict=True)
        ]
    }


def cast(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return the people of the piece, and one event that is true from its middle on."""
    tongue = tongue_of(ask.prompt)
    entries: list[dict[str, Any]] = []
    for name in _people(ask.prompt):
        attribute, value = tongue.trait(Dice(ask.prompt.request).random(f"trait/{name}"))
        entries.append(_entry("character", name, attribute, f"{value}."))
    given = listed(ask.prompt.block("sections"))
    if given:
        sid, title, _ = given[len(given) // 2]
        happens = tongue.sentence(ask.dice.random("event"), 12)
        entries.append(_entry("event", title, "", happens) | {"from_section": sid})
    return {"entries": entries}


def check(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return the faults planted for this plan that have not been mended yet."""
    text = f"{ask.prompt.block('outline')}\n{ask.prompt.user}"
    faults = []
    for sid in config.plan_faults:
        line = re.search(rf"^.*\b{re.escape(sid)}\b.*$", text, re.MULTILINE)
        if line and _REVISED not in line.group():
            purpose = f"{_purpose(ask, sid)} {_REVISED}"
            faults.append({"section": sid, "fault": "Its purpose is vague.", "purpose": purpose})
    return {"faults": faults}


def shares(total: int, count: int) -> list[int]:
    """Return ``count`` whole numbers, as equal as can be, that add up to ``total``."""
    return [total // count + (n < total % count) for n in range(count)] if count else []


def _section(ask: Ask, config: SimConfig, sid: str, title: str, words: int) -> dict[str, Any]:
    rng = ask.dice.random(f"section/{sid}/{title}")
    tongue = tongue_of(ask.prompt)
    return {
        "title": title,
        "purpose": _purpose(ask, title),
        "key_points": [tongue.sentence(rng, 6)],
        "words": words,
        "owns": tongue.sentence(rng, 4),
        "hands_over": tongue.sentence(rng, 4),
        "leaves_out": tongue.sentence(rng, 4),
        "subjects": _subjects(ask, config, sid, rng.sample(_people(ask.prompt), 2)),
    }


def _subjects(ask: Ask, config: SimConfig, sid: str, people: list[str]) -> list[str]:
    """Return whom a section names: those of its planted facts and needs, then its ``people``.

    The sections of a single chapter are not numbered in the request: they get ``people`` only.
    """
    planted: list[str] = []
    if not ask.prompt.field("Chapter"):
        everything: tuple[Planted, ...] = (*config.facts, *config.needs)
        here = (p for p in everything if p.section == sid and p.brief in ask.prompt.brief)
        planted = [p.subject for p in here]
    return list(dict.fromkeys((*planted, *people)))


def _titles(ask: Ask, count: int) -> list[str]:
    """Return ``count`` titles that differ from each other."""
    tongue, rng = tongue_of(ask.prompt), ask.dice.random("titles")
    titles: dict[str, str] = {}
    while len(titles) < count:
        title = tongue.title(rng)
        titles.setdefault(plain(title), title)
    return list(titles.values())


def _purpose(ask: Ask, title: str) -> str:
    return tongue_of(ask.prompt).purpose(ask.dice.random(f"purpose/{title}"), title)


def _people(prompt: Prompt) -> list[str]:
    """Return the names in a piece: they depend on its request alone, so all its calls agree."""
    tongue, rng = tongue_of(prompt), Dice(prompt.request).random("people")
    names: dict[str, None] = {}
    while len(names) < _CAST_SIZE:
        names[tongue.name(rng)] = None
    return list(names)


def _entry(kind: str, subject: str, attribute: str, statement: str) -> dict[str, Any]:
    return {"kind": kind, "subject": subject, "attribute": attribute, "statement": statement}
