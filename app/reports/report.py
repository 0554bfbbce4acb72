"""``report.json``: what was written, from what, at what cost, and what still fails.

The fields of each class are the keys of an object in the file, in their order.
"""

import json
from typing import Any

from pydantic import Field

from inkwright.app.manuscripts.citation_report import (
    CitationReport,
    ReportPart,
    SourceReport,
    UncitedReport,
)
from inkwright.memory.ids import ConstraintId, SectionId
from inkwright.memory.text.repetition import RepetitionMeasures
from inkwright.memory.text.style_metrics import StyleDrift, StyleMetrics


class ConstraintOutcome(ReportPart):
    """What was found about one constraint: met, broken or not reviewed."""

    id: str
    status: str
    evidence: str
    """Words of the text that show it; for something missing, the constraint's own words."""
    why: str
    """What is wrong, where the constraint's own words do not say it."""
    by: str
    """``rule`` or ``judge``."""


class SectionReport(ReportPart):
    """One section as it came out."""

    id: SectionId
    title: str
    target_words: int
    words: int
    version: int | None
    """Number of the draft that the manuscript holds."""
    status: str
    rounds: int
    model: str = Field(default="", exclude_if=lambda name: not name)
    """Which of the writer's models drafted it; left out where it has one."""
    depends_on: list[str]
    memory_shown: list[str]
    stale: list[str]
    constraints: list[ConstraintOutcome]


class ConstraintReport(ReportPart):
    """One constraint over all the sections that carry it."""

    id: ConstraintId
    kind: str
    placement: str
    status: str
    evidence: str
    """Of the worst section, with its id before it."""
    why: str
    by: str
    required: bool
    text: str
    sections: list[str]
    """Ids of the sections that carry it; none for the whole piece."""


class RoleCalls(ReportPart):
    """What one role's calls took; times add up over parallel calls."""

    calls: int = 0
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    seconds: float = 0.0


class CallTotals(ReportPart):
    """Model calls that the work has taken, over all runs."""

    total: int
    from_journal: int
    by_role: dict[str, RoleCalls]


class Tokens(ReportPart):
    """Tokens of those calls; ``cached`` are among ``prompt``."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    thoughts: int = Field(default=0, exclude_if=lambda count: not count)
    """Of the completion tokens, those of what models thought; left out when none did."""


class JudgeReport(ReportPart):
    """How the model that judged answered control questions of one purpose."""

    broken: int
    """Questions about something broken."""
    missed: int
    """Of these, those that were not called broken."""
    sound: int
    false_alarms: int
    """Of the sound ones, those that were called broken."""
    unanswered: int
    miss_interval: tuple[float, float]
    """95% interval of the share that was missed."""
    false_alarm_interval: tuple[float, float]
    counts: bool
    """Whether it is better than chance; its verdicts are *not reviewed* otherwise."""
    votes: int
    """Votes of which a majority made something broken."""


class CostReport(ReportPart):
    """What the calls cost, over all runs, by the prices that are set or listed now."""

    total: float | None
    """None: of some model no price is known."""
    currency: str
    by_model: dict[str, float | None]
    """By the model that was asked, named as LiteLLM names it."""


class VoiceReport(ReportPart):
    """How the piece sounds, by rule; see ``memory/text/style_metrics.py`` for the measures."""

    sample: StyleMetrics | None
    """The measures of the brief's sample; None: there is none, or it is too short to tell."""
    piece: StyleMetrics | None
    drift: StyleDrift | None
    """How far the piece is from the sample."""
    sections: dict[str, StyleDrift | StyleMetrics | None]
    """The same of each section; its measures, where there is no sample."""


class RepetitionReport(ReportPart):
    """How much is there twice; see ``memory/text/repetition.py`` for the measures."""

    before: RepetitionMeasures | None
    """When all was drafted, before repeats were mended; None: they were not looked for."""
    after: RepetitionMeasures


class RequestReport(ReportPart):
    """One sentence of the request, and what became of it."""

    sentence: str
    outcome: str
    """``constraint``, ``subject``, ``length``, ``material`` or ``not checked``."""
    constraints: list[ConstraintId]
    unchecked: list[str]
    """What of the sentence asks for something and has no constraint."""


class Report(ReportPart):
    """The whole of ``report.json``."""

    work: str
    status: str
    words: int
    target_words: int
    seconds: float
    sections: list[SectionReport]
    constraints: list[ConstraintReport]
    citations: list[CitationReport]
    """Every citing sentence with the passage it rests on; empty without sources."""
    uncited: list[UncitedReport]
    """Sentences that give a figure or a quotation and rest on no source; empty without sources."""
    sources: list[SourceReport]
    voice: VoiceReport
    repetition: RepetitionReport
    calls: CallTotals
    tokens: Tokens
    models: dict[str, str]
    settings: dict[str, Any]
    versions: dict[str, Any]
    seed: int
    problems: list[str]
    request: list[RequestReport] = Field(default=[], exclude_if=lambda sentences: not sentences)
    """Every sentence of the request; left out for works that an earlier release planned."""
    length_note: str = ""
    """How the length was read."""
    judges: dict[str, JudgeReport] = Field(default={}, exclude_if=lambda judges: not judges)
    """By purpose: ``check`` (requirements), ``support`` (citations), ``settle`` (contradictions).
    Left out where nothing was judged."""
    cost: CostReport | None = Field(default=None, exclude_if=lambda cost: cost is None)
    """Left out where no price of tokens is known of any model."""

    def as_json(self) -> str:
        """Return what ``report.json`` holds."""
        content = self.model_dump(mode="json")
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
