"""``inkwright doctor``: is everything there that the settings need, and how to get what is not?"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, JsonValue

from inkwright.agents.llm.config import ROLES
from inkwright.app.config import endpoints
from inkwright.app.config.settings import Settings
from inkwright.app.servers.connection import ServedChoice
from inkwright.app.servers.discovery import ModelServer, is_private
from inkwright.app.services import doctor_servers
from inkwright.app.services.doctor_servers import ModelFindings
from inkwright.app.services.engine import open_library
from inkwright.memory.domain.purpose import Purpose
from inkwright.memory.errors import (
    BadInput,
    IndexUnusable,
    InkwrightError,
    ModelError,
    ModelRefused,
)
from inkwright.memory.install_command import build_extra_command
from inkwright.memory.served_models.capability_store import load_capabilities
from inkwright.memory.store import schema, works
from inkwright.memory.text.addresses import without_secrets

if TYPE_CHECKING:
    from inkwright.agents.llm.config import CallSettings, Endpoint, Role
    from inkwright.agents.llm.transport import LiteLLMTransport

BAD_INPUT, NO_MODEL = 2, 3
SHORT_CONTEXT_TOKENS = 4096
"""Below this many tokens, prompts have little room for memory."""


@dataclass(frozen=True)
class DoctorCheck:
    """One thing looked at."""

    name: str
    ok: bool
    message: str
    """What was found, or what to do."""
    code: int = 0
    """Exit code when it is not ok; 0: nothing that is set up needs it."""

    def __str__(self) -> str:
        mark = "ok" if self.ok else ("missing" if self.code else "absent")
        return f"{mark:<8} {self.name:<18} {self.message}"


@dataclass
class DoctorReport:
    """What was looked at, for programs."""

    checks: list[DoctorCheck] = field(default_factory=list)
    servers: tuple[ModelServer, ...] = ()
    findings: ModelFindings | None = None
    """Of the model that was tried; None: none was."""

    @property
    def exit_code(self) -> int:
        codes = [check.code for check in self.checks if not check.ok and check.code]
        if self.findings is not None and not self.findings.is_usable:
            codes.append(NO_MODEL)
        return codes[0] if codes else 0

    def as_json(self) -> dict[str, JsonValue]:
        return {
            "ok": self.exit_code == 0,
            "checks": [
                {"name": c.name, "ok": c.ok, "needed": c.code > 0, "message": c.message}
                for c in self.checks
            ],
            "servers": [
                {
                    "address": without_secrets(server.base),
                    "kind": server.kind,
                    "version": server.version,
                    "needs_key": server.needs_key,
                    "models": [
                        {"name": m.name, "context_tokens": m.context_tokens, "loaded": m.is_loaded}
                        for m in server.models
                    ],
                }
                for server in self.servers
            ],
            "tried": self.findings.as_json() if self.findings else None,
        }


def run_doctor(
    say: Callable[[str], None],
    *,
    url: str | None = None,
    model: str | None = None,
    asks_paid: bool = False,
    choose: doctor_servers.Choose | None = None,
) -> DoctorReport:
    """Tell what is there and what is missing, and what a model can do that is named or chosen.

    ``url`` None: the servers on this machine. With ``url`` or ``model`` nothing else is looked at.
    ``asks_paid``: models elsewhere may be sent calls too, which may cost money.

    Raises:
        BadInput: no such model is served.
        ModelError: no model server answers at ``url``.
    """
    report = DoctorReport()
    is_about_one = url is not None or model is not None
    if not is_about_one:
        for check in _run_checks(asks_paid=asks_paid):
            say(str(check))
            report.checks.append(check)
        say(
            "something is missing; see above"
            if report.exit_code
            else "all that the settings need is there"
        )
    settings = Settings.load() if is_about_one or not report.checks[0].code else None
    if settings is None:
        return report
    report.servers = doctor_servers.find_servers(url, settings)
    for server in report.servers:
        say(f"found     {server}")
    chosen = None
    if is_about_one:
        chosen = doctor_servers.choose_model(report.servers, model, choose)
    elif choose is not None and any(server.chat_models for server in report.servers):
        chosen = doctor_servers.choose_model(report.servers, None, choose)
    elif report.servers:
        say("to try one of its models: inkwright doctor --model NAME")
    if chosen is not None:
        report.findings = _try_model(
            chosen, settings, say, asks_paid=asks_paid, is_named=url is not None
        )
    return report


def _try_model(
    chosen: ServedChoice,
    settings: Settings,
    say: Callable[[str], None],
    *,
    asks_paid: bool,
    is_named: bool,
) -> ModelFindings:
    at = without_secrets(chosen.server.base)
    say(f"trying {chosen.model.name} at {at}: a few calls, which take minutes on a CPU")
    findings = doctor_servers.try_model(
        chosen, settings, say, asks_paid=asks_paid, is_named=is_named
    )
    say("to use it:")
    for line in doctor_servers.format_settings(findings.settings):
        say(f"  {line}")
    address = f" {without_secrets(chosen.server.base)}" if is_named else ""
    say(f"`inkwright connect{address} --model {chosen.model.name}` writes these lines")
    return findings


def _run_checks(*, asks_paid: bool) -> Iterator[DoctorCheck]:
    try:
        settings = Settings.load()
    except BadInput as fault:
        yield DoctorCheck("settings", False, str(fault), BAD_INPUT)
        return
    yield DoctorCheck("settings", True, f"library folder {settings.home}")
    yield from _check_library(settings)
    yield _check_index(settings)
    yield _check_offline_embedder(settings)
    yield _check_embedded_model(settings)
    yield _check_export()
    yield _check_sources()
    yield _check_studio()
    yield from _check_models(settings, asks_paid=asks_paid)


def _check_library(settings: Settings) -> Iterator[DoctorCheck]:
    try:
        with open_library(settings) as library:
            with library.write():
                pass
            work_count = works.count(library)
            yield DoctorCheck(
                "library", True, f"schema {schema.REVISION}, {work_count} works, writable"
            )
    except BadInput as fault:
        yield DoctorCheck("library", False, str(fault), BAD_INPUT)


def _check_index(settings: Settings) -> DoctorCheck:
    from inkwright.memory.retrieval.chroma_server import INDEX_FOLDER, open_index

    try:
        with open_library(settings) as library:
            open_index(library, "").close()
    except IndexUnusable as fault:
        return DoctorCheck("index", False, str(fault), BAD_INPUT)
    except BadInput:
        return DoctorCheck("index", False, "not looked at: the library comes first")
    return DoctorCheck("index", True, settings.index_url or str(settings.home / INDEX_FOLDER))


def _check_offline_embedder(settings: Settings) -> DoctorCheck:
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


def _check_embedded_model(settings: Settings) -> DoctorCheck:
    from inkwright.agents.llm.local_server import EmbeddedMissing, EmbeddedServer

    try:
        server = EmbeddedServer()
    except EmbeddedMissing as fault:
        is_configured = endpoints.EMBEDDED in {
            settings.model,
            *(settings.role(role, "model") for role in ROLES),
        }
        return DoctorCheck("embedded model", False, str(fault), BAD_INPUT if is_configured else 0)
    return DoctorCheck(
        "embedded model", True, f"{server.model_name}, used with INKWRIGHT_MODEL=embedded"
    )


def _check_sources() -> DoctorCheck:
    """Say which documents can be read as sources."""
    missing_packages = [n for n in ("markitdown", "pypdfium2", "pypandoc") if find_spec(n) is None]
    if missing_packages:
        advice = f"only text and Markdown are read: {build_extra_command('sources')}"
        return DoctorCheck("sources", False, f"{advice} (no {', '.join(missing_packages)})")
    return DoctorCheck("sources", True, "PDF, Office files, web pages, books and bibliographies")


def _check_studio() -> DoctorCheck:
    if find_spec("streamlit") is None:
        return DoctorCheck("studio", False, "no `inkwright ui`: pip install 'inkwright[ui]'")
    return DoctorCheck("studio", True, "`inkwright ui` opens it")


def _check_export() -> DoctorCheck:
    from inkwright.app.export.pdf import find_chinese_fonts
    from inkwright.app.files.pandoc import find_pandoc, say_install

    try:
        find_pandoc()
    except BadInput as fault:
        return DoctorCheck("export", False, str(fault))
    if find_spec("typst") is None:
        return DoctorCheck("export", False, f"DOCX and EPUB, but no PDF: {say_install()}")
    if find_chinese_fonts() is None:
        return DoctorCheck("export", False, f"a PDF of Chinese text needs a font: {say_install()}")
    return DoctorCheck("export", True, "DOCX, EPUB and PDF, Chinese too")


def _check_models(settings: Settings, *, asks_paid: bool) -> Iterator[DoctorCheck]:
    try:
        endpoints.resolve_models(settings)
    except BadInput as fault:
        yield from _list_served_models(settings)
        yield DoctorCheck("model", False, str(fault), BAD_INPUT)
        return
    try:
        with endpoints.serve_models(settings) as call_settings:
            yield from asyncio.run(_check_endpoints(call_settings, asks_paid=asks_paid))
            yield from _list_judges(settings, call_settings)
    except InkwrightError as fault:
        yield DoctorCheck("model", False, str(fault), BAD_INPUT)


def _list_judges(settings: Settings, call_settings: "CallSettings") -> Iterator[DoctorCheck]:
    """Say how far the reviewer's model was found to judge, where it was asked."""
    from inkwright.agents.review.judge_proof import WORDING

    endpoint = call_settings.endpoints["reviewer"]
    try:
        with open_library(settings) as library:
            capabilities = load_capabilities(library, endpoint.where, endpoint.model)
    except BadInput:
        return
    judges = capabilities.judges if capabilities else {}
    if not judges:
        message = "not measured yet: the first run that needs a judge asks control questions"
        yield DoctorCheck("judge", True, message)
    for purpose, record in judges.items():
        counts = f"{record.votes} votes at most" if record.can_judge else "no better than chance"
        message = f"of {WORDING[Purpose(purpose)]}: {record.line}; {counts}"
        yield DoctorCheck("judge", record.can_judge, message)


