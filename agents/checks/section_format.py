"""Formats: Markdown that must or must not be there, and the exact words a section begins with.

What a section must begin and end with is set by code, not hoped for: ``apply_frame`` puts it there
whatever the model wrote, and ``strip_frames`` takes it off again, for counting.
"""

import re
from collections.abc import Iterable

from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.draft import CheckStatus
from inkwright.memory.ids import SectionId
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.normalise import normalise
from inkwright.memory.text.words import Sentence, sentences

_LIST_ITEMS = 2
"""So many items make a list."""
HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+\S.*$", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+\S.*$", re.MULTILINE)
_BULLET = re.compile(r"^[ \t]*[-*+][ \t]+\S.*$", re.MULTILINE)
TABLE = re.compile(
    r"^.*\|.*\n[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*$",
    re.MULTILINE,
)
_INLINE = re.compile(
    r"\*\*[^*\n]+\*\*|__[^_\n]+__|(?<![\w*])\*[^*\s][^*\n]*\*(?![\w*])|`[^`\n]+`|\[[^\]\n]+\]\([^)\n]+\)"
)
_BLOCK = re.compile(r"^(?:```|~~~| {0,3}>[ \t]+\S).*$", re.MULTILINE)
_MARKUP = (HEADING, _BULLET, TABLE, _BLOCK, _INLINE)


def check(text: str, constraint: Constraint) -> tuple[CheckStatus, str]:
    """Return whether ``text`` has the format asked for, with the words that show it."""
    quotes = []
    for check_part in (_check_markup, _check_beginning, _check_end):
        status, evidence = check_part(text.strip(), constraint)
        if status == "broken":
            return status, evidence
        quotes.append(evidence)
    return "met", "\n".join(e for e in quotes if e)


def _check_markup(text: str, constraint: Constraint) -> tuple[CheckStatus, str]:
    markup = _find_markup(text, constraint.format) if constraint.format else ""
    if markup is None:
        return "broken", f"{constraint.text} (the text has none)"
    if constraint.format == "plain" and markup:
        return "broken", markup
    return "met", markup


def _find_markup(text: str, form: str) -> str | None:
    """Return the first words that have the format; None where it is lacking."""
    if form == "heading":
        first = HEADING.match(text)
        return first.group() if first else None
    if form == "list":
        items = _ITEM.findall(text)
        return items[0].strip() if len(items) >= _LIST_ITEMS else None
    if form == "table":
        table = TABLE.search(text)
        return table.group().split("\n")[0] if table else None
    matches = [match for markup in _MARKUP if (match := markup.search(text))]
    first_match = min(matches, key=lambda m: m.start(), default=None)
    if first_match is None:
        return "" if form == "plain" else None
    return first_match.group().split("\n")[0].strip()


def _check_beginning(text: str, constraint: Constraint) -> tuple[CheckStatus, str]:
    opens = constraint.opens
    if opens is None:
        return "met", ""
    if text.startswith(opens):
        return "met", opens
    return "broken", f"{constraint.text} (it begins with: {text[:60].split(chr(10))[0]})"


def _check_end(text: str, constraint: Constraint) -> tuple[CheckStatus, str]:
    closes = constraint.closes
    if closes is None:
        return "met", ""
    if text.endswith(closes):
        return "met", closes
    return "broken", f"{constraint.text} (it ends with: {text[-60:].split(chr(10))[-1]})"


def strip_frames(text: str, constraints: Iterable[Constraint]) -> str:
    """Return ``text`` without what the constraints say it begins and ends with."""
    for c in constraints:
        if c.opens and "{n}" not in c.opens:
            text = text.strip().removeprefix(c.opens).lstrip()
        if c.closes:
            text = text.strip().removesuffix(c.closes).rstrip()
    return text


def apply_frame(plan: Plan, section_id: SectionId, text: str) -> str:
    """Return ``text`` beginning and ending as the format of its section asks, and only there.

    Text that does so already is returned as it is.
    """
    if not _has_frame(plan):
        return text
    opens, closes = _get_frame(plan, section_id)
    body = extract_body(plan, section_id, text)
    if (
        text.startswith(opens)
        and text.endswith(closes)
        and strip_frame(text, opens, closes) == body
    ):
        return text
    prefix = f"{opens}\n" if opens else ""
    suffix = f"\n\n{closes}" if closes else ""
    return f"{prefix}{body}{suffix}"


def extract_body(plan: Plan, section_id: SectionId, text: str) -> str:
    """Return what a model wrote of a section, less openings and endings, its own and others'.

    A heading of the model's own goes, and so does one with the wrong number; what it wrote of
    other sections, after their openings, is cut.
    """
    if not _has_frame(plan):
        return text
    opens, closes = _get_frame(plan, section_id)
    text = text.strip()
    for c in plan.constraints:
        if c.opens and "{n}" in c.opens:
            text = _keep_one_section(text, c.opens, plan.outline.position[section_id])
        if c.closes and (text.endswith(f"\n{c.closes}") or c.closes == closes):
            text = text.removesuffix(c.closes).rstrip()
    text = strip_frame(text, opens, "")
    return _remove_heading(text, (opens, plan.outline.section(section_id).title))


def find_body_sentences(plan: Plan, section_id: SectionId, text: str) -> tuple[Sentence, ...]:
    """Return the sentences of ``text`` but for those it begins and ends with by its format."""
    opens, closes = _get_frame(plan, section_id)
    start = len(opens) if opens and text.startswith(opens) else 0
    end = len(text) - len(closes) if closes and text.endswith(closes) else len(text)
    return tuple(s for s in sentences(text) if s.end > start and s.start < end)


def strip_frame(text: str, opens: str, closes: str) -> str:
    """Return ``text`` without the words it begins and ends with."""
    return text.strip().removeprefix(opens).removesuffix(closes).strip()


def _has_frame(plan: Plan) -> bool:
    return any(c.opens or c.closes for c in plan.constraints)


def _get_frame(plan: Plan, section_id: SectionId) -> tuple[str, str]:
    constraints = plan.constraints_for(section_id)
    opens = "\n".join(dict.fromkeys(c.opens for c in constraints if c.opens))
    closes = "\n".join(dict.fromkeys(c.closes for c in constraints if c.closes))
    return opens, closes


def _keep_one_section(text: str, opening_form: str, number: int) -> str:
    """Return what stands after this section's opening, up to the opening of another one."""
    form_start, form_end = (re.escape(part) for part in opening_form.split("{n}", 1))
    opening_pattern = re.compile(rf"^[ \t]*{form_start}(\d+){form_end}", re.MULTILINE)
    openings = list(opening_pattern.finditer(text))
    own_indexes = [n for n, match in enumerate(openings) if int(match.group(1)) == number]
    if own_indexes:
        text = text[openings[own_indexes[0]].start() :]
    elif openings and not text[: openings[0].start()].strip():
        text = opening_pattern.sub("", text, count=1)
    return _cut_at_next_section(text, opening_pattern, number)


def _cut_at_next_section(text: str, opening_pattern: re.Pattern[str], number: int) -> str:
    for match in opening_pattern.finditer(text):
        if int(match.group(1)) != number:
            text = text[: match.start()]
            break
    return opening_pattern.sub("", text).strip()


def _remove_heading(text: str, headings: Iterable[str]) -> str:
    """Return ``text`` less a first line that only says what its heading says."""
    first, _, remaining_text = text.partition("\n")
    normalised_headings = {normalise(h) for h in headings if h}
    return (
        remaining_text.strip()
        if remaining_text.strip() and normalise(first) in normalised_headings
        else text
    )
