"""The transport: what is tried again, what never is, and what a caller is told."""

import asyncio
import socket
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from inkwright.agents.llm import transport
from inkwright.agents.llm.config import CallSettings, Endpoint
from inkwright.agents.llm.schemas import Cuts
from inkwright.agents.llm.transport import ChatRequest, LiteLLMTransport
from inkwright.memory.errors import ModelError, ModelRefused, ModelUnreachable
from tests.calling import calling
from tests.listener import Listener
from tests.simserver.process import SimServer

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    # LiteLLM's own, when it streams
    pytest.mark.filterwarnings("ignore:Item '.*' on TypedDict class:UserWarning"),
    pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning"),
]

PROMPT = "You are the writer.\n\nSection: s1\nSubjects: Mara\nLength: about 40 words\n"
WRITE = ChatRequest(
    role="writer",
    messages=({"role": "system", "content": "Rules."}, {"role": "user", "content": PROMPT}),
    max_tokens=300,
    temperature=0.7,
    seed=11,
)
KEY = "key-0123456789-secret"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "FIRST_WAIT_S", 0.001)


@pytest.fixture(params=["whole", "streamed"])
def sent(request: pytest.FixtureRequest) -> Any:
    """Send a request, in one piece or as a stream, and return the answer."""

    async def send(how: LiteLLMTransport, what: ChatRequest = WRITE) -> Any:
        pieces: list[str] = []
        return await how.complete(what, pieces.append if request.param == "streamed" else None)

    return send


def to(sim: SimServer, **changes: Any) -> LiteLLMTransport:
    return _opened(calling(sim, **changes))


def at(endpoint: Endpoint, **changes: Any) -> LiteLLMTransport:
    roles = dict.fromkeys(("writer", "embedder"), endpoint)
    return _opened(CallSettings.model_validate({"endpoints": roles, **changes}))


def _opened(how: CallSettings) -> LiteLLMTransport:
    OPEN.append(LiteLLMTransport(how))
    return OPEN[-1]


OPEN: list[LiteLLMTransport] = []


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _closed() -> AsyncIterator[None]:
    yield
    while OPEN:
        await OPEN.pop().aclose()


def strikes(sim: SimServer, fault: str, **more: Any) -> None:
    sim.configure(faults=[{"fault": fault, **more}])


async def clean(sim: SimServer) -> str:
    """The text of the answer when nothing goes wrong."""
    text = (await to(sim).complete(WRITE)).text
    sim.reset_log()
    return str(text)


# What is tried again


@pytest.mark.parametrize("fault", ["500", "503", "429", "drop_before", "drop", "garbage"])
async def test_a_fault_of_the_moment_is_tried_again_and_the_answer_is_whole(sim, sent, fault):
    expected = await clean(sim)
    strikes(sim, fault, times=2, retry_after_s=0.01)
    answer = await sent(to(sim, tries=3))
    assert answer.text == expected
    assert answer.finish == "stop"
    assert [bool(c.fault) for c in sim.calls()] == [True, True, False]


@pytest.mark.parametrize("fault", ["500", "503", "429", "drop_before", "drop", "garbage"])
async def test_a_fault_that_stays_ends_after_the_tries_there_are(sim, sent, fault):
    strikes(sim, fault, retry_after_s=0.01)
    advice = "lower INKWRIGHT_CONCURRENCY" if fault == "429" else "set INKWRIGHT_API_BASE"
    with pytest.raises(ModelUnreachable, match=advice) as caught:
        await sent(to(sim, tries=3))
    assert len(sim.calls()) == 3
    assert _says_it_in_one_line(caught.value)


async def test_the_wait_that_a_429_asks_for_is_kept(sim, sent, monkeypatch):
    monkeypatch.setattr(transport, "FIRST_WAIT_S", 1000.0)
    strikes(sim, "429", times=1, retry_after_s=0.01)
    answer = await asyncio.wait_for(sent(to(sim)), 60)
    assert answer.text


@pytest.mark.parametrize(
    ("header", "wait"),
    [("2", 2.0), ("0.5", 0.5), ("3600", transport.LONGEST_WAIT_S), ("", None), ("soon", None),
     ("-1", None), ("nan", None)],
)  # fmt: skip
async def test_only_a_sensible_wait_is_kept(header, wait):
    fault = Exception("too many")
    fault.response = SimpleNamespace(headers={"retry-after": header})  # type: ignore[attr-defined]
    assert transport._read_requested_wait(fault) == wait