def _list_served_models(settings: Settings) -> Iterator[DoctorCheck]:
    """Say what an address serves while no model is chosen."""
    if not settings.api_base:
        return
    from inkwright.agents.llm.config import Endpoint
    from inkwright.agents.llm.endpoint_info import probe

    key = settings.api_key.get_secret_value() if settings.api_key else "EMPTY"
    try:
        server_info = asyncio.run(
            probe(Endpoint(model="unknown/", api_bases=settings.api_base, api_key=key))
        )
    except ModelError as fault:
        yield DoctorCheck("endpoint", False, str(fault), NO_MODEL)
        return
    at = without_secrets(settings.api_base[0])
    yield DoctorCheck("endpoint", True, f"{at} serves {', '.join(server_info.models)}")


async def _check_endpoints(call_settings: "CallSettings", *, asks_paid: bool) -> list[DoctorCheck]:
    """Ask each distinct endpoint once."""
    results: list[DoctorCheck] = []
    role_by_endpoint: dict[str, str] = {}
    for role, endpoint in call_settings.list_endpoints():
        key = endpoint.model_dump_json()
        if key in role_by_endpoint:
            continue
        role_by_endpoint[key] = role
        endpoints = {**call_settings.endpoints, role: endpoint}
        role_settings = call_settings.model_copy(update={"endpoints": endpoints})
        results += await _check_endpoint(role_settings, endpoint, role, asks_paid=asks_paid)
    return results


