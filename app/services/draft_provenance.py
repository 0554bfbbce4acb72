"""What a draft was written from, and what was said to models on the way: read from the journal."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from inkwright.app.config.endpoints import build_price_list
from inkwright.app.config.prices import PriceList
from inkwright.app.config.settings import Settings
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.ids import EntryId, SectionId, WorkId
from inkwright.memory.store import drafts, journal, works
from inkwright.memory.store.journal import JournaledCall
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from inkwright.memory.store.run_state import RunSettings
from inkwright.prompts.render import TAGS

PLAN, WHOLE, JUDGE = "plan", "whole", "judge"
STEPS = (PLAN, WHOLE, JUDGE)
"""Steps of a work that are no section's."""
_TAGGED_BLOCK = re.compile(rf"<({'|'.join(TAGS)})>\n(.*?)\n</\1>", re.DOTALL)
UNTAGGED_PART_NAMES = {"system": "rules", "user": "orders"}
"""What the words of a message are that stand in no tags."""


@dataclass(frozen=True)
class PromptPart:
    """One part of a prompt."""

    name: str
    tokens: int
    """Its share of the tokens that the model counted for the prompt."""


@dataclass(frozen=True)
class RecordedCall:
    """One answered call."""

    role: str
    purpose: str
    model: str
    """The model that answered."""
    messages: tuple[tuple[str, str], ...]
    """Role and content, exactly as sent."""
    answer: str
    finish: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    seconds: float
    parts: tuple[PromptPart, ...]
    cost: float | None
    """By the prices that are set; None: no price is."""
    thoughts: str = ""
    """What the model thought before it answered; no part of any text."""


@dataclass(frozen=True)
class WeighedEntry:
    """One memory entry that was weighed for a draft."""

    entry: EntryId
    version: int
    line: str
    """What it said then."""
    shown: bool
    reason: str


@dataclass(frozen=True)
class DraftProvenance:
    """A draft with everything behind it; of the plan or the whole piece, the calls alone."""

    step: str
    draft: Draft | None
    manifest: Manifest | None
    weighed_entries: tuple[WeighedEntry, ...]
    calls: tuple[RecordedCall, ...]

    @property
    def tokens(self) -> tuple[int, int, int]:
        """Prompt, cached and completion tokens of all its calls."""
        return (
            sum(c.prompt_tokens for c in self.calls),
            sum(c.cached_tokens for c in self.calls),
            sum(c.completion_tokens for c in self.calls),
        )

    @property
    def seconds(self) -> float:
        return sum(c.seconds for c in self.calls)

    @property
    def cost(self) -> float | None:
        """None: no price is set."""
        costs = [c.cost for c in self.calls if c.cost is not None]
        return sum(costs) if costs else None


def inspect(
    library: Library,
    work_id: WorkId,
    step: str,
    version: int | None,
    settings: Settings,
    ledger: Ledger | None = None,
) -> DraftProvenance:
    """Return what is behind one version of a section, or behind ``plan`` or ``whole``.

    ``version`` None: the newest. ``ledger``: the work's memory, where it is read already.

    Raises:
        BadInput: there is no such section, or version.
    """
    price_list = build_price_list(settings)
    count = _build_token_counter(works.get(library, work_id).run_settings)
    calls = journal.load_calls(library, work_id, step)
    if step in STEPS:
        return DraftProvenance(
            step, None, None, (), tuple(_build_call(c, count, price_list) for c in calls)
        )
    section_id = SectionId(step)
    draft = _find_draft(library, work_id, section_id, version)
    manifest = drafts.load_manifest(library, draft.manifest)
    draft_versions = drafts.versions(library, work_id, section_id)
    candidate_versions = {
        d.version for d in draft_versions if d.stage == "candidate" and d.base == draft.base
    }
    version_group = candidate_versions if draft.version in candidate_versions else {draft.version}
    period_start, period_end = _find_period(
        drafts.load_write_times(library, work_id, section_id), version_group
    )
    draft_calls = [
        c
        for c in calls
        if period_start < c.created_at <= period_end and _belongs_to_draft(c, draft, manifest)
    ]
    return DraftProvenance(
        step=step,
        draft=draft,
        manifest=manifest,
        weighed_entries=tuple(
            _list_weighed_entries(ledger or Ledger(library, work_id).refresh(), manifest)
        ),
        calls=tuple(_build_call(c, count, price_list) for c in draft_calls),
    )


