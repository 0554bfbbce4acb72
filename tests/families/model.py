"""The model behind every fake: it reads the prompt, and knows a form only if it is shown one."""

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from inkwright.agents.llm import parsing, schemas
from tests.simserver.ask import Ask, text_of
from tests.simserver.config import JudgeFail, SimConfig
from tests.simserver.script import FILLERS, answer

Body = dict[str, Any]

FORM_OF = {
    "requirements": "Requirements", "instructions": "Instructions", "chapters": "Chapters",
    "sections": "Sections", "details": "Sections", "entries": "Cast", "plan_check": "PlanReview",
    "cite": "CitationPlan", "choose": "Choices", "support": "Supports", "remember": "Delta",
    "remember_part": "Delta", "check": "Verdicts", "settle": "Contradictions", "patch": "Edits",
    "densify": "Edits", "trim": "Cuts", "seams": "Seams", "reread": "Breaches",
}  # fmt: skip
"""Which form each prompt asks for, so that a request is understood without ``response_format``."""
PROSE = ("write", "continue")
TALK = (
    "I would begin with the harbour and then follow the water out to sea. "
    "The reader should feel the day pass. Each part can lean on the one before it."
)
"""What a model says that was not told in which form to answer."""
_SIM = SimConfig(archivist_events=1, judge_fails=(JudgeFail(constraint="calm", section="s2"),))
_OPENING = 70
"""Characters by which a prompt is known."""


def find_prompt(body: Body) -> str:
    """Return the name of the prompt that a request was made of; "" for any other request."""
    text = "\n".join(text_of(message) for message in body["messages"])
    return next((name for name, (_, known) in _prompts().items() if known in text), "")


def find_form(body: Body) -> str | None:
    """Return the name of the form that is asked for; None: prose, or nothing of Inkwright's."""
    given = body.get("response_format") or {}
    name = (given.get("json_schema") or {}).get("name")
    return name if name in FILLERS else FORM_OF.get(find_prompt(body))


def is_told_the_form(body: Body) -> bool:
    """True when the messages say JSON, and name what the form must have."""
    form = find_form(body)
    text = "\n".join(text_of(message) for message in body["messages"])
    if form is None or "json" not in text.lower():
        return False
    return all(f'"{name}"' in text for name in _required(load_schema(form)))


def write(body: Body, *, form: str | None) -> str:
    """Return what the model means to say: prose, or ``form`` filled in."""
    response_format = None
    if form is not None:
        response_format = {
            "type": "json_schema",
            "json_schema": {"name": form, "schema": load_schema(form)},
        }
    request = {**body, "messages": _split_system(body), "response_format": response_format}
    return answer(Ask.read(request, ""), _SIM)


@cache
def load_schema(form: str) -> dict[str, Any]:
    """Return the JSON schema of a form that Inkwright knows."""
    return parsing.build_json_schema(getattr(schemas, form))


def walk(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield every object inside a schema, itself first."""
    if isinstance(schema, dict):
        yield schema
        for inner in schema.values():
            yield from walk(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from walk(inner)


def _required(schema: dict[str, Any]) -> list[str]:
    """Return the names that an answer must have: its own, and those of the items in its lists."""
    return [name for part in walk(schema) for name in part.get("required", ()) if name]


@cache
def _prompts() -> dict[str, tuple[str, str]]:
    """Return each prompt's first words, and the beginning of its longest passage."""
    folder = resources.files("inkwright.prompts")
    prompts = {}
    for name in (*FORM_OF, *PROSE):
        passages = re.split(r"\$\w+", folder.joinpath(f"{name}.md").read_text("utf-8"))
        prompts[name] = (
            passages[0].strip()[:_OPENING],
            max(passages, key=len).strip()[:_OPENING],
        )
    return prompts


def _split_system(body: Body) -> list[dict[str, str]]:
    """Return the messages with what the team is told apart from the task, as the writer reads."""
    messages: list[dict[str, str]] = body["messages"]
    if any(message["role"] in ("system", "developer") for message in messages):
        return [
            {**message, "role": "system" if message["role"] == "developer" else message["role"]}
            for message in messages
        ]
    text = "\n\n".join(text_of(message) for message in messages)
    opening, known = _prompts().get(find_prompt(body), ("", ""))
    start = text.rfind(opening, 0, text.find(known) + len(opening)) if opening else 0
    return [
        {"role": "system", "content": text[:start]},
        {"role": "user", "content": text[start:]},
    ]


def spoil_json(text: str, how: str) -> str:
    """Return a filled form as a weak model breaks it."""
    match how:
        case "cut":
            return text[: int(len(text) * 0.7)]
        case "python":
            return repr(json.loads(text))
        case "keys":
            return re.sub(r'"(\w+)":', r'"the_\1":', text)
        case _:
            return text.replace("}", ",}").replace("]", ",]")
