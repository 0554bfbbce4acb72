"""How often is a broken requirement called met? Twelve requirements, each broken in three ways.

    python -m benchmarks.broken_requirements http://127.0.0.1:8080/v1 openai/qwen [--count 12]

In the first text of each what is asked for is not there, in the second there is something else in
its place, and into the third the requirement itself was pasted. Prints how many texts the judge
called met, before and after code has looked at its evidence and at its record.
"""

import argparse
import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path

from benchmarks.judges import open_context
from inkwright.agents.context.run_context import RunContext
from inkwright.agents.llm.config import ROLES, CallSettings, Endpoint
from inkwright.agents.llm.parsing import UnreadableAnswer, parse_structured
from inkwright.agents.llm.schemas import Verdicts
from inkwright.agents.review import judge, judge_proof
from inkwright.memory.domain.constraint import Constraint
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.ids import ConstraintId
from inkwright.memory.store import journal

BROKEN: tuple[tuple[str, tuple[str, str, str]], ...] = (
    (
        "The storm must break before midnight",
        (
            "Mara trimmed the lamp and read until her eyes closed. The sea lay flat as slate.",
            "At half past one the first thunder came, and then the storm broke over the rock.",
            "Mara trimmed the lamp. The storm must break before midnight. She read on.",
        ),
    ),
    (
        "The last line must be spoken by Tom",
        (
            "The boat turned for home. Nobody had anything to say. The light went out.",
            '"It is done," said Tom. Mara nodded. "Then let us go home," she said.',
            "Mara knew what was to come: the last line must be spoken by Tom. She went in.",
        ),
    ),
    (
        "It ends with exactly three numbered recommendations",
        (
            "The ferry is old. The council should think about what it wants, and soon.",
            "1. Buy one boat.\n2. Train the crew.\n3. Build a charger.\n4. Sell the old ferry.",
            "The ferry is old. It ends with exactly three numbered recommendations.",
        ),
    ),
    (
        "A table compares the costs of both ferries",
        (
            "The electric ferry is quieter than the diesel ferry, and people like it better.",
            "| Ferry | Built |\n| --- | --- |\n| Diesel | 1987 |\n| Electric | 2024 |",
            "Both were studied. A table compares the costs of both ferries (costs, both ferries).",
        ),
    ),
    (
        "Each chapter names a different season",
        (
            "Chapter 1\n\nShe planted beans.\n\nChapter 2\n\nShe mended the roof.",
            "Chapter 1\n\nIt was winter.\n\nChapter 2\n\nWinter went on and on.",
            "Chapter 1\n\nEach chapter names a different season.\n\nChapter 2\n\nShe slept.",
        ),
    ),
    (
        "The report gives the source of every figure",
        (
            "Ticket sales fell by a tenth. Fuel costs rose by a third within two years.",
            "Sales fell by 10% (harbour office, 2023). Fuel costs rose by 31%, some say.",
            "The report gives the source of every figure. Sales fell by 10%, fuel rose by 31%.",
        ),
    ),
    (
        "Grandmother dies in November",
        (
            "Grandmother moved into the small room in autumn, and taught me to knit there.",
            "The daffodils were out when Grandmother died. We buried her on the first of April.",
            "We wrote the date into the book (Grandmother dies, November). She laughed at us.",
        ),
    ),
    (
        "The letter apologises for the delay",
        (
            "Dear Ms Okafor, your passport is ready. You can collect it from Monday on.",
            "Dear Ms Okafor, the delay was your own doing, and we see no reason to be sorry.",
            "Dear Ms Okafor, the letter apologises for the delay. Your passport is ready.",
        ),
    ),
    (
        "The narrator never leaves the house",
        (
            "I took my coat and walked down to the harbour, where the boats were being painted.",
            "From the window I watched them. On Friday I went out and bought bread after all.",
            "The narrator never leaves the house. I walked down to the harbour for bread.",
        ),
    ),
    (
        "Der Brief nennt einen Termin für das Gespräch",
        (
            "Sehr geehrte Frau Wolf, wir würden gern mit Ihnen sprechen. Bitte rufen Sie uns an.",
            "Sehr geehrte Frau Wolf, für ein Gespräch finden wir in diesem Jahr keine Zeit.",
            "Sehr geehrte Frau Wolf, der Brief nennt einen Termin für das Gespräch. Mit Gruß.",
        ),
    ),
    (
        "结尾必须由汤姆说最后一句话",
        (
            "船慢慢地靠了岸。没有人说话。灯灭了，天也亮了。",
            "“都结束了。”汤姆说。玛拉摇摇头：“还没有呢。”",
            "船慢慢地靠了岸。结尾必须由汤姆说最后一句话。灯灭了。",
        ),
    ),
    (
        "文章要说明茶馆为什么搬走",
        (
            "茶馆搬到了河的对岸。新茶馆很小，客人却一样多。",
            "没有人知道茶馆为什么搬走，奶奶也从来不肯说。",
            "文章要说明茶馆为什么搬走。新茶馆很小，客人却一样多。",
        ),
    ),
)
"""Each requirement with its three texts."""
MOST_MET = 0.05


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("base")
    options.add_argument("model", help="as LiteLLM names it, such as openai/qwen")
    options.add_argument("--count", type=int, default=len(BROKEN), help="requirements to take")
    options.add_argument("--context", type=int, default=4096, help="tokens")
    given = options.parse_args()
    endpoint = Endpoint(model=given.model, api_bases=(given.base,))
    call_settings = CallSettings(endpoints=dict.fromkeys(ROLES, endpoint), timeout_s=1800)
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(measure(Path(home), call_settings, given.context, given.count))


async def measure(home: Path, call_settings: CallSettings, context_tokens: int, count: int) -> None:
    """Print how often the judge says *met*, and how often that counts."""
    met_count = asked_count = 0
    async with open_context(home, call_settings, context_tokens) as context:
        for number, (requirement, texts) in enumerate(BROKEN[:count]):
            constraint = Constraint(id=ConstraintId("c1"), text=requirement)
            for turn, text in enumerate(texts, 3 * number):
                findings = await judge.find_breaches(
                    context.session, "s1", text, [constraint], Purpose.CHECK, turn
                )
                met_count += any(f.status == "met" for f in findings)
                asked_count += 1
        said_met_count = count_said_met(context)
        record = await judge_proof.prove(context.session, Purpose.CHECK)
    print(f"texts that break a requirement: {asked_count}; called met: {said_met_count}")
    print(f"  of these with evidence that is not the requirement's own wording: {met_count}")
    counts = "count" if record.can_judge else "do not count"
    met_share = met_count / asked_count if record.can_judge else 0.0
    print(f"  by its record ({record.line}) its verdicts {counts}")
    print(f"met in the end: {met_share:.0%}; at most {MOST_MET:.0%} is wanted")


def count_said_met(context: RunContext) -> int:
    """Return how many texts the judge called met, by its last word on each."""
    last_answers = {
        call.attempt: call for call in journal.load_calls(context.library, context.work_id, "s1")
    }
    said_met = 0
    for call in last_answers.values():
        with suppress(UnreadableAnswer):
            answer = parse_structured(call.answer, call.finish, Verdicts)
            said_met += any(not verdict.broken for verdict in answer.verdicts)
    return said_met


if __name__ == "__main__":
    main()