async def _check_endpoint(
    call_settings: "CallSettings", endpoint: "Endpoint", role: "Role", *, asks_paid: bool
) -> list[DoctorCheck]:
    from inkwright.agents.llm.endpoint_info import explain_not_served, probe

    location = endpoint.where or "its provider"
    try:
        server_info = await probe(endpoint)
        if (mismatch := explain_not_served(endpoint, server_info)) is not None:
            raise ModelRefused(mismatch)
    except ModelError as fault:
        return [DoctorCheck(f"{role} model", False, str(fault), NO_MODEL)]
    results = [DoctorCheck(f"{role} model", True, f"{endpoint.model} at {location}")]
    is_paid = not endpoint.api_bases or not all(map(is_private, endpoint.api_bases))
    if is_paid and not asks_paid:
        advice = f"no call was sent to {location}, for it may cost money: --paid sends one"
        return [*results, DoctorCheck(f"{role} calls", True, advice)]
    if role == "embedder":
        return [*results, await _check_embeddings(call_settings)]
    context = call_settings.context_tokens or server_info.max_model_len
    results.append(_check_context(context, tokenizes=server_info.tokenizes))
    results += _check_server_loads(endpoint)
    return [*results, await _check_structured_output(call_settings, role)]


def _check_context(context: int | None, *, tokenizes: bool) -> DoctorCheck:
    count_source = "its own token counts" if tokenizes else "estimated token counts"
    if context is None:
        return DoctorCheck(
            "context", True, f"not told by the endpoint; 8192 tokens are assumed: set "
            f"INKWRIGHT_CONTEXT_TOKENS to what it serves ({count_source})"
        )  # fmt: skip
    short_note = "; short for long pieces" if context < SHORT_CONTEXT_TOKENS else ""
    return DoctorCheck("context", True, f"{context:,} tokens, {count_source}{short_note}")


