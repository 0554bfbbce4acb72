"""How far the reviewer's model is to be trusted as a judge: what was measured, and this run's part.

Measured once for each model and purpose, kept with what else is known of the model, and so shared
by all works of a library. The control questions that a run mixes among its real ones are counted
for that run alone.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from inkwright.agents.llm.config import CallSettings, Endpoint
from inkwright.agents.llm.dialect.capability_records import CapabilityRecords
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.judge_record import JudgeRecord


class MeasuredJudges:
    """The records of the reviewer's model, by purpose; works that run side by side share them."""

    def __init__(self, capabilities: CapabilityRecords, call_settings: CallSettings) -> None:
        self._capabilities, self._call_settings = capabilities, call_settings
        self.locks: Mapping[Purpose, asyncio.Lock] = defaultdict(asyncio.Lock)
        """Held while a judge of a purpose is being measured, so that it is done once."""

    @property
    def _endpoint(self) -> Endpoint:
        return self._call_settings.endpoints["reviewer"]

    @property
    def model(self) -> str:
        """Name of the reviewer's model."""
        return self._endpoint.model

    def find(self, purpose: Purpose, questions: str) -> JudgeRecord | None:
        """Return what was measured with these questions; None: nothing yet."""
        record = self._capabilities.get(self._endpoint).judges.get(purpose)
        return record if record and record.questions == questions else None

    def store(self, purpose: Purpose, record: JudgeRecord) -> None:
        judges = {**self._capabilities.get(self._endpoint).judges, str(purpose): record}
        self._capabilities.learn(self._endpoint, judges=judges)


@dataclass(frozen=True)
class ControlAnswer:
    """What a judge said to one control question among real ones."""

    is_sound: bool
    is_called_broken: bool | None
    """None: no usable verdict."""


class RunJudges:
    """The judges as one run of one work uses them."""

    def __init__(self, measured: MeasuredJudges) -> None:
        self.measured = measured
        self.records: dict[Purpose, JudgeRecord] = {}
        """What this run has relied on."""
        self._answers: dict[Purpose, dict[str, ControlAnswer]] = defaultdict(dict)

    def record_answer(self, purpose: Purpose, question: str, answer: ControlAnswer) -> None:
        """Count the answer to a control question of this run; ``question`` names it."""
        self._answers[purpose][question] = answer

    def sum_up(self) -> dict[str, JudgeRecord]:
        """Return, by purpose, what was measured and what this run's control questions added."""
        return {
            str(purpose): record + count_answers(list(self._answers[purpose].values()))
            for purpose, record in self.records.items()
        }


def count_answers(answers: list[ControlAnswer], questions: str = "") -> JudgeRecord:
    """Return the record that these answers make."""
    sound = [a for a in answers if a.is_sound]
    broken = [a for a in answers if not a.is_sound]
    return JudgeRecord(
        questions=questions,
        broken=len(broken),
        caught=sum(a.is_called_broken is True for a in broken),
        sound=len(sound),
        alarms=sum(a.is_called_broken is True for a in sound),
        unanswered=sum(a.is_called_broken is None for a in answers),
    )
