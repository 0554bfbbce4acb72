"""The plan's own memory entries: what sections agree on before any of them is written."""

import re

from inkwright.agents.checks.own_wording import OwnWording
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.llm.schemas import Cast, PlannedEntry
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.outline import Outline
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.ids import EntryId, SectionId
from inkwright.memory.text.normalise import normalise
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

ANSWER_TOKENS = 900
_SECTION_ID = re.compile(r"\bs\d+\b")
_FROM_THE_START = {"", "none", "null", "start", "the start", "all", "n a"}


async def create_plan_entries(session: ModelSession, outline: Outline) -> tuple[Entry, ...]:
    """Return what parallel sections agree on, each from the section on from which it is true.

    An entry without a subject or a statement of its own is left out, and so is one that is true
    from a section that cannot be made out: it would be stated too early.
    """
    lines = "\n".join(f"- {s.id}: {s.title} — {s.purpose}" for s in outline.sections)
    lines = session.prompts.clip_to_fit(lines, ANSWER_TOKENS)
    prompt = inputs.EntriesInputs(sections=fence("sections", lines))
    answer = await session.ask_or_report(
        session.prompts.build_call("plan", "planner", Purpose.ENTRIES, prompt, ANSWER_TOKENS),
        Cast,
        "the plan has no memory entries of its own",
        only_unusable=True,
    )
    own_wording = OwnWording(inputs.EntriesInputs, PlannedEntry, session.prompts.overrides)
    material = f"{session.prompts.brief.request}\n{lines}"
    entries_by_topic: dict[tuple[tuple[str, str], str], Entry] = {}
    for item in answer.entries if answer else ():
        subject, statement, attribute = (
            "" if own_wording.holds(value, material) else value.strip()
            for value in (item.subject, item.statement, item.attribute)
        )
        is_start_readable, start_section_id = _read_start(item.from_section or "", outline)
        if not subject or not statement or not is_start_readable:
            continue
        entry = Entry(
            id=EntryId(f"p.{len(entries_by_topic) + 1}"),
            kind=item.kind,
            subject=subject,
            aliases=tuple(
                a.strip() for a in item.aliases if a.strip() and not own_wording.holds(a, material)
            ),
            attribute=attribute,
            statement=statement,
            origin="plan",
            from_section=start_section_id,
        )
        entries_by_topic.setdefault(
            (entry.topic, entry.statement if not entry.attribute else ""), entry
        )
    return tuple(entries_by_topic.values())


def _read_start(text: str, outline: Outline) -> tuple[bool, SectionId | None]:
    """Return whether ``text`` says from which section on, and that section; None: the start."""
    if normalise(text) in _FROM_THE_START:
        return True, None
    if text.strip() in outline.position:
        return True, SectionId(text.strip())
    named_ids = [i for i in _SECTION_ID.findall(text) if i in outline.position]
    if len(named_ids) == 1:
        return True, SectionId(named_ids[0])
    titled_ids = [s.id for s in outline.sections if normalise(s.title) == normalise(text)]
    return (True, titled_ids[0]) if len(titled_ids) == 1 else (False, None)
