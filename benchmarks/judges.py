"""How well does a served model judge? Its control questions, asked as in a run.

    python -m benchmarks.judges http://127.0.0.1:8080/v1 openai/qwen [--purpose check]

Prints, for each purpose, misses and false alarms with their 95% intervals, whether its verdicts
count, and how many votes they take.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from inkwright.agents.context.run_context import RunContext
from inkwright.agents.llm.config import ROLES, Ablation, CallSettings, Endpoint, Limits
from inkwright.agents.llm.events import ignore_event
from inkwright.agents.orchestration.run_setup import build_context
from inkwright.agents.orchestration.shared_resources import open_resources
from inkwright.agents.review import judge_proof
from inkwright.memory.domain.brief import Brief
from inkwright.memory.domain.outline import Outline, Section
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.ids import SectionId
from inkwright.memory.store import plans, works
from inkwright.memory.store.library import Library
from inkwright.memory.store.run_state import RunSettings

REQUEST = "A short story about a lighthouse keeper's last night before the light is automated."


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("base")
    options.add_argument("model", help="as LiteLLM names it, such as openai/qwen")
    options.add_argument("--purpose", action="append", choices=[*map(str, judge_proof.WORDING)])
    options.add_argument("--context", type=int, default=4096, help="tokens")
    given = options.parse_args()
    endpoint = Endpoint(model=given.model, api_bases=(given.base,))
    call_settings = CallSettings(endpoints=dict.fromkeys(ROLES, endpoint), timeout_s=1800)
    purposes = [Purpose(p) for p in given.purpose or judge_proof.WORDING]
    with tempfile.TemporaryDirectory() as home:
        asyncio.run(measure(Path(home), call_settings, given.context, purposes))


async def measure(
    home: Path, call_settings: CallSettings, context_tokens: int, purposes: list[Purpose]
) -> None:
    """Print what the reviewer's model shows of itself."""
    async with open_context(home, call_settings, context_tokens) as context:
        for purpose in purposes:
            await print_record(context, purpose)


@asynccontextmanager
async def open_context(
    home: Path, call_settings: CallSettings, context_tokens: int
) -> AsyncIterator[RunContext]:
    """Yield the run of a work of one section, in a library of its own."""
    library = Library.open(home)
    work = works.begin(library, Brief(request=REQUEST), Ablation().model_dump())
    run_settings = RunSettings(
        context_tokens=context_tokens, tokenizer_factor=1.3, slots=1, embedder="none"
    )
    with works.hold_lease(library, work.id) as lease:
        async with open_resources(library, call_settings) as resources:
            context = build_context(
                library,
                lease,
                work,
                run_settings,
                resources.transport,
                call_settings=call_settings,
                limits=Limits(),
                watch=ignore_event,
                capabilities=resources.capabilities,
                judges=resources.judges,
            )
            section = Section(
                id=SectionId("s1"), title="The Last Night", purpose="It tells it.", target_words=500
            )
            outline = Outline(title="The Last Night", continuity="chapter", sections=(section,))
            context.prompts.use_plan(plans.adopt(library, lease, outline, ()))
            yield context
    library.close()


async def print_record(context: RunContext, purpose: Purpose) -> None:
    began, calls = time.monotonic(), context.llm.usage.calls
    record = await judge_proof.prove(context.session, purpose)
    counts = f"counts, by {record.votes} votes" if record.can_judge else "does not count"
    print(
        f"{judge_proof.WORDING[purpose]}: {record.line}, {record.unanswered} unanswered of"
        f" {record.asked}; lower bound of J {record.least_informedness:.2f}: {counts}"
        f" ({context.llm.usage.calls - calls} calls, {time.monotonic() - began:.0f} s)",
        flush=True,
    )
    for line in context.problems:
        print(f"  {line}")
    context.problems.clear()


if __name__ == "__main__":
    main()
