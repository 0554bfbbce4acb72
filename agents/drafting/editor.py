"""Editor: patches by sentence number, so that text outside them stays byte for byte."""

from collections.abc import Collection, Container, Iterator, Mapping, Sequence, Set

from inkwright.agents.checks import rules, section_format
from inkwright.agents.checks.requirement_wording import brings_in_wording
from inkwright.agents.context.model_session import ModelSession
from inkwright.agents.drafting.subset_sum import choose_subset
from inkwright.agents.drafting.text_faults import adds_repeats, has_talk
from inkwright.agents.llm.parsing import UnreadableAnswer, parse_prose
from inkwright.agents.llm.schemas import Cuts, Edit, Edits
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.draft import Finding
from inkwright.memory.domain.protected_spans import ProtectedSpan, touches
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.ids import SectionId
from inkwright.memory.store.plans import Plan
from inkwright.memory.text.names import names_in
from inkwright.memory.text.words import Sentence, count_words, prose_sentences, sentences
from inkwright.prompts import inputs
from inkwright.prompts.render import fence

MAX_GROWTH_FACTOR = 2
MAX_GROWTH_WORDS = 60
"""An edit may have twice the words it replaces, and so many more for what was missing."""
TRIM_CHOICE_FACTOR = 1.5
TRIM_CHOICE_WORDS = 20
"""A trim asks for sentences of half as many words again as are to go, and these, to choose from."""


async def patch(
    session: ModelSession,
    plan: Plan,
    section_id: SectionId,
    text: str,
    findings: Sequence[Finding],
    constraint_texts: Mapping[str, str],
    *,
    entries: str = "",
    subject_names: Set[str] = frozenset(),
    only_near_faults: bool = False,
    protected_spans: Sequence[ProtectedSpan] = (),
    turn: int = 1,
    purpose: Purpose = Purpose.PATCH,
    subject: str = "",
    sample: int = 0,
    priority: float = 0.0,
) -> str:
    """Return ``text`` with the sentences that ``findings`` are about put right.

    No edit is made that breaks a rule which the text keeps. ``constraint_texts`` maps a
    finding's constraint id to the words of that constraint or entry. Where faults are about
    subjects (``subject_names``: by every name) only sentences that name one can be changed, and
    those that show a fault, with their neighbours; with ``only_near_faults`` the latter alone. An
    edit that touches one of ``protected_spans`` is left out, and reported.

    Raises:
        ModelError: the editor gave nothing usable.
    """
    text_sentences = section_format.find_body_sentences(plan, section_id, text)
    editable_numbers = (
        find_concerned_sentences(text_sentences, findings, subject_names)
        if subject_names or only_near_faults
        else _all_sentence_numbers(text_sentences)
    )
    prompt = inputs.PatchInputs(
        section=section_id,
        findings=fence(
            "findings", "\n".join(_format_finding(f, constraint_texts) for f in findings)
        ),
        entries=fence("entries", entries),
        sentences=_format_editable_sentences(session, text, text_sentences, editable_numbers),
    )
    call = session.prompts.build_call(
        section_id,
        "editor",
        purpose,
        prompt,
        200 + 120 * len(findings),
        subject=subject,
        attempt=turn,
        sample=sample,
        priority=priority,
    )
    found_ids = {f.constraint for f in findings}
    mended_constraints = [c for c in plan.constraints if c.id in found_ids]
    answer = await session.llm.ask_structured(
        call,
        Edits,
        lambda a: (
            _find_fault(a, text_sentences, editable_numbers)
            or _find_pasted_wording(a, text_sentences, mended_constraints)
        ),
    )
    editable_edits = [
        e
        for e in answer.edits
        if _is_editable(e, editable_numbers)
        and not _pastes_wording(e, text_sentences, mended_constraints)
    ]
    unprotected_edits = [
        e for e in editable_edits if not _touches_protected(protected_spans, text_sentences, e)
    ]
    if len(unprotected_edits) < len(editable_edits):
        session.report_problem(
            f"{section_id}: the editor would have changed text that is yours; it stays"
        )
    safe_edits = keep_harmless_edits(
        text, text_sentences, unprotected_edits, plan.constraints_for(section_id)
    )
    return section_format.apply_frame(
        plan, section_id, apply_edits(text, text_sentences, Edits(edits=safe_edits))
    )


