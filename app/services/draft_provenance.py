"""What a draft was written from, and what was said to models on the way: read from the journal."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inkwright.app.config.settings import Settings
from inkwright.app.estimates.estimate import cost
from inkwright.memory.domain.draft import Draft, Manifest
from inkwright.memory.errors import BadInput
from inkwright.memory.store import drafts, journal, works
from inkwright.memory.store.ledger import Ledger
from inkwright.memory.store.library import Library
from inkwright.prompts.render import TAGS

PLAN, WHOLE = "plan", "whole"
STEPS = (PLAN, WHOLE)
"""Steps of a work that are no section's."""
_FENCED = re.compile(rf"<({'|'.join(TAGS)})>\n(.*?)\n</\1>", re.DOTALL)
ORDERS = {"system": "rules", "user": "orders"}
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


@dataclass(frozen=True)
class WeighedEntry:
    """One memory entry that was weighed for a draft."""

    entry: str
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
    seen: tuple[WeighedEntry, ...]
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
        known = [c.cost for c in self.calls if c.cost is not None]
        return sum(known) if known else None


def inspect(
    library: Library,
    work: str,
    step: str,
    version: int | None,
    settings: Settings,
    book: Ledger | None = None,
) -> DraftProvenance:
    """Return what is behind one version of a section, or behind ``plan`` or ``whole``.

    ``version`` None: the newest. ``book``: the work's memory, where it is read already.

    Raises:
        BadInput: there is no such section, or version.
    """
    count = _counter(works.get(library, work).pinned)
    calls = journal.calls(library, work, step)
    if step in STEPS:
        return DraftProvenance(
            step, None, None, (), tuple(_call(c, count, settings) for c in calls)
        )
    draft = _draft(library, work, step, version)
    manifest = drafts.manifest(library, draft.manifest)
    known = drafts.versions(library, work, step)
    beside = {d.version for d in known if d.stage == "candidate" and d.base == draft.base}
    together = beside if draft.version in beside else {draft.version}
    began, ended = _between(drafts.written_at(library, work, step), together)
    of_it = [c for c in calls if began < c["created_at"] <= ended and _is_of(c, draft, manifest)]
    return DraftProvenance(
        step=step,
        draft=draft,
        manifest=manifest,
        seen=tuple(_seen(book or Ledger(library, work).refresh(), manifest)),
        calls=tuple(_call(c, count, settings) for c in of_it),
    )


def _draft(library: Library, work: str, section: str, version: int | None) -> Draft:
    known = drafts.versions(library, work, section)
    if not known:
        raise BadInput(f"{work}: section {section!r} has no text")
    for draft in known:
        if draft.version == version or (version is None and draft is known[-1]):
            return draft
    raise BadInput(f"{section} has no version {version}; it has 1 to {known[-1].version}")


def _between(written_at: dict[int, float], versions: Collection[int]) -> tuple[float, float]:
    """Return from when to when the calls of a version were made, or of candidates side by side.

    What is asked between two versions made the later one; after the last, it is about that one.
    """
    before = [at for known, at in written_at.items() if known < min(versions)]
    newest = max(written_at) in versions
    return max(before, default=0.0), float("inf") if newest else written_at[max(versions)]


def _is_of(call: Mapping[str, Any], draft: Draft, manifest: Manifest) -> bool:
    """True unless the call drafted another candidate than this one."""
    writes = (call["role"], call["purpose"]) == ("writer", "write")
    return draft.stage != "candidate" or not writes or call["sample"] == manifest.sample


def _seen(book: Ledger, manifest: Manifest) -> Iterator[WeighedEntry]:
    for shown in manifest.shown:
        said = next((e for e in book.versions(shown.entry) if e.version == shown.version), None)
        line = "" if said is None else f"{said.subject}: {said.statement}"
        yield WeighedEntry(shown.entry, shown.version, line, shown.how == "raw", shown.reason)


def _call(row: dict[str, Any], count: Callable[[str], int], settings: Settings) -> RecordedCall:
    messages = tuple((m["role"], m["content"]) for m in row["messages"])
    prompt, completion = row["prompt_tokens"], row["completion_tokens"]
    return RecordedCall(
        role=row["role"],
        purpose=row["purpose"],
        model=row["model"],
        messages=messages,
        answer=row["answer"],
        finish=row["finish"],
        prompt_tokens=prompt,
        cached_tokens=row["cached_tokens"],
        completion_tokens=completion,
        seconds=row["seconds"],
        parts=parts(messages, prompt, count),
        cost=cost(settings, prompt, completion, row["seconds"]),
    )


def parts(
    messages: tuple[tuple[str, str], ...], prompt_tokens: int, count: Callable[[str], int]
) -> tuple[PromptPart, ...]:
    """Return the parts of a prompt by their tags, largest first, with their share of its tokens."""
    sizes: dict[str, int] = {}
    for role, content in messages:
        rest = content
        for tag, inside in _FENCED.findall(content):
            sizes[tag] = sizes.get(tag, 0) + count(inside)
            rest = rest.replace(inside, "", 1)
        name = ORDERS.get(role, role)
        sizes[name] = sizes.get(name, 0) + count(rest)
    total = sum(sizes.values()) or 1
    shares = [PromptPart(name, round(prompt_tokens * size / total)) for name, size in sizes.items()]
    return tuple(sorted(shares, key=lambda part: -part.tokens))


def _counter(pinned: dict[str, Any] | None) -> Callable[[str], int]:
    from inkwright.agents.llm.tokenizer import UNMEASURED, ScaledTokenizer

    return ScaledTokenizer((pinned or {}).get("tokenizer_factor", UNMEASURED)).count
