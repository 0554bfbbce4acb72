"""``inkwright doctor``: is everything there that the settings need, and how to get what is not?"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from inkwright.agents.llm.config import ROLES
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.services.engine import opened
from inkwright.memory.errors import (
    BadInput,
    IndexUnusable,
    InkwrightError,
    ModelError,
    ModelRefused,
)
from inkwright.memory.store import schema, works
from inkwright.memory.text.addresses import without_secrets

if TYPE_CHECKING:
    from inkwright.agents.llm.config import CallSettings, Endpoint, Role
    from inkwright.agents.llm.transport import LiteLLMTransport

BAD_INPUT, NO_MODEL = 2, 3
SHORT_CONTEXT = 4096
"""Below this many tokens, prompts have little room for memory."""


@dataclass(frozen=True)
class DoctorCheck:
    """One thing looked at."""

    name: str
    ok: bool
    said: str
    """What was found, or what to do."""
    code: int = 0
    """Exit code when it is not ok; 0: nothing that is set up needs it."""

    def __str__(self) -> str:
        mark = "ok" if self.ok else ("missing" if self.code else "absent")
        return f"{mark:<8} {self.name:<18} {self.said}"


def doctor(say: Callable[[str], None]) -> int:
    """Tell what is there and what is missing; return the exit code."""
    worst = 0
    for check in _checks():
        say(str(check))
        worst = worst or (0 if check.ok else check.code)
    say("all that the settings need is there" if not worst else "something is missing; see above")
    return worst


def _checks() -> Iterator[DoctorCheck]:
    try:
        settings = Settings.load()
    except BadInput as fault:
        yield DoctorCheck("settings", False, str(fault), BAD_INPUT)
        return
    yield DoctorCheck("settings", True, f"library folder {settings.home}")
    yield from _library(settings)
    yield _index(settings)
    yield _offline_embedder(settings)
    yield _embedded(settings)
    yield _export()
    yield _sources()
    yield from _models(settings)


def _library(settings: Settings) -> Iterator[DoctorCheck]:
    try:
        with opened(settings) as library:
            with library.write():
                pass
            number = works.count(library)
            yield DoctorCheck(
                "library", True, f"schema {schema.REVISION}, {number} works, writable"
            )
    except BadInput as fault:
        yield DoctorCheck("library", False, str(fault), BAD_INPUT)


def _index(settings: Settings) -> DoctorCheck:
    from inkwright.memory.retrieval.chroma_server import FOLDER, index_of

    try:
        with opened(settings) as library:
            index_of(library, "").close()
    except IndexUnusable as fault:
        return DoctorCheck("index", False, str(fault), BAD_INPUT)
    except BadInput:
        return DoctorCheck("index", False, "not looked at: the library comes first")
    return DoctorCheck("index", True, settings.index_url or str(settings.home / FOLDER))


def _offline_embedder(settings: Settings) -> DoctorCheck:
    if settings.embedder_model:
        return DoctorCheck(
            "embedder", True, f"{settings.embedder_model}, asked below with the models"
        )
    from inkwright.agents.embedding.minilm import EmbedderMissing, MiniLM

    try:
        MiniLM()
    except EmbedderMissing as fault:
        return DoctorCheck("embedder", False, f"vector search is off: {fault}")
    return DoctorCheck("embedder", True, "all-MiniLM-L6-v2, offline, English only")


def _embedded(settings: Settings) -> DoctorCheck:
    from inkwright.agents.llm.local_server import EmbeddedMissing, EmbeddedServer

    try:
        server = EmbeddedServer()
    except EmbeddedMissing as fault:
        wanted = endpoints.EMBEDDED in {
            settings.model,
            *(settings.role(role, "model") for role in ROLES),
        }
        return DoctorCheck("embedded model", False, str(fault), BAD_INPUT if wanted else 0)
    return DoctorCheck(
        "embedded model", True, f"{server.model_name}, used with INKWRIGHT_MODEL=embedded"
    )


def _sources() -> DoctorCheck:
    """Say which documents can be read as sources."""
    lacking = [n for n in ("markitdown", "pypdfium2", "pypandoc") if find_spec(n) is None]
    if lacking:
        told = "only text and Markdown are read: pip install 'inkwright[sources]'"
        return DoctorCheck("sources", False, f"{told} (no {', '.join(lacking)})")
    return DoctorCheck("sources", True, "PDF, Office files, web pages, books and bibliographies")


def _export() -> DoctorCheck:
    from importlib.util import find_spec

    from inkwright.app.export.pdf import chinese_fonts
    from inkwright.app.files.pandoc import INSTALL, pandoc

    try:
        pandoc()
    except BadInput as fault:
        return DoctorCheck("export", False, str(fault))
    if find_spec("typst") is None:
        return DoctorCheck("export", False, f"DOCX and EPUB, but no PDF: {INSTALL}")
    if chinese_fonts() is None:
        return DoctorCheck("export", False, f"a PDF of Chinese text needs a font: {INSTALL}")
    return DoctorCheck("export", True, "DOCX, EPUB and PDF, Chinese too")


def _models(settings: Settings) -> Iterator[DoctorCheck]:
    try:
        endpoints.named(settings)
    except BadInput as fault:
        yield from _listed(settings)
        yield DoctorCheck("model", False, str(fault), BAD_INPUT)
        return
    try:
        with endpoints.serving(settings) as calling:
            yield from asyncio.run(_asked(calling))
    except InkwrightError as fault:
        yield DoctorCheck("model", False, str(fault), BAD_INPUT)


def _listed(settings: Settings) -> Iterator[DoctorCheck]:
    """Say what an address serves while no model is chosen."""
    if not settings.api_base:
        return
    from inkwright.agents.llm.config import Endpoint
    from inkwright.agents.llm.endpoint_info import probe

    key = settings.api_key.get_secret_value() if settings.api_key else "EMPTY"
    try:
        served = asyncio.run(
            probe(Endpoint(model="unknown/", api_bases=settings.api_base, api_key=key))
        )
    except ModelError as fault:
        yield DoctorCheck("endpoint", False, str(fault), NO_MODEL)
        return
    at = without_secrets(settings.api_base[0])
    yield DoctorCheck("endpoint", True, f"{at} serves {', '.join(served.models)}")


async def _asked(calling: "CallSettings") -> list[DoctorCheck]:
    """Ask each distinct endpoint once."""
    found: list[DoctorCheck] = []
    seen: dict[str, str] = {}
    for role, endpoint in calling.endpoints.items():
        key = endpoint.model_dump_json()
        if key in seen:
            continue
        seen[key] = role
        found += await _ask_one(calling, endpoint, role)
    return found


async def _ask_one(
    calling: "CallSettings", endpoint: "Endpoint", role: "Role"
) -> list[DoctorCheck]:
    from inkwright.agents.llm.endpoint_info import not_served, probe

    where = endpoint.where or "its provider"
    try:
        served = await probe(endpoint)
        if (wrong := not_served(endpoint, served)) is not None:
            raise ModelRefused(wrong)
    except ModelError as fault:
        return [DoctorCheck(f"{role} model", False, str(fault), NO_MODEL)]
    found = [DoctorCheck(f"{role} model", True, f"{endpoint.model} at {where}")]
    if role == "embedder":
        return [*found, await _embeds(calling)]
    context = calling.context_tokens or served.max_model_len
    found.append(_context(context, tokenizes=served.tokenizes))
    found += _loads(endpoint)
    return [*found, await _answers_in_form(calling, role)]


def _context(context: int | None, *, tokenizes: bool) -> DoctorCheck:
    counted = "its own token counts" if tokenizes else "estimated token counts"
    if context is None:
        return DoctorCheck(
            "context", True, f"not told by the endpoint; 8192 tokens are assumed: set "
            f"INKWRIGHT_CONTEXT_TOKENS to what it serves ({counted})"
        )  # fmt: skip
    short = "; short for long pieces" if context < SHORT_CONTEXT else ""
    return DoctorCheck("context", True, f"{context:,} tokens, {counted}{short}")


def _loads(endpoint: "Endpoint") -> list[DoctorCheck]:
    """Say of each vLLM server what limits it."""
    from inkwright.agents.llm.endpoint_info import root
    from inkwright.app.serving.metrics import load

    found = [load(root(base)) for base in endpoint.api_bases]
    return [DoctorCheck("load", True, str(one)) for one in found if one is not None]


class PingAnswer(BaseModel):
    """The smallest answer by schema."""

    word: str = Field(max_length=20)


async def _answers_in_form(calling: "CallSettings", role: "Role") -> DoctorCheck:
    from inkwright.agents.llm.parsing import UnreadableAnswer, read_form
    from inkwright.agents.llm.transport import ChatRequest

    ask = {"role": "user", "content": 'Answer with JSON: {"word": "pong"}'}
    request = ChatRequest(
        role=role, messages=(ask,), max_tokens=60, temperature=0.0, seed=1, form=PingAnswer
    )
    try:
        async with _transport(calling) as transport:
            answer = await transport.complete(request)
        read_form(answer.text, answer.finish, PingAnswer)
    except ModelError as fault:
        return DoctorCheck("structured output", False, str(fault), NO_MODEL)
    except UnreadableAnswer as fault:
        said = f"answers, but not by JSON schema ({fault}): serve it with structured output"
        return DoctorCheck("structured output", False, said, NO_MODEL)
    return DoctorCheck("structured output", True, f"{answer.model} answers by JSON schema")


async def _embeds(calling: "CallSettings") -> DoctorCheck:
    try:
        async with _transport(calling) as transport:
            vectors = await transport.embed(["a"])
    except ModelError as fault:
        return DoctorCheck("embeddings", False, str(fault), NO_MODEL)
    return DoctorCheck("embeddings", True, f"{vectors.shape[1]} dimensions")


def _transport(calling: "CallSettings") -> "aclosing[LiteLLMTransport]":
    from inkwright.agents.llm.transport import LiteLLMTransport

    return aclosing(LiteLLMTransport(calling.model_copy(update={"tries": 1})))