async def trim(
    session: ModelSession,
    section_id: SectionId,
    text: str,
    constraints: Sequence[Constraint],
    surplus_words: int,
    most_words: int,
    *,
    protected_spans: Sequence[ProtectedSpan] = (),
    turn: int,
    priority: float = 0.0,
) -> str:
    """Return ``text`` without as many sentences as make up ``surplus_words``, as nearly as can be.

    The editor names sentences that can go, more than are needed, and code chooses among them by
    counting: nothing of ``protected_spans``, no line of code or of a table, no sentence that a rule
    wants there, and never more than ``most_words`` words, unless every sentence is longer than
    that: then the shortest goes.
    """
    text_sentences = sentences(text)
    numbered_sentences = "\n".join(
        f"[{n}] ({count_words(s.text)} words) {s.text}" for n, s in enumerate(text_sentences, 1)
    )
    prompt = inputs.TrimInputs(
        section=section_id,
        words=str(round(surplus_words * TRIM_CHOICE_FACTOR) + TRIM_CHOICE_WORDS),
        sentences=fence("sentences", session.prompts.clip_to_fit(numbered_sentences, 250)),
    )
    call = session.prompts.build_call(
        section_id, "editor", Purpose.TRIM, prompt, 250, attempt=turn, priority=priority
    )
    answer = await session.llm.ask_structured(call, Cuts)
    prose = set(prose_sentences(text))
    unprotected_numbers = [
        n
        for n in dict.fromkeys(answer.sentences)
        if 1 <= n <= len(text_sentences)
        and text_sentences[n - 1] in prose
        and not touches(protected_spans, text_sentences[n - 1].start, text_sentences[n - 1].end)
    ]
    removable_numbers = [
        n
        for n in unprotected_numbers
        if not rules.find_new_breaches(
            text, remove_sentences(text, text_sentences, {n}), constraints
        )
    ]
    shortest_words = min(
        (count_words(text_sentences[n - 1].text) for n in removable_numbers), default=0
    )
    if shortest_words > most_words:
        surplus_words = most_words = shortest_words
    return cut_sentences(
        text, text_sentences, removable_numbers, surplus_words, most_words, constraints
    )


async def densify(
    session: ModelSession,
    section_id: SectionId,
    text: str,
    constraints: Sequence[Constraint],
    missing_words: int,
    most_words: int,
    *,
    protected_spans: Sequence[ProtectedSpan] = (),
    turn: int,
    priority: float = 0.0,
) -> str:
    """Return ``text`` with about ``missing_words`` more words in sentences that it has.

    The editor gives a few sentences again, fuller; of these code takes the ones that come nearest,
    and never more than ``most_words``.
    """
    text_sentences = sentences(text)
    prompt = inputs.DensifyInputs(
        section=section_id,
        words=str(missing_words),
        sentences=fence(
            "sentences",
            _number_sentences(session, text, text_sentences, _all_sentence_numbers(text_sentences)),
        ),
    )
    tokens = 300 + 4 * missing_words
    call = session.prompts.build_call(
        section_id, "editor", Purpose.DENSIFY, prompt, tokens, attempt=turn, priority=priority
    )
    answer = await session.llm.ask_structured(
        call, Edits, lambda a: _find_fault(a, text_sentences, _all_sentence_numbers(text_sentences))
    )
    edits_by_start: dict[int, Edit] = {}
    for edit, new_text in _iter_usable_edits(answer, text_sentences):
        start, end = text_sentences[edit.first - 1].start, text_sentences[edit.last - 1].end
        protected_texts = [
            text[h.start : h.end] for h in protected_spans if touches([h], start, end)
        ]
        if all(words in new_text for words in protected_texts) and not set(
            range(edit.first, edit.last + 1)
        ) & {n for e in edits_by_start.values() for n in range(e.first, e.last + 1)}:
            edits_by_start.setdefault(edit.first, edit)
    edits = [
        e
        for e in edits_by_start.values()
        if not _harms(text, apply_edits(text, text_sentences, Edits(edits=[e])), constraints)
    ]
    words = count_words(text)
    added_words = [
        count_words(apply_edits(text, text_sentences, Edits(edits=[e]))) - words for e in edits
    ]
    chosen_edits = [edits[n] for n in choose_subset(added_words, missing_words, most_words)]
    return apply_edits(text, text_sentences, Edits(edits=chosen_edits))