def _check_server_loads(endpoint: "Endpoint") -> list[DoctorCheck]:
    """Say of each vLLM server what limits it."""
    from inkwright.agents.llm.endpoint_info import server_root
    from inkwright.app.serving.metrics import read_load

    server_loads = [read_load(server_root(base)) for base in endpoint.api_bases]
    return [
        DoctorCheck("load", True, str(server_load))
        for server_load in server_loads
        if server_load is not None
    ]


class PingAnswer(BaseModel):
    """The smallest answer by schema."""

    word: str = Field(max_length=20)


async def _check_structured_output(call_settings: "CallSettings", role: "Role") -> DoctorCheck:
    from inkwright.agents.llm.dialect.request import ChatRequest
    from inkwright.agents.llm.parsing import UnreadableAnswer, parse_structured

    user_message = {"role": "user", "content": 'Answer with JSON: {"word": "pong"}'}
    request = ChatRequest(
        role=role,
        messages=(user_message,),
        max_tokens=60,
        temperature=0.0,
        seed=1,
        response_schema=PingAnswer,
    )
    try:
        async with _open_transport(call_settings) as transport:
            answer = await transport.complete(request)
        parse_structured(answer.text, answer.finish, PingAnswer)
    except ModelError as fault:
        return DoctorCheck("structured output", False, str(fault), NO_MODEL)
    except UnreadableAnswer as fault:
        advice = f"answers, but not by JSON schema ({fault}): serve it with structured output"
        return DoctorCheck("structured output", False, advice, NO_MODEL)
    return DoctorCheck("structured output", True, f"{answer.model} answers by JSON schema")


async def _check_embeddings(call_settings: "CallSettings") -> DoctorCheck:
    try:
        async with _open_transport(call_settings) as transport:
            vectors = await transport.embed(["a"])
    except ModelError as fault:
        return DoctorCheck("embeddings", False, str(fault), NO_MODEL)
    return DoctorCheck("embeddings", True, f"{vectors.shape[1]} dimensions")


def _open_transport(call_settings: "CallSettings") -> "aclosing[LiteLLMTransport]":
    from inkwright.agents.llm.transport import LiteLLMTransport

    return aclosing(LiteLLMTransport(call_settings.model_copy(update={"tries": 1})))