def _find_draft(
    library: Library, work_id: WorkId, section_id: SectionId, version: int | None
) -> Draft:
    draft_versions = drafts.require_versions(library, work_id, section_id)
    if version is None:
        return draft_versions[-1]
    return drafts.select_version(draft_versions, version)


def _find_period(written_at: dict[int, float], versions: Collection[int]) -> tuple[float, float]:
    """Return from when to when the calls of a version were made, or of candidates side by side.

    What is asked between two versions made the later one; after the last, it is about that one.
    """
    earlier_times = [at for version, at in written_at.items() if version < min(versions)]
    is_newest = max(written_at) in versions
    return max(earlier_times, default=0.0), float("inf") if is_newest else written_at[max(versions)]


def _belongs_to_draft(call: JournaledCall, draft: Draft, manifest: Manifest) -> bool:
    """True unless the call drafted another candidate than this one."""
    is_writer_call = (call.role, call.purpose) == ("writer", Purpose.WRITE)
    return draft.stage != "candidate" or not is_writer_call or call.sample == manifest.sample


def _list_weighed_entries(ledger: Ledger, manifest: Manifest) -> Iterator[WeighedEntry]:
    for decision in manifest.shown:
        entry_version = next(
            (e for e in ledger.versions(decision.entry) if e.version == decision.version), None
        )
        line = (
            "" if entry_version is None else f"{entry_version.subject}: {entry_version.statement}"
        )
        yield WeighedEntry(
            decision.entry, decision.version, line, decision.how == "raw", decision.reason
        )


def _build_call(
    call: JournaledCall, count: Callable[[str], int], price_list: PriceList
) -> RecordedCall:
    messages = tuple((m.role, m.content) for m in call.messages)
    prompt, completion = call.prompt_tokens, call.completion_tokens
    return RecordedCall(
        role=call.role,
        purpose=call.label,
        model=call.model,
        messages=messages,
        answer=call.answer,
        finish=call.finish,
        prompt_tokens=prompt,
        cached_tokens=call.cached_tokens,
        completion_tokens=completion,
        seconds=call.seconds,
        parts=split_prompt(messages, prompt, count),
        cost=price_list.compute_cost(
            call.asked_for, prompt, call.cached_tokens, completion, call.seconds
        ),
        thoughts=call.thoughts,
    )


def split_prompt(
    messages: tuple[tuple[str, str], ...], prompt_tokens: int, count: Callable[[str], int]
) -> tuple[PromptPart, ...]:
    """Return the parts of a prompt by their tags, largest first, with their share of its tokens."""
    sizes: dict[str, int] = {}
    for role, content in messages:
        remaining_text = content
        for tag, tag_content in _TAGGED_BLOCK.findall(content):
            sizes[tag] = sizes.get(tag, 0) + count(tag_content)
            remaining_text = remaining_text.replace(tag_content, "", 1)
        name = UNTAGGED_PART_NAMES.get(role, role)
        sizes[name] = sizes.get(name, 0) + count(remaining_text)
    total = sum(sizes.values()) or 1
    shares = [PromptPart(name, round(prompt_tokens * size / total)) for name, size in sizes.items()]
    return tuple(sorted(shares, key=lambda part: -part.tokens))


def _build_token_counter(run_settings: RunSettings | None) -> Callable[[str], int]:
    from inkwright.agents.llm.tokenizer import UNMEASURED_FACTOR, ScaledTokenizer

    factor = run_settings.tokenizer_factor if run_settings else UNMEASURED_FACTOR
    return ScaledTokenizer(factor).count