def apply_edits(text: str, text_sentences: Sequence[Sentence], answer: Edits) -> str:
    """Return ``text`` with each edit in place of the sentences it names.

    An edit out of range, or overlapping one before it, is left out, and so is one whose text is no
    prose, has other fences of code, or is far too long to stand for the sentences it replaces.
    """
    pieces: list[str] = []
    position, last_replaced = 0, 0
    for edit, new_text in sorted(
        _iter_usable_edits(answer, text_sentences), key=lambda pair: pair[0].first
    ):
        if edit.first <= last_replaced:
            continue
        start, end = text_sentences[edit.first - 1].start, text_sentences[edit.last - 1].end
        pieces += [text[position:start], new_text]
        position, last_replaced = end, edit.last
    return "".join([*pieces, text[position:]])


def keep_harmless_edits(
    text: str,
    text_sentences: Sequence[Sentence],
    edits: Sequence[Edit],
    constraints: Sequence[Constraint],
) -> list[Edit]:
    """Return the edits that together break no rule which ``text`` keeps: all, if all do.

    Nor do they say a sentence twice that stood there once.
    """

    def harms(candidate_edits: list[Edit]) -> bool:
        edited_text = apply_edits(text, text_sentences, Edits(edits=candidate_edits))
        return _harms(text, edited_text, constraints)

    if not harms(list(edits)):
        return list(edits)
    safe_edits: list[Edit] = []
    for edit in edits:
        if not harms([*safe_edits, edit]):
            safe_edits.append(edit)
    return safe_edits


def _harms(text: str, edited_text: str, constraints: Sequence[Constraint]) -> bool:
    return bool(rules.find_new_breaches(text, edited_text, constraints)) or adds_repeats(
        text, edited_text
    )


def cut_sentences(
    text: str,
    text_sentences: Sequence[Sentence],
    numbers: Sequence[int],
    surplus_words: int,
    most_words: int,
    constraints: Sequence[Constraint] = (),
) -> str:
    """Return ``text`` without those of the sentences numbered that come nearest to the surplus.

    Never more than ``most_words`` words go; of choices that come to the same, the sentences named
    first go. A sentence stays where without it a rule would be broken that was kept.
    """
    valid_numbers = [n for n in dict.fromkeys(numbers) if 1 <= n <= len(text_sentences)]
    sizes = [count_words(text_sentences[n - 1].text) for n in valid_numbers]
    slack = max(most_words - surplus_words, 0) // 2
    removed_numbers = [
        valid_numbers[index] for index in choose_subset(sizes, surplus_words, most_words, slack)
    ]

    def find_broken_rules(numbers: Collection[int]) -> tuple[str, ...]:
        return rules.find_new_breaches(
            text, remove_sentences(text, text_sentences, set(numbers)), constraints
        )

    while removed_numbers and find_broken_rules(removed_numbers):
        restorable_numbers = (
            n
            for n in reversed(removed_numbers)
            if not find_broken_rules(set(removed_numbers) - {n})
        )
        removed_numbers.remove(next(restorable_numbers, removed_numbers[-1]))
    return remove_sentences(text, text_sentences, set(removed_numbers))


def remove_sentences(
    text: str, text_sentences: Sequence[Sentence], removed_numbers: Set[int]
) -> str:
    """Return ``text`` without the sentences ``removed_numbers``.

    Of the gaps around them the widest stays.
    """
    pieces: list[str] = []
    gaps: list[str] = []
    position = 0
    for number, sentence in enumerate(text_sentences, 1):
        gaps.append(text[position : sentence.start])
        position = sentence.end
        if number not in removed_numbers:
            lost_sentence_before = len(gaps) > 1
            if pieces or not lost_sentence_before:
                pieces.append(max(gaps, key=lambda gap: (gap.count("\n"), len(gap))))
            pieces.append(sentence.text)
            gaps = []
    return "".join(pieces) + ("" if gaps else text[position:])


def _touches_protected(
    protected_spans: Sequence[ProtectedSpan], text_sentences: Sequence[Sentence], edit: Edit
) -> bool:
    if not 1 <= edit.first <= edit.last <= len(text_sentences):
        return False
    return touches(
        protected_spans, text_sentences[edit.first - 1].start, text_sentences[edit.last - 1].end
    )


