"""The archivist: which facts a draft states, compared with what memory had from it."""

from typing import Any

from tests.simserver.ask import Ask
from tests.simserver.config import SimConfig
from tests.simserver.facts import Entry, Stated, aliases, entries, find, plain, tongue_of
from tests.simserver.prompt import sentences

_SUMMARY_WORDS = 30


def delta(ask: Ask, config: SimConfig) -> dict[str, Any]:
    """Return the summary of a draft and the changes it makes to memory."""
    draft, old = ask.prompt.block("draft"), entries(ask.prompt.block("entries"))
    stated = _distinct(list(find(draft)))
    seen = [
        s
        for s in stated
        if not ask.dice.chance(config.archivist_miss, f"miss/{s.subject}/{s.attribute}")
    ]
    items = [_item(s, old, config) for s in seen]
    items += [_no_longer(entry, stated, draft) for entry in old if not _matched(entry, stated)]
    items += _events(draft, old, config)
    if ask.dice.chance(config.archivist_false, "false"):
        items.append(_false_item(ask, draft))
    return {"summary": _summary(ask, config, draft, stated), "items": items}


def _distinct(stated: list[Stated]) -> list[Stated]:
    """Return the last statement on each topic."""
    return list({(plain(s.subject), plain(s.attribute)): s for s in stated}.values())


def _matches(entry: Entry, stated: Stated) -> bool:
    return plain(stated.subject) in entry.names and entry.value_of(stated.attribute) is not None


def _matched(entry: Entry, stated: list[Stated]) -> bool:
    return any(_matches(entry, s) for s in stated)


def _item(stated: Stated, old: list[Entry], config: SimConfig) -> dict[str, Any]:
    """Keep or change the entry that has the fact already; otherwise add it."""
    known = next((entry for entry in old if _matches(entry, stated)), None)
    item = {
        "action": "add",
        "kind": "fact",
        "subject": stated.subject,
        "aliases": list(aliases(config, stated.subject)),
        "attribute": stated.attribute,
        "statement": f"{stated.value}.",
        "quote": stated.quote,
    }
    if known is None:
        return item
    same = plain(known.value_of(stated.attribute) or "") == plain(stated.value)
    return item | {"id": known.id, "action": "keep" if same else "change"}


def _no_longer(entry: Entry, stated: list[Stated], draft: str) -> dict[str, Any]:
    """Retract an entry whose fact the draft does not state, unless it holds its very words."""
    known = {"id": entry.id, "subject": entry.subject, "attribute": entry.attribute}
    words = entry.statement.strip()
    if not entry.attribute and words and words in draft:
        return known | {"action": "keep", "statement": words, "quote": words}
    return known | {"action": "retract", "statement": "", "quote": ""}


def _events(draft: str, old: list[Entry], config: SimConfig) -> list[dict[str, Any]]:
    """Return the first sentences of a draft as events, those aside that memory has."""
    kept = {entry.statement for entry in old}
    new = [s for s in sentences(draft)[: config.archivist_events] if s not in kept]
    subject = "events" if draft.isascii() else "事件"
    return [
        {"action": "add", "kind": "event", "subject": subject, "statement": s, "quote": s}
        for s in new
    ]


def _false_item(ask: Ask, draft: str) -> dict[str, Any]:
    """Return an item that is not so: its quote is not in the draft, or does not say it."""
    tongue, rng = tongue_of(ask.prompt), ask.dice.random("false item")
    subject, (attribute, value) = tongue.name(rng), tongue.trait(rng)
    quote = tongue.fact(subject, attribute, value)
    if ask.dice.chance(0.5, "false quote"):
        quote = ask.dice.pick(sentences(draft) or [quote], "real quote")
    return {
        "action": "add",
        "kind": "fact",
        "subject": subject,
        "attribute": attribute,
        "statement": f"{value}.",
        "quote": quote,
    }


def _summary(ask: Ask, config: SimConfig, draft: str, stated: list[Stated]) -> str:
    """Return the beginning of the draft, the names of its facts, and as many facts as wished."""
    tongue = tongue_of(ask.prompt)
    first = (sentences(draft) or [draft[:200] or "-"])[0]
    if ask.prompt.chinese:
        parts = [first[: 2 * _SUMMARY_WORDS].rstrip("。，") + "。"]
    else:
        parts = [" ".join(first.split()[:_SUMMARY_WORDS]).rstrip(".,") + "."]
    if names := list(dict.fromkeys(s.subject for s in stated)):
        parts.append(
            f"写到{'、'.join(names)}。"
            if ask.prompt.chinese
            else f"It deals with {', '.join(names)}."
        )
    parts += [s.quote for s in stated[: config.summary_facts]]
    return tongue.gap.join(parts)
