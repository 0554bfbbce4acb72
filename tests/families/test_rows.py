"""Every row of the table that must end in a piece: written live, written again, settled, exported.

A second piece is written from the same library: what the first run found out is known by then.
"""

from dataclasses import dataclass, field

import pytest

from tests.families.fake import FakeServer
from tests.families.servers import forms, limits, parameters, streams, thinking
from tests.families.whole_run import (
    MARKS,
    Desk,
    Run,
    check_journal,
    check_text,
    count_refused,
    count_wasted,
)

pytestmark = MARKS
MANY = 99


@dataclass(frozen=True)
class Row:
    """A fake, how it is set up, and what a run on it may cost."""

    number: int
    fake: type[FakeServer]
    refusals: int = 0
    """Requests refused in the first run; in the second there are none."""
    wasted: int = 0
    """Answers in the first run that were of no use."""
    wasted_again: int = 0
    """The same in the second, where it is known by then what the server is like."""
    adapted: str = ""
    """A pattern: one line of the report has it, and no more than one."""
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.number}-{self.fake.__name__}"


ROWS = (
    Row(1, thinking.VllmQwenParser, adapted=r"reasoning"),
    Row(1, thinking.SglangWithoutEnd, adapted=r"reasoning", wasted=4),
    Row(2, thinking.VllmWithoutParser),
    Row(2, thinking.ThinksTwice),
    Row(3, thinking.LongThoughts, adapted=r"thoughts", wasted=2),
    Row(3, thinking.ThoughtsOfAnyLength, adapted=r"thoughts", wasted=6, wasted_again=2),
    *(
        Row(5, fake, wasted=2)
        for fake in (
            thinking.Harmony,
            thinking.HarmonyWithoutMarks,
            thinking.Magistral,
            thinking.SeedOss,
            thinking.GemmaChannel,
            thinking.ThinkingTag,
            thinking.ReasoningTag,
            thinking.KimiMarks,
            thinking.OpenedByTemplate,
        )
    ),
    Row(6, forms.OnlyJsonObject, refusals=1, adapted=r"json_schema|json_object|JSON mode"),
    Row(6, forms.OnlyText, refusals=2, adapted=r"response_format"),
    Row(7, forms.LmStudio),
    Row(7, forms.LmStudioEmpty, wasted=3, adapted=r"schema"),
    Row(8, forms.LlamaGrammar),
    Row(8, forms.StrictGrammar, refusals=1, adapted=r"grammar|bounds"),
    Row(8, forms.Xgrammar, refusals=1, adapted=r"grammar|bounds"),
    Row(10, forms.OllamaIgnoresSchema, wasted=3, adapted=r"schema"),
    Row(10, forms.TabbyOtherKeys, wasted=3, adapted=r"schema"),
    Row(13, parameters.GemmaOnVllm, refusals=1, adapted=r"system"),
    Row(13, parameters.MistralOnLmStudio, refusals=1, adapted=r"system"),
    Row(14, parameters.Gpt5, refusals=2, adapted=r"temperature"),
    Row(14, parameters.Kimi, refusals=1, adapted=r"temperature"),
    Row(15, parameters.MistralApi, refusals=1, adapted=r"\bseed"),
    Row(15, parameters.ClaudeBehindProxy, refusals=1, adapted=r"\bseed"),
    Row(
        19,
        parameters.RoutedByParameters,
        settings={"EXTRA_BODY": '{"provider": {"require_parameters": true}}'},
    ),
    Row(
        19,
        parameters.AsksForTenant,
        settings={
            "EXTRA_BODY": '{"metadata": {"tenant": "harbour"}}',
            "WRITER_EXTRA_BODY": '{"metadata": {"tenant": "harbour"}, "min_p": 0.05}',
        },
    ),
    Row(17, limits.NoUsage, adapted=r"estimate"),
    Row(17, limits.ZeroUsage, adapted=r"estimate"),
    Row(21, limits.FourThousand),
    Row(21, limits.EightThousand),
    Row(11, limits.OllamaSaysFour),
    Row(20, forms.SpoilsForms, wasted=MANY, wasted_again=MANY),
    Row(20, forms.SpoilsFormsOtherwise, wasted=MANY, wasted_again=MANY),
    Row(9, streams.EndsAtHalf),
    Row(9, streams.EndsWithoutDone),
    Row(9, streams.NeverSaysWhy),
    Row(18, streams.ErrorInside),
    Row(18, streams.NoChoices),
    Row(23, streams.SlowThoughts, settings={"TIMEOUT_S": "4"}),
    Row(23, streams.SlowWithComments, settings={"TIMEOUT_S": "4"}),
    Row(24, streams.FiltersOnce, wasted=1),
    Row(25, streams.ControlCharacters),
    Row(25, streams.HalfEmoji),
)
NOT_WHOLE = {9, 18, 23}
"""Rows in which answers break off: the journal need not have each."""


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_run_ends_in_a_clean_piece(desk: Desk, row: Row) -> None:
    fake = row.fake()
    desk.connect(fake, **row.settings)
    first = desk.write_live()
    check_text(first)
    assert first.live
    assert count_refused(first) <= row.refusals, _describe(first)
    assert count_wasted(first) <= row.wasted, _describe(first)
    second = desk.write()
    check_text(second)
    assert count_refused(second) == 0, _describe(second)
    assert count_wasted(second) <= row.wasted_again, _describe(second)
    for command in ("settle", first.work), ("export", first.work, "--format", "docx"):
        code, output = desk.command(*command)
        assert code in (0, 4), output
    if row.number not in NOT_WHOLE:
        check_journal(desk, [first, second])
    if row.adapted:
        lines = first.adaptations(row.adapted)
        assert len(lines) == 1, f"the report has {lines} on {row.adapted}"


def _describe(run: Run) -> str:
    """Return what was refused or of no use: prompt, status, response format, limit, answer."""
    return "; ".join(
        f"{call.prompt} {call.status} {call.format} {call.limit} {call.text[:20]!r}"
        for call in run.calls
        if call.status >= 400 or not call.useful
    )