def find_concerned_sentences(
    text_sentences: Sequence[Sentence], findings: Sequence[Finding], subject_names: Set[str]
) -> Set[int]:
    """Return the numbers of the sentences that may have to change; all, where a fault has no place.

    They name one of ``subject_names``, or share words with a finding's evidence, or stand beside
    one that does.
    """
    concerned_numbers: set[int] = set()
    for finding in findings:
        matching_numbers = {
            n for n, p in enumerate(text_sentences, 1) if _contains_quote(p.text, finding.evidence)
        }
        if not matching_numbers:
            return _all_sentence_numbers(text_sentences)
        concerned_numbers |= {
            neighbour for n in matching_numbers for neighbour in (n - 1, n, n + 1)
        }
    concerned_numbers |= {
        n
        for n, p in enumerate(text_sentences, 1)
        if names_in(p.text).select_mentioned(subject_names)
    }
    return concerned_numbers & _all_sentence_numbers(text_sentences)


def _all_sentence_numbers(text_sentences: Sequence[Sentence]) -> Set[int]:
    return frozenset(range(1, len(text_sentences) + 1))


def _contains_quote(sentence: str, quote: str) -> bool:
    return bool(quote) and (quote in sentence or sentence in quote)


def _is_editable(edit: Edit, editable_numbers: Container[int]) -> bool:
    return all(number in editable_numbers for number in range(edit.first, edit.last + 1))


def _format_editable_sentences(
    session: ModelSession, text: str, text_sentences: Sequence[Sentence], editable_numbers: Set[int]
) -> str:
    """Return the sentences that can be changed, numbered; the text before them, unless it is all.

    The text stands as the judge has just read it, so that a server need not read it again.
    """
    numbered_sentences = _number_sentences(session, text, text_sentences, editable_numbers)
    if len(editable_numbers) == len(text_sentences):
        return fence("sentences", numbered_sentences)
    draft_block = fence("draft", session.prompts.clip_to_fit(text, 900, numbered_sentences))
    return "\n".join((draft_block, fence("sentences", numbered_sentences)))


def _number_sentences(
    session: ModelSession, text: str, text_sentences: Sequence[Sentence], editable_numbers: Set[int]
) -> str:
    lines: list[str] = []
    for number, sentence in enumerate(text_sentences, 1):
        if number not in editable_numbers:
            continue
        if lines and (
            number - 1 not in editable_numbers
            or "\n" in text[text_sentences[number - 2].end : sentence.start]
        ):
            lines.append("")
        lines.append(f"[{number}] {sentence.text}")
    return session.prompts.clip_to_fit("\n".join(lines), 900)


def _format_finding(finding: Finding, constraint_texts: Mapping[str, str]) -> str:
    instruction = finding.why or constraint_texts.get(finding.constraint, "")
    return f'- [{finding.constraint}] "{finding.evidence}": {instruction}'


def _iter_usable_edits(
    answer: Edits, text_sentences: Sequence[Sentence]
) -> Iterator[tuple[Edit, str]]:
    """Yield the edits that can be made, each with its text as prose."""
    for edit in answer.edits:
        if not 1 <= edit.first <= edit.last <= len(text_sentences):
            continue
        try:
            new_text = parse_prose(edit.text)
        except UnreadableAnswer:
            continue
        if has_talk(new_text):
            continue
        before = [p.text for p in text_sentences[edit.first - 1 : edit.last]]
        replaced_words = sum(count_words(sentence) for sentence in before)
        same_fences = sum(s.count("```") for s in before) == new_text.count("```")
        if (
            same_fences
            and count_words(new_text) <= replaced_words * MAX_GROWTH_FACTOR + MAX_GROWTH_WORDS
        ):
            yield edit, new_text


def _find_fault(
    answer: Edits, text_sentences: Sequence[Sentence], editable_numbers: Container[int]
) -> str | None:
    if any(
        _is_editable(edit, editable_numbers)
        for edit, _ in _iter_usable_edits(answer, text_sentences)
    ):
        return None
    return "it has no usable text for one of the numbered sentences"


def _find_pasted_wording(
    answer: Edits, text_sentences: Sequence[Sentence], constraints: Sequence[Constraint]
) -> str | None:
    if any(_pastes_wording(edit, text_sentences, constraints) for edit in answer.edits):
        return "it says the requirement again instead of meeting it"
    return None


def _pastes_wording(
    edit: Edit, text_sentences: Sequence[Sentence], constraints: Sequence[Constraint]
) -> bool:
    """True when an edit brings the wording of what it is to meet into the text."""
    before = "\n".join(s.text for s in text_sentences[max(edit.first - 1, 0) : edit.last])
    return any(brings_in_wording(edit.text, before, c) for c in constraints)
