"""Revising one section after drafting: ask the editor, keep what breaks nothing, stamp it.

The passes after drafting differ in what they find. What they do with it is here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from inkwright.agents.checks import rules, section_format
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.drafting import editor, writer
from inkwright.agents.extraction import archivist
from inkwright.agents.review import reviewer
from inkwright.memory.domain.check_record import CheckRecord
from inkwright.memory.domain.draft import Draft, Finding
from inkwright.memory.domain.entry import Entry
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import ModelError
from inkwright.memory.ids import SectionId
from inkwright.memory.store import drafts


@dataclass(frozen=True)
class SectionFix:
    """What is to be put right in one section by one call to the editor."""

    section: SectionId
    findings: Sequence[Finding]
    instructions: Mapping[str, str]
    """What the editor is told of each finding, by the id that its ``constraint`` gives."""
    purpose: Purpose
    failure: str
    """What to report when the editor gives nothing usable."""
    subject: str = ""
    """What the call is about, where section and purpose do not say that."""
    stamp: CheckRecord | None = None
    """Marks a draft that this was done to, so that an interrupted pass does not do it again."""
    turn: int = 1
    entries: str = ""
    """What the editor is shown beside the text."""
    subject_names: frozenset[str] = frozenset()
    """If any, only sentences that name one of these, or show a fault, may be changed."""


async def fix_sections(
    context: RunContext,
    fixes: Iterable[SectionFix],
    *,
    is_worth_it: Callable[[Draft, str], bool] = lambda draft, text: True,
    on_failure: Callable[[Draft, SectionFix], None] = lambda draft, fix: None,
) -> bool:
    """Make each fix that its section does not bear the stamp of; return whether any was made.

    ``fixes`` may look at the drafts before each: it is asked for the next one when the last is
    done. ``is_worth_it`` says whether a draft may become a text; ``on_failure`` is told of a draft
    that stays as it is.

    Raises:
        BudgetSpent: a limit of the run was reached.
    """
    has_changed = False
    for fix in fixes:
        draft = context.load_drafts_in_order().get(fix.section)
        if draft is None or fix.stamp in context.load_stamps(draft):
            continue  # it was taken out of the outline since this was found, or is done
        text = await ask_editor(context, draft, fix)
        if (
            text is not None
            and text != draft.text
            and is_worth_it(draft, text)
            and await commit_revision(context, draft, text, stamp=fix.stamp)
        ):
            has_changed = True
        else:
            on_failure(draft, fix)
    return has_changed


async def ask_editor(context: RunContext, draft: Draft, fix: SectionFix) -> str | None:
    """Return the draft's text with ``fix`` made; None, reported, if the editor cannot make it."""
    try:
        return await editor.patch(
            context.session,
            context.plan,
            draft.section,
            draft.text,
            fix.findings,
            fix.instructions,
            entries=fix.entries,
            subject_names=fix.subject_names,
            protected_spans=draft.held,
            turn=fix.turn,
            purpose=fix.purpose,
            subject=fix.subject,
        )
    except ModelError as fault:
        context.report_problem(f"{fix.failure} ({fault})")
        return None


async def commit_revision(
    context: RunContext, draft: Draft, text: str, *, stamp: CheckRecord | None = None
) -> bool:
    """Store a revised text, with memory following it; not one that breaks what was kept before.

    What no rule alone decides, such as citations, is asked anew.
    """
    plan = context.plan
    body = section_format.extract_body(plan, draft.section, text)
    text = section_format.apply_frame(plan, draft.section, body)
    constraints = plan.constraints_for(draft.section)
    if rules.find_new_breaches(draft.text, text, constraints):
        return False
    evidence = context.load_manifest(draft).evidence
    review = await reviewer.review_revision(
        context.session, plan, draft, text, evidence, turn=200 + draft.version
    )
    judged_ids = {c.id for c in constraints if not c.is_checked_by_rule}
    broken_ids = {f.constraint for f in draft.review.broken_findings} if draft.review else set()
    if any(f.constraint in judged_ids - broken_ids for f in review.broken_findings):
        return False
    text_faults = find_text_faults(context, draft, text)
    if text_faults and len(text_faults) > len(find_text_faults(context, draft, draft.text)):
        return False
    drafts.save_patch(
        context.library,
        context.lease,
        draft,
        text=text,
        stage="reviewed",
        review=review.with_text_findings(text_faults),
        delta=await extract_changes(context, draft, text),
        new_stamps=() if stamp is None else (stamp,),
    )
    return True


def find_text_faults(context: RunContext, draft: Draft, text: str) -> tuple[Finding, ...]:
    """Return what a reader would strike at once in ``text``, which ``draft`` is to become.

    A person's words are no faults.
    """
    if draft.author == "person":
        return ()
    section = context.plan.outline.section(draft.section)
    body = section_format.extract_body(context.plan, draft.section, text)
    own_texts = [draft.text[span.start : span.end] for span in draft.held]
    manifest = context.load_manifest(draft)
    return writer.find_faults(context.session, section, manifest, body, own_texts)


async def extract_changes(context: RunContext, draft: Draft, text: str) -> tuple[Entry, ...]:
    """Return how memory changes when ``draft`` becomes ``text``; nothing where memory is off."""
    if context.ablation.memory != "full":
        return ()
    section = context.plan.outline.section(draft.section)
    return await archivist.update_entries(context.session, context.memory, section, draft, text)
