"""Proving a judge: it answers control questions before its verdicts count.

Once for each model and purpose, in the very form of the real questions. A judge that is no better
than chance is not asked about a text at all.
"""

import copy
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from inkwright.agents.context.judge_records import ControlAnswer, count_answers
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.llm.concurrency import gather_all
from inkwright.agents.review import judge, support_judge
from inkwright.agents.review.control_questions import (
    CLAIMS,
    FACTS,
    REQUIREMENTS,
    ControlText,
)
from inkwright.memory.base import digest
from inkwright.memory.changes.staleness import Change
from inkwright.memory.citations.citation_evidence import find_evidence
from inkwright.memory.domain.check_record import EntryCheck
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.domain.source import Source
from inkwright.memory.errors import ModelError, UnusableAnswer
from inkwright.memory.ids import ConstraintId, EntryId
from inkwright.memory.judge_record import JudgeRecord
from inkwright.memory.retrieval.source_index import SourceIndex
from inkwright.memory.store.sources import StoredSource
from inkwright.prompts.render import hash_templates

STEP = "judge"
"""Step under which control questions stand in the journal."""
WORDING: Mapping[Purpose, str] = {
    Purpose.CHECK: "requirements",
    Purpose.SUPPORT: "citations",
    Purpose.SETTLE: "contradictions",
}
"""What each judge judges, in plain words."""
_TEMPLATES: Mapping[Purpose, str] = {
    Purpose.CHECK: "check",
    Purpose.SUPPORT: "support",
    Purpose.SETTLE: "settle",
}


async def can_judge(session: ModelSession, purpose: Purpose, step: str, problem: str) -> bool:
    """True when the judge of ``purpose`` has proved itself; else why not is reported.

    ``problem`` says what remains undone at ``step``, where the judge is unavailable.

    Raises:
        BudgetSpent: a limit of the run was reached.
    """
    try:
        record = await prove(session, purpose)
    except ModelError as fault:
        session.report_problem(f"{problem} ({fault})")
        return False
    if not record.can_judge:
        session.report_problem(describe_unproved(session.judges.measured.model, purpose, record))
    return record.can_judge


def describe_unproved(model: str, purpose: Purpose, record: JudgeRecord) -> str:
    """Say in one line why a judge is not believed."""
    unanswered = f", {record.unanswered} unanswered" if record.unanswered else ""
    return (
        f"{model} is no judge of {WORDING[purpose]}: of {record.asked} control questions it"
        f" {record.line}{unanswered}, no better than chance; its verdicts do not count"
    )


async def prove(session: ModelSession, purpose: Purpose) -> JudgeRecord:
    """Return how well the reviewer's model judges; ask it, where that is not known yet.

    Raises:
        ModelError: it is unavailable, and nothing is known.
    """
    judges = session.judges
    if purpose in judges.records:
        return judges.records[purpose]
    questions = _digest_questions(session, purpose)
    async with judges.measured.locks[purpose]:
        record = judges.measured.find(purpose, questions)
        if record is None:
            answers = await _ASKING[purpose](session)
            record = count_answers(answers, questions)
            judges.measured.store(purpose, record)
    judges.records[purpose] = record
    return record


def _digest_questions(session: ModelSession, purpose: Purpose) -> str:
    """Return what a record rests on: questions, prompt, and the form of the answer."""
    texts = {
        Purpose.CHECK: REQUIREMENTS, Purpose.SETTLE: FACTS, Purpose.SUPPORT: tuple(CLAIMS.values()),
    }[purpose]  # fmt: skip
    return digest(
        {
            "texts": [[t.text, t.sound, t.broken] for t in texts],
            "prompt": hash_templates(session.prompts.overrides)[_TEMPLATES[purpose]],
        }
    )


async def _ask_about_requirements(session: ModelSession) -> list[ControlAnswer]:
    async def ask(number: int, control: ControlText) -> list[ControlAnswer]:
        constraints = [
            Constraint(id=ConstraintId(name), text=statement)
            for name, (statement, _) in control.questions.items()
        ]
        findings = await judge.find_breaches(
            session,
            STEP,
            control.text,
            constraints,
            Purpose.CHECK,
            number,
            only_unusable=True,
        )
        called_broken = {f.constraint: f.status == "broken" for f in findings}
        return _compare(control, called_broken)

    return _join(await gather_all(ask(n, c) for n, c in enumerate(REQUIREMENTS, 1)))


async def _ask_about_facts(session: ModelSession) -> list[ControlAnswer]:
    async def ask(number: int, control: ControlText) -> list[ControlAnswer]:
        changes = [
            Change(name, f"- [{name}] {statement}", "", EntryCheck(EntryId(name), 1))
            for name, (statement, _) in control.questions.items()
        ]
        try:
            findings = await judge.find_contradictions(
                session, STEP, control.text, changes, sample=number
            )
        except UnusableAnswer as fault:
            session.report_problem(f"{STEP}: no answer to control questions ({fault.fault})")
            return _compare(control, {})
        contradicted_ids = {f.constraint for f in findings}
        return _compare(control, {c.id: c.id in contradicted_ids for c in changes})

    return _join(await gather_all(ask(n, c) for n, c in enumerate(FACTS, 1)))


async def _ask_about_claims(session: ModelSession) -> list[ControlAnswer]:
    stored_sources = [
        StoredSource(number=n, source=Source(key=key, title=key, text=control.text))
        for n, (key, control) in enumerate(CLAIMS.items(), 1)
    ]
    prompts = copy.copy(session.prompts)
    prompts.sources = SourceIndex(stored_sources)
    statements = [
        (f"{statement[:-1]} [@{key}]{statement[-1]}", is_sound)
        for key, control in CLAIMS.items()
        for statement, is_sound in control.questions.values()
    ]
    claims = [find_evidence(text, prompts.sources)[0] for text, _ in statements]
    verdicts = await support_judge.judge_claims(
        replace(session, prompts=prompts), STEP, claims, 0, 0.0, only_unusable=True
    )
    return [
        ControlAnswer(
            is_sound, not verdicts[id(claim)].supported if id(claim) in verdicts else None
        )
        for claim, (_, is_sound) in zip(claims, statements, strict=True)
    ]


def _compare(control: ControlText, called_broken: Mapping[str, bool]) -> list[ControlAnswer]:
    return [
        ControlAnswer(is_sound, called_broken.get(name))
        for name, (_, is_sound) in control.questions.items()
    ]


def _join(answers: Sequence[list[ControlAnswer]]) -> list[ControlAnswer]:
    return [answer for some in answers for answer in some]


_ASKING: Mapping[Purpose, Callable[[ModelSession], Awaitable[list[ControlAnswer]]]] = {
    Purpose.CHECK: _ask_about_requirements,
    Purpose.SUPPORT: _ask_about_claims,
    Purpose.SETTLE: _ask_about_facts,
}