@pytest.mark.parametrize("tries", [1, 2])
async def test_a_hang_ends_by_the_time_limit(sim, sent, tries):
    strikes(sim, "hang")
    with pytest.raises(ModelUnreachable, match=r"did not answer in 0\.2 s") as caught:
        await sent(to(sim, timeout_s=0.2, tries=tries))
    assert len(sim.calls()) == tries
    assert _says_it_in_one_line(caught.value)


async def test_a_server_that_is_not_there_says_what_to_do(sent):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and never listening
        base = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        nobody = at(Endpoint(model="hosted_vllm/m", api_bases=(base,)), tries=2)
        with pytest.raises(ModelUnreachable, match="start it, or set INKWRIGHT_API_BASE") as caught:
            await sent(nobody)
    assert base in str(caught.value)
    assert _says_it_in_one_line(caught.value)


async def test_a_dead_replica_costs_a_try_and_no_answer(sim):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        both = at(Endpoint(model="hosted_vllm/sim-model", api_bases=(dead, sim.base)), tries=2)
        for seed in range(12):
            assert (await both.complete(_with(seed=seed))).text
    assert len(sim.calls()) == 12


# What never is


@pytest.mark.parametrize(
    ("fault", "says"),
    [("400", "rejects the call"), ("401", "set INKWRIGHT_API_KEY")],
)
async def test_a_call_that_is_rejected_is_not_sent_again(sim, sent, fault, says):
    strikes(sim, fault)
    with pytest.raises(ModelRefused, match=says) as caught:
        await sent(to(sim))
    assert len(sim.calls()) == 1
    assert _says_it_in_one_line(caught.value)


async def test_a_wrong_key_is_refused_and_never_told(sim, sent):
    sim.configure(api_key="the-right-key")
    wrong = at(Endpoint(model="hosted_vllm/sim-model", api_bases=(sim.base,), api_key=KEY))
    with pytest.raises(ModelRefused, match="set INKWRIGHT_API_KEY") as caught:
        await sent(wrong)
    assert KEY not in str(caught.value)
    assert [c.api_key for c in sim.calls()] == [KEY]
    assert _says_it_in_one_line(caught.value)


async def test_a_key_that_the_server_repeats_is_never_told(sim, sent):
    leaky = at(Endpoint(model=f"hosted_vllm/{KEY}", api_bases=(sim.base,), api_key=KEY))
    with pytest.raises(ModelError) as caught:
        await sent(leaky)
    assert KEY not in str(caught.value).replace(f"hosted_vllm/{KEY}", "")


async def test_a_model_that_is_not_served_is_refused(sim, sent):
    other = at(Endpoint(model="hosted_vllm/other", api_bases=(sim.base,)))
    with pytest.raises(ModelRefused, match="check INKWRIGHT_MODEL") as caught:
        await sent(other)
    assert len(sim.calls()) == 1
    assert _says_it_in_one_line(caught.value)


async def test_a_prompt_that_is_too_long_is_refused(sim, sent):
    sim.configure(max_model_len=64)
    long = _with(messages=({"role": "user", "content": "The keeper climbed the stairs. " * 40},))
    with pytest.raises(ModelRefused, match="set INKWRIGHT_CONTEXT_TOKENS") as caught:
        await sent(to(sim), long)
    assert len(sim.calls()) == 1
    assert _says_it_in_one_line(caught.value)


# Keys


@pytest.mark.parametrize("provider", ["hosted_vllm", "openai"])
@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "HOSTED_VLLM_API_KEY", "LITELLM_API_KEY"])
async def test_a_key_of_another_provider_is_never_sent_to_an_endpoint(
    sim, sent, monkeypatch, provider, variable
):
    monkeypatch.setenv(variable, KEY)
    chat = at(Endpoint(model=f"{provider}/sim-model", api_bases=(sim.base,)))
    await sent(chat)
    await at(Endpoint(model=f"{provider}/sim-embedding", api_bases=(sim.base,))).embed(["x"])
    assert {c.api_key for c in sim.calls()} == {"EMPTY"}


async def test_the_endpoints_own_key_is_sent(sim, sent, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "another")
    sim.configure(api_key=KEY)
    own = at(Endpoint(model="hosted_vllm/sim-model", api_bases=(sim.base,), api_key=KEY))
    assert (await sent(own)).text
    assert [c.api_key for c in sim.calls()] == [KEY]


