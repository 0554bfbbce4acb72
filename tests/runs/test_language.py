"""A piece is in the language that its request asks for, whatever the request is written in."""

import pytest

from inkwright.agents.llm.parsing import is_han
from inkwright.memory.domain.brief import Brief
from inkwright.memory.store.library import Library
from tests.calling import calling
from tests.runs import writing
from tests.simserver.process import SimServer

ASKED = {
    "zh": "Write a story of 200 words about a harbour, in Chinese.",
    "en": "请用英文写一篇约200字的港口故事。",
}


@pytest.mark.parametrize("language", ASKED)
def test_the_language_named_in_the_request_is_that_of_the_plan_and_of_every_section(
    sim: SimServer, library: Library, language: str
) -> None:
    work = writing.begin(library, Brief(request=ASKED[language]))
    result = writing.write(library, work, calling(sim))
    assert result.status == "complete"
    han = language == "zh"
    texts = [s.title for s in writing.plan(library, work).outline.sections]
    texts += writing.texts(library, work).values()
    assert [is_han(text) for text in texts] == [han] * len(texts)
    (rule,) = [c for c in writing.plan(library, work).constraints if c.kind == "language"]
    assert (rule.language, rule.source, str(rule.where)) == (language, "request", "all")


def test_a_run_stopped_after_the_plan_goes_on_in_that_language(
    sim: SimServer, library: Library
) -> None:
    brief = Brief(request=ASKED["zh"])
    whole = writing.begin(library, brief)
    writing.write(library, whole, calling(sim))
    work = writing.begin(library, brief, fresh=True)
    writing.write(library, work, calling(sim), until="planned")
    writing.write(library, work, calling(sim))
    assert writing.manuscript(library, work) == writing.manuscript(library, whole)
