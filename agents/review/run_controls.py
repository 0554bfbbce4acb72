"""Control questions among the real ones: a few in every run, made from the work's own text.

Code knows the answer: a word stands in the text, or it does not.
"""

from collections.abc import Iterator, Sequence

from inkwright.agents.context.judge_records import ControlAnswer
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.llm.schemas import MAX_VERDICTS
from inkwright.agents.review import judge
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.draft import Finding
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.ids import ConstraintId, SectionId
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.phrases import find_phrase
from inkwright.memory.text.words import words

SECTIONS_A_RUN = 2
"""Sections whose first check has control questions in it, two of them."""
FOREIGN_WORD = "paraffin"
"""Asked for where the plan has no name that a text lacks."""


async def find_breaches(
    session: ModelSession,
    plan: Plan,
    step: str,
    text: str,
    constraints: Sequence[Constraint],
    turn: int,
    priority: float,
) -> list[Finding]:
    """Return what the judge finds of ``constraints``, asked with control questions among them.

    There are none where they would take the place of real ones in the answer.
    """
    controls = _build_controls(plan, step, text) if turn == 0 else {}
    if len(constraints) + len(controls) > MAX_VERDICTS:
        controls = {}
    mixed_constraints = [*[*controls][:1], *constraints, *[*controls][1:]]
    findings = await judge.find_breaches(
        session, step, text, mixed_constraints, Purpose.CHECK, turn, priority
    )
    statuses = {f.constraint: f.status for f in findings}
    for control, is_sound in controls.items():
        status = statuses.get(control.id)
        answer = ControlAnswer(is_sound, None if status is None else status == "broken")
        session.judges.record_answer(Purpose.CHECK, f"{step}/{control.id}", answer)
    control_ids = {c.id for c in controls}
    return [f for f in findings if f.constraint not in control_ids]


def _build_controls(plan: Plan, step: str, text: str) -> dict[Constraint, bool]:
    """Return control questions with whether the text meets them: one that it does, one it doesn't.

    Only for the first sections that a judge reads.
    """
    if step not in list(_list_judged_sections(plan))[:SECTIONS_A_RUN]:
        return {}
    numbers = [int(c.id[1:]) for c in plan.constraints if c.id[1:].isdecimal()]
    next_number = max(numbers, default=0) + 1
    questions = {_find_present_word(text): True, _find_absent_word(plan, text): False}
    return {
        Constraint(id=ConstraintId(f"c{n}"), text=f"The text has the word “{word}”."): is_sound
        for n, (word, is_sound) in enumerate(questions.items(), next_number)
        if word
    }


def _list_judged_sections(plan: Plan) -> Iterator[SectionId]:
    for section in plan.outline.sections:
        if any(
            not c.is_checked_by_rule and c.kind != "citations"
            for c in plan.constraints_for(section.id)
        ):
            yield section.id


def _find_present_word(text: str) -> str:
    """Return the longest word of the text that stands in it by itself, the first of several."""
    candidates = [w for w in dict.fromkeys(words(text)) if find_phrase(text, w)]
    return max(candidates, key=len, default="")


def _find_absent_word(plan: Plan, text: str) -> str:
    """Return a name that another section is about and this text lacks; else a word from nowhere."""
    names = (name for s in plan.outline.sections for name in s.subjects)
    return next((name for name in (*names, FOREIGN_WORD) if not find_phrase(text, name)), "")