@pytest.mark.parametrize("provider", ["hosted_vllm", "openai", "azure"])
async def test_a_redirect_is_not_followed(sent, provider):
    """It would take the text to another host, and Azure's key too."""
    with (
        Listener().listening() as stranger,
        Listener(redirect=stranger.root).listening() as own,
    ):
        endpoint = Endpoint(model=f"{provider}/m", api_bases=(own.base,), api_key=KEY)
        with pytest.raises(ModelRefused, match="redirects, which is not followed"):
            await sent(at(endpoint))
        with pytest.raises(ModelRefused, match="redirects, which is not followed"):
            await at(endpoint).embed(["x"])
    assert own.requests
    assert stranger.requests == []


async def test_a_key_is_not_shown_where_settings_are():
    assert KEY not in repr(Endpoint(model="m", api_key=KEY))


# What comes back


async def test_a_stream_brings_the_same_answer_piece_by_piece(sim):
    sender, pieces = to(sim), []
    whole = await sender.complete(WRITE)
    streamed = await sender.complete(WRITE, pieces.append)
    assert "".join(pieces) == streamed.text == whole.text
    assert len(pieces) > 5
    for name in ("finish", "model", "prompt_tokens", "completion_tokens"):
        assert getattr(streamed, name) == getattr(whole, name)


async def test_tokens_are_counted_as_the_server_counts_them(sim, sent):
    sender = to(sim)
    await sent(sender)
    answer = await sent(sender)
    call = sim.calls()[-1]
    assert (answer.prompt_tokens, answer.cached_tokens, answer.completion_tokens) == (
        call.prompt_tokens, call.cached_tokens, call.completion_tokens,
    )  # fmt: skip
    assert answer.cached_tokens > 0
    assert answer.seconds > 0


async def test_an_answer_cut_by_the_token_limit_says_so(sim, sent):
    answer = await sent(to(sim), _with(max_tokens=5))
    assert answer.finish == "length"
    assert answer.completion_tokens == 5


async def test_the_call_goes_over_the_wire_as_it_was_meant(sim, sent):
    await sent(to(sim), _with(response_schema=Cuts, extra={"repetition_penalty": 1.1}))
    (call,) = sim.calls()
    assert (call.schema_name, call.seed, call.max_tokens) == ("Cuts", 11, 300)
    assert call.messages == list(WRITE.messages)


async def test_texts_are_embedded_in_their_order(sim):
    sender = to(sim)
    vectors = await sender.embed(["a lamp", "a boat", "a lamp"])
    assert vectors.shape == (3, sim.config.embedding_dims)
    assert vectors.dtype == np.float32
    assert np.array_equal(vectors[0], vectors[2])
    assert not np.array_equal(vectors[0], vectors[1])


async def test_embedding_is_tried_again_too(sim):
    strikes(sim, "500", match={"role": "embedder"}, times=1)
    assert len(await to(sim).embed(["a lamp"])) == 1


async def test_the_last_to_close_leaves_no_connection_open(sim, sent):
    first, second = to(sim), to(sim)
    await sent(first)
    await sent(second)
    await first.aclose()
    assert (await sent(second)).text
    await second.aclose()
    await asyncio.sleep(0)
    assert not _connections()
    assert (await sent(to(sim))).text


async def test_closing_twice_or_unused_is_no_fault(sim):
    unused = to(sim)
    await unused.aclose()
    await unused.aclose()


@pytest.fixture
async def second_server() -> AsyncIterator[SimServer]:
    with SimServer() as server:
        yield server


async def test_replicas_share_the_load(sim, second_server):
    both = Endpoint(model="hosted_vllm/sim-model", api_bases=(sim.base, second_server.base))
    sender = at(both)
    for seed in range(12):
        await sender.complete(_with(seed=seed))
    assert len(sim.calls()) + len(second_server.calls()) == 12
    assert sim.calls()
    assert second_server.calls()


def _connections() -> list[Any]:
    """Return what LiteLLM keeps open for this event loop."""
    import litellm

    mine = f"-{id(asyncio.get_running_loop())}"
    return [k for k in litellm.in_memory_llm_clients_cache.cache_dict if k.endswith(mine)]


def _with(**changes: Any) -> ChatRequest:
    return ChatRequest(**{**WRITE.__dict__, **changes})


def _says_it_in_one_line(fault: Exception) -> bool:
    return "\n" not in str(fault) and len(str(fault)) < 400
