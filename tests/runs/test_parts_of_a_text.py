"""What an author wrote survives every pass: code, tables, verse, letters and footnotes.

One model plays all roles. It writes sections of such parts, and in every later pass touches prose
alone, though it names all lines when it is asked which sentences can go.
"""

import asyncio
import json
import re
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from inkwright.agents.llm.config import CallSettings, Endpoint
from inkwright.agents.llm.dialect.capability_records import CapabilityRecords
from inkwright.agents.llm.dialect.request import ChatRequest
from inkwright.app.estimates.fake_model import CallPace, FakeModel
from inkwright.app.estimates.simulation import simulate_run
from inkwright.memory.domain.brief import Brief
from inkwright.memory.ids import WorkId
from inkwright.memory.store import works
from inkwright.memory.store.journal import JournaledAnswer
from inkwright.memory.store.library import Library
from inkwright.memory.store.run_state import RunSettings
from tests.runs.writing import begin, section, texts

pytestmark = pytest.mark.slow
CODE = '```python\ndef tide(hour):\n    # Note: word count below\n    return {"low": hour}\n```'
TILDES = "~~~\nSure! Here is the section:\n---\n[end of section]\n~~~"
TABLE = "| hour | tide |\n|---|---|\n| 3 | low |\n| 3 | low |\n| 9 | high |"
VERSE = "The sea, the sea,\nit came to me,\nthe sea, the sea,\nit came to me."
LETTER = "Dear Nell,\n\nI hope this helps. Let me know if you want me to come.\n\nYours,\nA."
FOOTNOTE = "The bell is old.[^1]\n\n[^1]: Cast in 1881, as the harbour book says."
QUOTATION = "> Nobody crosses at night.\n> Nobody has."
LIST = "- rope\n- lamp oil\n- rope"
PARTS = (CODE, TILDES, TABLE, VERSE, LETTER, FOOTNOTE, QUOTATION, LIST)
MOST_SENTENCES = 14
HOURS = (
    *("one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


def prose(number: int, count: int) -> str:
    """Return so many sentences that no other paragraph has."""
    return " ".join(
        f"Boat {number} left the {hour} o'clock quay under lamp {number * 20 + n} that day."
        for n, hour in enumerate(HOURS[:count])
    )


class PartsModel(FakeModel):
    """Writes ``section_texts`` in turn, finds fault with every sentence of prose, and edits it."""

    def __init__(self, section_texts: list[str]) -> None:
        super().__init__("", CallPace(0, 0, 0), len, is_han=False)
        self.section_texts = section_texts
        self.additions = 0
        self.purposes: set[str] = set()

    async def complete(
        self, request: ChatRequest, on_text: Callable[[str], None] | None = None
    ) -> JournaledAnswer:
        answer = await super().complete(request, on_text)
        user = request.messages[1]["content"]
        schema = request.response_schema
        self.purposes.add(schema.__name__ if schema else "more" if "<sofar>" in user else "write")
        if schema is None:
            return answer.model_copy(update={"text": self._write(user)})
        numbered = re.findall(r"^\[(\d+)\] (?:\(\d+ words\) )?(.*)$", user, re.MULTILINE)
        prose_lines = [(int(n), line) for n, line in numbered if line.startswith("Boat ")]
        content = json.loads(answer.text)
        match schema.__name__:
            case "Cuts":
                in_parts = [int(n) for n, line in numbered if line.startswith(("|", "`", "~"))]
                content = {"sentences": [*in_parts, *(n for n, _ in prose_lines)]}
            case "Edits":
                content = {
                    "edits": [
                        {"first": n, "last": n, "text": line.replace("that day", "that grey day")}
                        for n, line in prose_lines[:3]
                    ]
                }
        return answer.model_copy(update={"text": json.dumps(content)})

    def _write(self, user: str) -> str:
        if "<sofar>" in user:
            self.additions += 1
            return prose(500 + self.additions, 4)
        number = int(re.search(r"^Section: s(\d+)$", user, re.MULTILINE)[1])
        return self.section_texts[number - 1]


@st.composite
def section_texts(draw: st.DrawFn) -> tuple[str, list[str]]:
    """A section's parts between paragraphs of prose, not twice as long as is asked; each once."""
    parts = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4, unique=True))
    size = draw(st.integers(1, MOST_SENTENCES // (len(parts) + 1)))
    number = draw(st.integers(1, 99))
    blocks = [prose(number, size)]
    for n, part in enumerate(parts, 1):
        blocks += [part, prose(number * 100 + n, size)]
    return "\n\n".join(blocks), parts


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(section_texts(), min_size=2, max_size=2))
def test_every_part_survives_every_pass(library: Library, sections):
    texts_by_section = [
        # the paragraphs of two sections differ, whatever was drawn
        re.sub(r"Boat (\d+)", rf"Boat {n}\1", text)
        for n, (text, _) in enumerate(sections)
    ]
    model = PartsModel(texts_by_section)
    text_of = texts(library, write_piece(library, model))
    for (_, parts), text in zip(sections, text_of.values(), strict=True):
        for part in parts:
            assert part in text


def test_the_passes_are_really_gone_through(library: Library):
    long = f"{prose(1, 12)}\n\n{CODE}\n\n{prose(2, 12)}\n\n{TABLE}\n\n{prose(3, 12)}"
    model = PartsModel([long, f"{prose(7, 2)}\n\n{LETTER}\n\n{prose(8, 2)}"])
    text_of = texts(library, write_piece(library, model))
    assert CODE in text_of["s1"]
    assert TABLE in text_of["s1"]
    assert LETTER in text_of["s2"]
    assert {"write", "Cuts", "more", "Edits"} <= model.purposes


def write_piece(library: Library, model: PartsModel) -> WorkId:
    """Return a work of two sections that ``model`` has written to its end."""
    brief = Brief.model_validate(
        {
            "title": "The Tide Book",
            "request": "A handbook for ferry pilots.",
            "outline": [section("Rules", words=120), section("Tables", words=120)],
            "constraints": [
                {
                    "text": "Say that it was grey.",
                    "kind": "must_contain",
                    "phrases": ["grey day"],
                    "where": "all",
                }
            ],
        }
    )
    work = begin(library, brief, fresh=True)
    call_settings = CallSettings(
        endpoints={
            role: Endpoint(model="hosted_vllm/m")
            for role in ("planner", "writer", "editor", "archivist", "reviewer")
        }
    )
    run_settings = RunSettings(context_tokens=16384, tokenizer_factor=1.0, slots=1, embedder="none")
    with works.hold_lease(library, work) as lease:
        asyncio.run(
            simulate_run(
                library,
                lease,
                works.get(library, work),
                run_settings,
                model,
                call_settings,
                lambda event: None,
                capabilities=CapabilityRecords(),
                uses_search=False,
            )
        )
    return work
