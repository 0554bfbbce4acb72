"""Formats: Markdown that must or must not be there, and the exact words a section begins with.

What a section must begin and end with is set by code, not hoped for: ``framed`` puts it there
whatever the model wrote, and ``bare`` takes it off again, for counting.
"""

import re
from collections.abc import Iterable

from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.draft import CheckStatus
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.words import Sentence, sentences

_LIST_ITEMS = 2
"""So many items make a list."""
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+\S.*$", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+\S.*$", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*[-*+][ \t]+\S.*$", re.MULTILINE)
_TABLE = re.compile(
    r"^.*\|.*\n[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*$",
    re.MULTILINE,
)
_INLINE = re.compile(
    r"\*\*[^*\n]+\*\*|__[^_\n]+__|(?<![\w*])\*[^*\s][^*\n]*\*(?![\w*])|`[^`\n]+`|\[[^\]\n]+\]\([^)\n]+\)"
)
_BLOCK = re.compile(r"^(?:```|~~~| {0,3}>[ \t]+\S).*$", re.MULTILINE)
_MARKUP = (_HEADING, _BULLET, _TABLE, _BLOCK, _INLINE)


def check(text: str, constraint: Constraint) -> tuple[CheckStatus, str]:
    """Return whether ``text`` has the format asked for, with the words that show it."""
    shown = []
    for wanted in (_form, _beginning, _end):
        status, evidence = wanted(text.strip(), constraint)
        if status == "broken":
            return status, evidence
        shown.append(evidence)
    return "met", "\n".join(e for e in shown if e)


def _form(text: str, constraint: Constraint) -> tuple[CheckStatus, str]:
    found = _markup_of(text, constraint.format) if constraint.format else ""
    if found is None:
        return "broken", f"{constraint.text} (the text has none)"
    if constraint.format == "plain" and found:
        return "broken", found
    return "met", found


def _markup_of(text: str, form: str) -> str | None:
    """Return the first words that have the format; None where it is lacking."""
    if form == "heading":
        first = _HEADING.match(text)
        return first.group() if first else None
    if form == "list":
        items = _ITEM.findall(text)
        return items[0].strip() if len(items) >= _LIST_ITEMS else None
    if form == "table":
        table = _TABLE.search(text)
        return table.group().split("\n")[0] if table else None
    places = [found for markup in _MARKUP if (found := markup.search(text))]
    first_of_all = min(places, key=lambda m: m.start(), default=None)
    if first_of_all is None:
        return "" if form == "plain" else None
    return first_of_all.group().split("\n")[0].strip()


def _beginning(text: str, constraint: Constraint) -> tuple[CheckStatus, str]:
    opens = constraint.opens
    if opens is None:
        return "met", ""
    if text.startswith(opens):
        return "met", opens
    return "broken", f"{constraint.text} (it begins with: {text[:60].split(chr(10))[0]})"


def _end(text: str, constraint: Constraint) -> tuple[CheckStatus, str]:
    closes = constraint.closes
    if closes is None:
        return "met", ""
    if text.endswith(closes):
        return "met", closes
    return "broken", f"{constraint.text} (it ends with: {text[-60:].split(chr(10))[-1]})"


def bare(text: str, constraints: Iterable[Constraint]) -> str:
    """Return ``text`` without what the constraints say it begins and ends with."""
    for c in constraints:
        if c.opens and "{n}" not in c.opens:
            text = text.strip().removeprefix(c.opens).lstrip()
        if c.closes:
            text = text.strip().removesuffix(c.closes).rstrip()
    return text


def framed(plan: Plan, section: str, text: str) -> str:
    """Return ``text`` beginning and ending as the format of its section asks, and only there.

    Text that does so already is returned as it is.
    """
    if not _is_set(plan):
        return text
    opens, closes = _frame(plan, section)
    body = body_of(plan, section, text)
    if text.startswith(opens) and text.endswith(closes) and bare_of(text, opens, closes) == body:
        return text
    above = f"{opens}\n" if opens else ""
    below = f"\n\n{closes}" if closes else ""
    return f"{above}{body}{below}"


def body_of(plan: Plan, section: str, text: str) -> str:
    """Return what a model wrote of a section, less openings and endings, its own and others'.

    A heading of the model's own goes, and so does one with the wrong number; what it wrote of
    other sections, after their openings, is cut.
    """
    if not _is_set(plan):
        return text
    opens, closes = _frame(plan, section)
    text = text.strip()
    for c in plan.constraints:
        if c.opens and "{n}" in c.opens:
            text = _of_one_section(text, c.opens, plan.outline.position[section])
        if c.closes and (text.endswith(f"\n{c.closes}") or c.closes == closes):
            text = text.removesuffix(c.closes).rstrip()
    text = bare_of(text, opens, "")
    return _without_heading(text, (opens, plan.outline.section(section).title))


def inner(plan: Plan, section: str, text: str) -> tuple[Sentence, ...]:
    """Return the sentences of ``text`` but for those it begins and ends with by its format."""
    opens, closes = _frame(plan, section)
    start = len(opens) if opens and text.startswith(opens) else 0
    end = len(text) - len(closes) if closes and text.endswith(closes) else len(text)
    return tuple(s for s in sentences(text) if s.end > start and s.start < end)


def bare_of(text: str, opens: str, closes: str) -> str:
    """Return ``text`` without the words it begins and ends with."""
    return text.strip().removeprefix(opens).removesuffix(closes).strip()


def _is_set(plan: Plan) -> bool:
    return any(c.opens or c.closes for c in plan.constraints)


def _frame(plan: Plan, section: str) -> tuple[str, str]:
    carried = plan.carried(section)
    opens = "\n".join(dict.fromkeys(c.opens for c in carried if c.opens))
    closes = "\n".join(dict.fromkeys(c.closes for c in carried if c.closes))
    return opens, closes


def _of_one_section(text: str, form: str, number: int) -> str:
    """Return what stands after this section's opening, up to the opening of another one."""
    before, after = (re.escape(part) for part in form.split("{n}", 1))
    opening = re.compile(rf"^[ \t]*{before}(\d+){after}", re.MULTILINE)
    found = list(opening.finditer(text))
    ours = [n for n, match in enumerate(found) if int(match.group(1)) == number]
    if ours:
        text = text[found[ours[0]].start() :]
    elif found and not text[: found[0].start()].strip():
        text = opening.sub("", text, count=1)
    return _up_to_another(text, opening, number)


def _up_to_another(text: str, opening: re.Pattern[str], number: int) -> str:
    for match in opening.finditer(text):
        if int(match.group(1)) != number:
            text = text[: match.start()]
            break
    return opening.sub("", text).strip()


def _without_heading(text: str, headings: Iterable[str]) -> str:
    """Return ``text`` less a first line that only says what its heading says."""
    first, _, rest = text.partition("\n")
    said = {normalise(h) for h in headings if h}
    return rest.strip() if rest.strip() and normalise(first) in said else text
