"""Drafts, the manifests that say what each was written from, reviews, and who wrote what."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from inkwright.memory.base import Value
from inkwright.memory.domain.protected_spans import ProtectedSpan, merge_spans
from inkwright.memory.domain.source import Evidence
from inkwright.memory.ids import ConstraintId, EntryId, SectionId
from inkwright.memory.text.words import count_words

SectionState = Literal["planned", "started", "drafted", "accepted"]
Stage = Literal["drafted", "reviewed", "settled", "person", "edited", "candidate"]
"""How a version came about; ``edited``: a model's words, which a person asked for and accepted;
``candidate``: another draft to choose from, which was never the section's text."""
RecallForm = Literal["raw", "summary", "dropped"]
Author = Literal["model", "person", "mixed"]
CheckStatus = Literal["met", "broken", "not reviewed"]
TEXT_FINDING = "text"
"""In place of a constraint's id: a fault of the text itself, which no brief needs to forbid."""


class EntryDecision(Value):
    """What recall decided about one memory entry."""

    entry: EntryId
    version: int
    how: RecallForm
    reason: str

    @property
    def is_shown(self) -> bool:
        """True when the writer was shown it, whole or in short."""
        return self.how != "dropped"


class ExcerptDecision(Value):
    """What recall decided about one passage of earlier text, or of a source."""

    passage: str
    """Section, draft version and number: ``s3@1#2``."""
    how: RecallForm
    reason: str


class Manifest(Value):
    """Everything a draft was written from. Frozen before the section's first call."""

    section: SectionId
    outline_version: int
    node: str
    """Digest of the section's outline node."""
    constraints: dict[ConstraintId, str] = Field(default_factory=dict)
    """Constraint id to its digest."""
    heard: dict[str, int] = Field(default_factory=dict)
    """Sections whose drafts were visible, with the draft's version."""
    known_until: int = 0
    """Sequence number of the newest ledger row when the section began."""
    shown: tuple[EntryDecision, ...] = ()
    quoted: tuple[ExcerptDecision, ...] = ()
    recall: str = ""
    """Long-term memory as sent."""
    summary: str = ""
    """Rolling summary as sent."""
    last_passage: str = ""
    """The end of the section before, verbatim, as sent."""
    target_words: int
    """Budget after rebalancing what earlier sections over- or underspent."""
    budget_tokens: int
    """Tokens that recall, summary and last passage could use together."""
    recall_tokens: int = 0
    """Tokens they did use."""
    note: str = ""
    """What the person asked of this redraft."""
    sample: int = 0
    """Which draft of this section it is: another number draws another text."""
    writer_model: str = Field(default="", exclude_if=lambda model: not model)
    """Which of the writer's models drafts it; empty and left out: it has one."""
    by_person: bool = False
    """The text is the person's: nothing in memory counts as known to it until it was checked."""
    evidence: tuple[Evidence, ...] = ()
    """Spans of sources that the writer was given, in the order of the documents."""
    prompts: dict[str, str] = Field(default_factory=dict)
    """Prompt name to the hash of its template: advice, never staleness."""


class Finding(Value):
    """What was found about one constraint, with the words that show it."""

    constraint: str
    """Id of the constraint, or of the memory entry, that the draft meets or breaks."""
    status: CheckStatus
    evidence: str = ""
    """An exact quote of the draft; for something missing, the constraint's own words.

    Of what is met, the words that meet it, or how much was counted; nothing where nothing shows.
    """
    by: Literal["rule", "judge"] = "rule"
    why: str = ""
    """What is wrong, where the constraint's own words do not say it."""


class ReviewedClaim(Value):
    """A sentence that cites, and what it rests on."""

    claim: str
    """As it stands in the draft."""
    keys: tuple[str, ...]
    status: Literal["supported", "unsupported", "not reviewed"]
    spans: tuple[Evidence, ...] = ()
    """The exact words of the sources, narrowed to the judge's quote where it gave one."""
    why: str = ""
    """Why it is unsupported, in plain words."""


class Review(Value):
    """What was found about one draft; one finding for each constraint it carries."""

    findings: tuple[Finding, ...] = ()
    """One for each constraint; for citations one for each faulty claim."""
    grounds: tuple[ReviewedClaim, ...] = ()
    """Every citing sentence, in order."""

    @property
    def broken_findings(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.status == "broken")

    def with_text_findings(self, text_findings: Iterable[Finding]) -> "Review":
        """Return the review with these in place of its own."""
        others = [f for f in self.findings if f.constraint != TEXT_FINDING]
        return self.model_copy(update={"findings": (*others, *text_findings)})

    @property
    def ids_broken_by_rule(self) -> frozenset[str]:
        """Ids of the constraints that code saw broken."""
        return frozenset(f.constraint for f in self.broken_findings if f.by == "rule")

    def breaks_new_rules(self, earlier_review: "Review | None") -> bool:
        """True when a rule is broken here that was not in ``earlier_review``."""
        earlier_ids = (
            {f.constraint for f in earlier_review.broken_findings} if earlier_review else set()
        )
        return bool(self.ids_broken_by_rule - earlier_ids)


class Draft(Value):
    """One version of a section's text."""

    section: SectionId
    version: int
    stage: Stage
    text: str
    words: int
    author: Author = "model"
    summary: str = ""
    """The archivist's account of this section, a sentence or three."""
    base: int | None = None
    """Version it was patched from."""
    manifest: int
    """Id of the manifest row."""
    review: Review | None = None
    rounds: int = 0
    """Revisions behind this version."""
    held: tuple[ProtectedSpan, ...] = ()
    """What is the person's, or locked: every later version has it byte for byte."""

    @property
    def text_findings(self) -> tuple[Finding, ...]:
        """Faults of the text itself that its review found and that are still there."""
        findings = self.review.findings if self.review else ()
        return tuple(
            f for f in findings if f.constraint == TEXT_FINDING and f.evidence in self.text
        )


class WordShare(Value):
    """Words of one text, by who wrote them."""

    section: SectionId
    version: int
    person: int
    model: int


def compute_word_share(draft: Draft, rule: int) -> WordShare:
    """Return how many words of a draft are the person's, and how many a model's.

    ``rule``: how its work counts words.
    """
    user_words = sum(
        count_words(draft.text[s.start : s.end], rule) for s in select_user_spans(draft.held)
    )
    user_words = min(user_words, draft.words)
    return WordShare(
        section=draft.section,
        version=draft.version,
        person=user_words,
        model=draft.words - user_words,
    )


def select_user_spans(spans: Iterable[ProtectedSpan]) -> tuple[ProtectedSpan, ...]:
    """Return the stretches that a person wrote; what is merely locked is not among them."""
    return merge_spans(h for h in spans if h.why == "person")
