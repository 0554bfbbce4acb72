"""The simulated server keeps its promises: on the wire, in time, and in what it answers.

Calls are held and released, never slept on; what took how long is read from the log.
"""

import base64
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from pydantic import BaseModel, ValidationError

from inkwright.agents.llm import schemas
from tests.simserver.cache import PrefixCache
from tests.simserver.config import Fact, FaultRule, JudgeFail, Match, Need, SimConfig
from tests.simserver.facts import find
from tests.simserver.process import SimServer
from tests.simserver.prompt import forbids, quoted, sentences
from tests.simserver.tokens import count_words, tokenize

F = TypeVar("F", bound=BaseModel)

BRIEF = "Write a short story about a ferry. Every section must mention the river."
FORMS = [
    schemas.Requirements, schemas.Instructions, schemas.Sections, schemas.Chapters, schemas.Cast,
    schemas.PlanReview, schemas.Delta, schemas.Verdicts, schemas.Contradictions, schemas.Edits,
    schemas.Cuts,
]  # fmt: skip
MARA = Fact(
    section="s1", subject="Mara", aliases=("the pilot",), attribute="eye colour", value="green"
)


@pytest.fixture(scope="module")
def _process() -> Iterator[SimServer]:
    with SimServer() as server:
        yield server


@pytest.fixture
def server(_process: SimServer) -> SimServer:
    _process.restore()
    return _process


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as client:
        yield client


class Asking:
    """Sends chat requests the way the engine does."""

    def __init__(self, server: SimServer, client: httpx.Client) -> None:
        self.server, self._client = server, client

    def body(self, user: str, *, brief: str = BRIEF, **more: Any) -> dict[str, Any]:
        system = f"House rules.\n<brief>\n{brief}\n</brief>"
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        return {"model": "sim-model", "messages": messages} | more

    def post(self, user: str, **more: Any) -> httpx.Response:
        url = f"{self.server.base}/chat/completions"
        return self._client.post(url, json=self.body(user, **more))

    def answer(self, user: str, **more: Any) -> dict[str, Any]:
        response = self.post(user, **more)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def text(self, user: str, **more: Any) -> str:
        content: str = self.answer(user, **more)["choices"][0]["message"]["content"]
        return content

    def form(self, form: type[F], user: str, **more: Any) -> F:
        return form.model_validate_json(self.text(user, response_format=asked_form(form), **more))

    def events(self, user: str, **more: Any) -> list[dict[str, Any]]:
        lines = self.post(user, stream=True, **more).text.split("\n\n")
        assert lines[-2:] == ["data: [DONE]", ""]
        return [json.loads(line.removeprefix("data: ")) for line in lines[:-2]]


@pytest.fixture
def ask(server: SimServer, client: httpx.Client) -> Asking:
    return Asking(server, client)


def asked_form(form: type[BaseModel]) -> dict[str, Any]:
    schema = {"name": form.__name__, "schema": form.model_json_schema(), "strict": True}
    return {"type": "json_schema", "json_schema": schema}


def streamed_text(events: list[dict[str, Any]]) -> str:
    return "".join(e["choices"][0]["delta"].get("content", "") for e in events if e["choices"])


def writing(section: str = "s1", words: int = 60, more: str = "") -> str:
    return f"Section: {section}\nTitle: The Ferry\n{more}\nLength: about {words} words"


# The API


def test_an_answer_counts_its_tokens_and_says_who_gave_it(ask: Asking) -> None:
    answer = ask.answer(writing())
    usage = answer["usage"]
    text = answer["choices"][0]["message"]["content"]
    assert answer["model"] == "sim-model"
    assert usage["completion_tokens"] == len(tokenize(text))
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert answer["choices"][0]["finish_reason"] == "stop"


def test_a_streamed_answer_is_the_same_as_a_whole_one(ask: Asking) -> None:
    events = ask.events(writing(), stream_options={"include_usage": True})
    whole = ask.answer(writing())
    assert streamed_text(events) == whole["choices"][0]["message"]["content"]
    assert events[-2]["choices"][0]["finish_reason"] == "stop"
    assert events[-1]["usage"]["completion_tokens"] == whole["usage"]["completion_tokens"]


def test_usage_is_streamed_only_when_it_is_asked_for(ask: Asking) -> None:
    assert not any("usage" in event for event in ask.events(writing()))


def test_a_streamed_event_carries_as_many_tokens_as_configured(ask: Asking) -> None:
    ask.server.configure(tokens_per_chunk=7)
    events = ask.events(writing())
    assert len(tokenize(events[1]["choices"][0]["delta"]["content"])) == 7


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_an_answer_ends_at_its_token_limit(ask: Asking, name: str) -> None:
    answer = ask.answer(writing(), **{name: 9})
    assert answer["usage"]["completion_tokens"] == 9
    assert answer["choices"][0]["finish_reason"] == "length"
    assert ask.text(writing()).startswith(answer["choices"][0]["message"]["content"])


def test_the_same_messages_have_the_same_answer(ask: Asking) -> None:
    assert ask.text(writing()) == ask.text(writing())


@pytest.mark.parametrize("change", [{"seed": 2}, {"temperature": 0.1}, {"brief": "Another."}])
def test_other_messages_seed_or_sampling_have_another_answer(
    ask: Asking, change: dict[str, Any]
) -> None:
    assert ask.text(writing(), seed=1) != ask.text(writing(), **{"seed": 1} | change)


def test_another_process_gives_the_same_answer(ask: Asking, client: httpx.Client) -> None:
    with SimServer() as other:
        assert Asking(other, client).text(writing()) == ask.text(writing())


def test_a_stop_string_ends_the_answer(ask: Asking) -> None:
    assert ask.text(writing(), temperature=0, stop=["."]).count(".") == 0
    assert ask.text(writing(), temperature=0).count(".") > 1


def test_models_are_listed_with_their_context_length(ask: Asking, client: httpx.Client) -> None:
    ask.server.configure(max_model_len=4096)
    cards = client.get(f"{ask.server.base}/models").json()["data"]
    assert [card["id"] for card in cards] == ["sim-model", "sim-embedding"]
    assert cards[0]["max_model_len"] == 4096
    assert cards[0]["root"]


def test_tokenize_counts_messages_as_the_model_does(ask: Asking, client: httpx.Client) -> None:
    body = ask.body(writing())
    counted = client.post(f"{ask.server.root}/tokenize", json=body).json()
    assert counted["count"] == len(counted["tokens"])
    assert counted["count"] == ask.answer(writing())["usage"]["prompt_tokens"]
    assert counted["max_model_len"] == ask.server.config.max_model_len


def test_tokenize_counts_a_plain_prompt(ask: Asking, client: httpx.Client) -> None:
    counted = client.post(f"{ask.server.root}/tokenize", json={"prompt": "the harbour 渡口"})
    assert counted.json()["count"] == len(["the", " harbou", "r", " ", "渡", "口"])


def test_tokens_joined_are_the_text() -> None:
    text = 'A "quoted" word,\n\n渡口的灯塔。 naïve_case 3.14 '
    assert "".join(tokenize(text)) == text


def test_health_and_version_answer(server: SimServer, client: httpx.Client) -> None:
    assert client.get(f"{server.root}/health").status_code == 200
    assert client.get(f"{server.root}/version").json()["version"]


def test_a_prompt_beyond_the_context_is_refused_in_vllms_words(ask: Asking) -> None:
    ask.server.configure(max_model_len=64)
    refused = ask.post(writing(more="word " * 100))
    assert refused.status_code == 400
    said = refused.json()["error"]["message"]
    assert said.startswith("This model's maximum context length is 64 tokens")


def test_more_answer_than_the_context_has_room_for_is_refused(ask: Asking) -> None:
    refused = ask.post(writing(), max_tokens=10**6)
    assert refused.status_code == 400
    assert "This model's maximum context length is" in refused.json()["error"]["message"]


def test_a_model_that_is_not_served_is_not_found(ask: Asking) -> None:
    refused = ask.post(writing(), model="other")
    assert refused.status_code == 404
    assert refused.json()["error"]["message"] == "The model `other` does not exist."


def test_a_missing_or_wrong_key_is_refused(ask: Asking, client: httpx.Client) -> None:
    ask.server.configure(api_key="secret")
    assert ask.post(writing()).status_code == 401
    assert client.get(f"{ask.server.base}/models").status_code == 401
    right = {"Authorization": "Bearer secret"}
    assert client.get(f"{ask.server.base}/models", headers=right).status_code == 200


@pytest.mark.parametrize("body", ["{", "[]", '{"model": "sim-model"}', '{"messages": "hello"}'])
def test_a_body_that_is_no_request_is_refused(
    server: SimServer, client: httpx.Client, body: str
) -> None:
    refused = client.post(f"{server.base}/chat/completions", content=body)
    assert refused.status_code == 400


def test_requests_sent_in_chunks_or_in_a_row_are_all_answered(ask: Asking) -> None:
    body = json.dumps(ask.body(writing())).encode()
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:50], body[50:])) + b"0\r\n\r\n"
    with socket.create_connection(("127.0.0.1", ask.server.port)) as raw:
        raw.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
        raw.sendall(head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
        received = b"".join(iter(lambda: raw.recv(65536), b""))
    assert received.count(b"HTTP/1.1 200 OK") == 2


# The prefix cache


def test_a_shared_beginning_is_cached_in_whole_blocks(ask: Asking) -> None:
    first = ask.answer(writing(), brief="long " * 200)["usage"]
    second = ask.answer(writing(words=61), brief="long " * 200)["usage"]
    cached = second["prompt_tokens_details"]["cached_tokens"]
    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    assert 200 < cached < second["prompt_tokens"]
    assert cached % 16 == 0


def test_the_longer_the_shared_beginning_the_more_is_cached(ask: Asking) -> None:
    text = " ".join(f"w{n}" for n in range(300))
    ask.answer(text)
    shared = [ask.answer(text[:size] + " other")["usage"] for size in (200, 600, 1000)]
    cached = [usage["prompt_tokens_details"]["cached_tokens"] for usage in shared]
    assert cached == sorted(set(cached))


def cached(cache: PrefixCache, *prompts: str) -> list[int]:
    return [cache.look_up(prompt)[0] for prompt in prompts]


def test_an_answer_is_cached_with_its_prompt() -> None:
    cache = PrefixCache(capacity_blocks=10, block_tokens=2)
    known, blocks = cache.look_up("abcde")
    cache.keep(blocks, "abcdefgh")
    assert known == 0
    assert cached(cache, "abcdefghi") == [8]


def test_the_last_token_of_a_prompt_is_always_computed() -> None:
    cache = PrefixCache(capacity_blocks=10, block_tokens=2)
    assert cached(cache, "abcd", "abcd") == [0, 2]


def test_the_least_recently_used_block_makes_room() -> None:
    cache = PrefixCache(capacity_blocks=4, block_tokens=1)
    cached(cache, "abc", "xy")
    assert len(cache) == 4
    assert cached(cache, "ab!", "abc!") == [2, 2]


def test_what_was_evicted_is_computed_again(ask: Asking) -> None:
    ask.server.configure(cache_blocks=20)
    for brief in ("first " * 200, "second " * 200, "first " * 200):
        usage = ask.answer(writing(), brief=brief)["usage"]
    assert usage["prompt_tokens_details"]["cached_tokens"] == 0


def test_metrics_have_vllms_names_and_add_up(ask: Asking, client: httpx.Client) -> None:
    before = ask.server.metrics()
    usages = [ask.answer(writing(), brief="long " * 200)["usage"] for _ in range(2)]
    after = ask.server.metrics()
    prompt = sum(usage["prompt_tokens"] for usage in usages)
    cached = sum(usage["prompt_tokens_details"]["cached_tokens"] for usage in usages)
    grown = {name: after[name] - before[name] for name in after}
    assert grown == {
        "vllm:prefix_cache_queries_total": prompt,
        "vllm:prefix_cache_hits_total": cached,
        "vllm:prompt_tokens_total": prompt,
        "vllm:prompt_tokens_cached_total": cached,
        "vllm:generation_tokens_total": sum(usage["completion_tokens"] for usage in usages),
        "vllm:request_success_total": 2,
        "vllm:num_requests_running": 0,
        "vllm:num_requests_waiting": 0,
        "vllm:kv_cache_usage_perc": 0,
    }
    raw = client.get(f"{ask.server.root}/metrics").text
    assert 'vllm:num_requests_running{engine="0",model_name="sim-model"} 0.0' in raw


# Slots and time


def test_requests_beyond_the_slots_wait_in_order_of_arrival(ask: Asking) -> None:
    ask.server.configure(slots=2, faults=[FaultRule(fault="hold")])
    with ThreadPoolExecutor(5) as pool:
        answers_to_come = []
        for number in range(5):
            answers_to_come.append(pool.submit(ask.text, writing(f"s{number}")))
            ask.server.wait_for(number + 1, "arrived")
        metrics = ask.server.metrics()
        for number in range(5):
            ask.server.wait_for(number + 1, "started")
            ask.server.release()
        assert all(answer.result() for answer in answers_to_come)
    calls = ask.server.calls()
    assert metrics["vllm:num_requests_running"] == 2
    assert metrics["vllm:num_requests_waiting"] == 3
    assert metrics["vllm:kv_cache_usage_perc"] > 0
    starts = [call.span[0] for call in calls]
    assert starts == sorted(starts)


def test_no_more_requests_run_at_once_than_there_are_slots(ask: Asking) -> None:
    ask.server.configure(slots=3, decode_ms_per_token=0.05)
    with ThreadPoolExecutor(9) as pool:
        list(pool.map(ask.text, [writing(f"s{n}") for n in range(9)]))
    spans = [call.span for call in ask.server.calls(status=200)]
    running = [sum(start <= other < end for start, end in spans) for other, _ in spans]
    assert max(running) <= 3


def test_service_time_is_prefill_of_what_is_not_cached_and_decoding(ask: Asking) -> None:
    ask.server.configure(prefill_ms_per_token=0.01, decode_ms_per_token=0.02)
    for _ in range(2):
        ask.text(writing(), brief="long " * 200)
    for call in ask.server.calls():
        computed = call.prompt_tokens - call.cached_tokens
        expected = computed * 0.01e-3 + call.completion_tokens * 0.02e-3
        assert call.service_s == pytest.approx(expected)
        start, end = call.span
        assert end - start >= call.service_s


def test_a_client_that_goes_away_frees_its_slot(ask: Asking) -> None:
    ask.server.configure(slots=1, faults=[FaultRule(fault="hold", match=Match(section="s1"))])
    body = json.dumps(ask.body(writing("s1")))
    raw = socket.create_connection(("127.0.0.1", ask.server.port))
    raw.sendall(
        f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    ask.server.wait_for(1, "started")
    raw.close()
    assert ask.text(writing("s2"))
    gone, _ = ask.server.calls()
    assert gone.status == 499
    assert ask.server.metrics()["vllm:num_requests_running"] == 0


# The log


def test_the_log_tells_role_schema_section_and_answer_of_each_call(ask: Asking) -> None:
    ask.text(writing("s3"), max_tokens=20, seed=5)
    ask.form(schemas.Delta, "Section: s4\n<draft>\nA text.\n</draft>")
    prose, delta = ask.server.calls()
    assert (prose.role, prose.schema_name, prose.section) == ("writer", None, "s3")
    assert (prose.max_tokens, prose.seed, prose.finish_reason) == (20, 5, "length")
    assert (delta.role, delta.schema_name, delta.section) == ("archivist", "Delta", "s4")
    assert prose.messages == ask.body(writing("s3"))["messages"]
    start, end = prose.span
    assert prose.arrival <= start <= end
    assert ask.server.calls(role="writer") == [prose]


def test_the_log_can_do_without_messages(ask: Asking) -> None:
    ask.server.configure(log_messages=False)
    ask.text(writing())
    assert ask.server.calls()[0].messages == []


def test_the_log_shows_the_key_that_was_presented(ask: Asking, client: httpx.Client) -> None:
    client.post(
        f"{ask.server.base}/chat/completions",
        json=ask.body(writing()),
        headers={"Authorization": "Bearer sk-mine"},
    )
    assert ask.server.calls()[0].api_key == "sk-mine"


def test_finished_calls_are_written_to_the_log_file(client: httpx.Client, tmp_path: Path) -> None:
    log, config = tmp_path / "calls.jsonl", tmp_path / "config.json"
    config.write_text('{"models": ["mine"]}')
    command = [sys.executable, "-m", "tests.simserver", "--log", str(log), "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        base = process.stdout.readline().split()[-1]
        body = {"model": "mine", "messages": [{"role": "user", "content": "Length: 20"}]}
        answer = client.post(f"{base}/v1/chat/completions", json=body).json()
        process.terminate()
    (line,) = log.read_text().splitlines()
    assert json.loads(line)["answer"] == answer["choices"][0]["message"]["content"]


# Faults


@pytest.mark.parametrize("status", [500, 503, 429, 401, 400])
def test_a_status_fault_arrives_as_that_status(ask: Asking, status: int) -> None:
    ask.server.configure(faults=[{"fault": str(status), "retry_after_s": 3}])
    refused = ask.post(writing())
    assert refused.status_code == status
    assert refused.headers.get("retry-after") == ("3" if status == 429 else None)
    (call,) = ask.server.calls()
    assert (call.status, call.fault) == (status, str(status))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", ["drop", "drop_before", "garbage"])
def test_a_broken_connection_reaches_the_client_as_such(
    ask: Asking, fault: str, stream: bool
) -> None:
    ask.server.configure(faults=[{"fault": fault}])
    with pytest.raises(httpx.RemoteProtocolError):
        ask.post(writing(), stream=stream)
    assert ask.server.calls()[0].status == 499


def test_a_dropped_stream_has_sent_a_part_of_the_answer(ask: Asking, client: httpx.Client) -> None:
    ask.server.configure(faults=[{"fault": "drop"}])
    body = ask.body(writing(), stream=True)
    url = f"{ask.server.base}/chat/completions"
    received: list[bytes] = []
    with pytest.raises(httpx.RemoteProtocolError), client.stream("POST", url, json=body) as answer:
        received.extend(answer.iter_raw())
    assert b'"content"' in received[-1]
    assert b"[DONE]" not in received[-1]


def test_a_hanging_request_is_never_answered(ask: Asking) -> None:
    ask.server.configure(faults=[{"fault": "hang", "match": {"section": "s1"}}])
    body = json.dumps(ask.body(writing("s1")))
    raw = socket.create_connection(("127.0.0.1", ask.server.port))
    raw.sendall(
        f"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    ask.server.wait_for(1, "arrived")
    ask.text(writing("s2"))
    hung = ask.server.calls(section="s1")[0]
    assert (hung.status, hung.end) == (0, None)
    assert select.select([raw], [], [], 0)[0] == []
    raw.close()
    ask.server.wait_for(2)
    assert ask.server.calls(section="s1")[0].status == 499


def test_a_slow_answer_is_the_usual_one(ask: Asking) -> None:
    usual = ask.text(writing())
    ask.server.configure(faults=[{"fault": "slow", "delay_s": 0.01}])
    assert ask.text(writing()) == usual


@pytest.mark.parametrize("reason", ["stop", "length"])
def test_a_truncated_answer_says_why_it_ends(ask: Asking, reason: str) -> None:
    ask.server.configure(faults=[{"fault": "truncate", "finish_reason": reason}])
    answer = ask.answer("Sections: 3", response_format=asked_form(schemas.Sections))
    assert answer["choices"][0]["finish_reason"] == reason
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer["choices"][0]["message"]["content"])


def spoilt(ask: Asking, fault: str, user: str, form: type[BaseModel] | None = None) -> str:
    ask.server.configure(faults=[{"fault": fault}])
    return ask.text(user, **({"response_format": asked_form(form)} if form else {}))


@pytest.mark.parametrize("fault", ["no_json", "cut_json", "empty", "refusal"])
def test_an_answer_without_usable_json_cannot_be_parsed(ask: Asking, fault: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(spoilt(ask, fault, "Sections: 3", schemas.Sections))


def test_wrong_keys_are_json_but_not_the_form(ask: Asking) -> None:
    text = spoilt(ask, "wrong_keys", "Sections: 3", schemas.Sections)
    assert isinstance(json.loads(text), dict)
    with pytest.raises(ValidationError):
        schemas.Sections.model_validate_json(text)


@pytest.mark.parametrize("fault", ["fences", "think", "prose_around"])
def test_the_right_answer_stands_within_what_surrounds_it(ask: Asking, fault: str) -> None:
    usual = ask.text("Sections: 3", response_format=asked_form(schemas.Sections))
    text = spoilt(ask, fault, "Sections: 3", schemas.Sections)
    assert usual in text
    assert len(text) > len(usual)


def test_an_oversized_answer_is_far_beyond_its_bounds(ask: Asking) -> None:
    found = json.loads(spoilt(ask, "oversized", "Sections: 3", schemas.Sections))["sections"]
    assert len(found) > 24
    assert max(len(section["purpose"]) for section in found) > 300


def test_oversized_prose_is_several_times_too_long(ask: Asking) -> None:
    assert count_words(spoilt(ask, "oversized", writing(words=50))) > 200


def test_a_wrong_language_is_another_language(ask: Asking) -> None:
    text = spoilt(ask, "wrong_language", writing())
    assert sum("\u4e00" <= char <= "\u9fff" for char in text) > len(text) / 2


def test_a_refusal_is_one_in_words(ask: Asking) -> None:
    assert spoilt(ask, "refusal", writing()) == "I'm sorry, but I can't help with that."


def test_a_loop_says_the_same_over_and_over(ask: Asking) -> None:
    text = spoilt(ask, "loop", writing(words=100))
    assert text.count(text[:60]) > 20


def test_a_fault_strikes_only_what_it_is_matched_to(ask: Asking) -> None:
    match = {"role": "archivist", "schema": "Delta", "section": "s2", "contains": "the river"}
    ask.server.configure(faults=[{"fault": "500", "match": match}])
    delta = asked_form(schemas.Delta)

    def status(user: str, **more: Any) -> int:
        return ask.post(user, **more).status_code

    draft = "Section: s2\n<draft>\nHe saw the river.\n</draft>"
    assert status(draft, response_format=delta) == 500
    assert status(draft) == 200
    assert status(draft.replace("s2", "s3"), response_format=delta) == 200
    assert status(draft.replace("river", "sea"), brief="A.", response_format=delta) == 200


def test_a_fault_can_strike_the_first_times_only(ask: Asking) -> None:
    ask.server.configure(faults=[{"fault": "503", "times": 2}])
    assert [ask.post(writing()).status_code for _ in range(4)] == [503, 503, 200, 200]


def test_a_fault_can_strike_each_request_once(ask: Asking) -> None:
    ask.server.configure(faults=[{"fault": "503", "times_each": 1}])
    statuses = [ask.post(writing(f"s{n // 2}")).status_code for n in range(4)]
    assert statuses == [503, 200, 503, 200]


def test_a_fault_can_strike_the_nth_request(ask: Asking) -> None:
    ask.server.configure(faults=[{"fault": "500", "match": {"nth": [2, 4]}}])
    statuses = [ask.post(writing()).status_code for _ in range(5)]
    assert statuses == [200, 500, 200, 500, 200]


def test_the_first_of_several_faults_strikes(ask: Asking) -> None:
    rules = [{"fault": "500", "times": 1}, {"fault": "503", "times": 1}]
    ask.server.configure(faults=rules)
    assert [ask.post(writing()).status_code for _ in range(3)] == [500, 503, 200]


def test_the_luck_of_a_fault_depends_on_the_messages_alone(ask: Asking) -> None:
    ask.server.configure(faults=[{"fault": "500", "match": {"probability": 0.5}}])
    first, second = ([ask.post(writing(f"s{n}")).status_code for n in range(20)] for _ in range(2))
    assert first == second
    assert set(first) == {200, 500}


def test_embeddings_can_fail_too(ask: Asking, client: httpx.Client) -> None:
    ask.server.configure(faults=[{"fault": "503", "match": {"role": "embedder"}, "times": 1}])
    body = {"model": "sim-embedding", "input": "a text"}
    statuses = [client.post(f"{ask.server.base}/embeddings", json=body).status_code for _ in "ab"]
    assert statuses == [503, 200]
    assert ask.server.calls(kind="embeddings")[0].inputs == ["a text"]


# Embeddings


def embedded(server: SimServer, client: httpx.Client, *texts: str, **more: Any) -> list[Any]:
    body = {"model": "sim-embedding", "input": list(texts)} | more
    answer = client.post(f"{server.base}/embeddings", json=body).json()
    return [item["embedding"] for item in answer["data"]]


def likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    "texts",
    [
        (
            "Mara keeps the old lighthouse.",
            "The lighthouse is kept by Mara.",
            "Inflation rose in March.",
        ),
        ("林月看守旧灯塔。", "旧灯塔由林月看守。", "三月份通货膨胀上升。"),
    ],
)
def test_texts_that_share_words_are_near(
    server: SimServer, client: httpx.Client, texts: tuple[str, ...]
) -> None:
    one, like, unlike = embedded(server, client, *texts)
    assert likeness(one, like) > 0.5
    assert likeness(one, unlike) < 0.2
    assert likeness(one, one) == pytest.approx(1)


def test_embeddings_have_the_dimensions_configured(server: SimServer, client: httpx.Client) -> None:
    server.configure(embedding_dims=384)
    assert len(embedded(server, client, "a text")[0]) == 384


def test_embeddings_come_as_base64_on_request(server: SimServer, client: httpx.Client) -> None:
    (floats,) = embedded(server, client, "a text")
    (coded,) = embedded(server, client, "a text", encoding_format="base64")
    assert struct.unpack("<128f", base64.b64decode(coded)) == pytest.approx(floats)


# Forms


MATERIAL = """Section: s2
Sections: 3
Chapters: 2
Words: 600
Cut about 10 words
<sections>
- s1: One — first
- s2: Two — second
</sections>
<entries>
- [e1] Mara (the pilot) | eye colour: green.
</entries>
<changed>
- [e1] Mara (the pilot) | eye colour: green.
</changed>
<constraints>
- [c1] Must mention "the river".
</constraints>
<findings>
- [c1] "": Must mention "the river".
</findings>
<sentences>
[1] (8 words) The eye colour of Mara is blue.
[2] (6 words) The ferry left in the morning.
</sentences>
<draft>
The ferry left in the morning. The eye colour of Mara is blue.
</draft>"""


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_form_is_answered_in_form(ask: Asking, form: type[BaseModel]) -> None:
    assert ask.form(form, MATERIAL)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_form_is_answered_even_without_material(ask: Asking, form: type[BaseModel]) -> None:
    assert ask.form(form, "Do your task.")


def test_a_form_that_nobody_knows_is_filled_all_the_same(ask: Asking) -> None:
    class Inner(BaseModel):
        name: str
        size: int

    class Unheard(BaseModel):
        flag: bool
        inner: Inner
        several: list[Inner]
        maybe: str | None

    assert ask.form(Unheard, "Do your task.")


def test_an_answer_keeps_to_bounds_that_it_would_exceed(ask: Asking) -> None:
    assert len(ask.form(schemas.Sections, "Sections: 40\nWords: 4000").sections) == 24


# The planner


def test_a_plan_has_the_sections_and_words_asked_for(ask: Asking) -> None:
    planned = ask.form(schemas.Sections, "Sections: 7\nWords: 1000").sections
    assert len(planned) == len({s.title for s in planned}) == len({s.purpose for s in planned}) == 7
    assert sum(section.words for section in planned) == 1000


def test_listed_sections_are_filled_in_with_titles_as_they_stand(ask: Asking) -> None:
    listed = "<sections>\n- s4: Dawn\n- s5: The Long Way\n</sections>"
    planned = ask.form(schemas.Sections, listed).sections
    assert [section.title for section in planned] == ["Dawn", "The Long Way"]
    assert all(section.purpose for section in planned)


def test_chapters_share_the_sections_asked_for(ask: Asking) -> None:
    planned = ask.form(schemas.Chapters, "Chapters: 3\nSections: 10\nWords: 9000").chapters
    assert sum(chapter.sections for chapter in planned) == 10
    assert len({chapter.title for chapter in planned}) == 3


def test_planned_sections_name_the_subjects_of_their_facts(ask: Asking) -> None:
    ask.server.configure(facts=[MARA])
    planned = ask.form(schemas.Sections, "Sections: 2\nWords: 300").sections
    assert [section.subjects[0] == "Mara" for section in planned] == [True, False]


def test_the_cast_appears_in_the_sections(ask: Asking) -> None:
    names = {entry.subject for entry in ask.form(schemas.Cast, "<sections>\n</sections>").entries}
    planned = ask.form(schemas.Sections, "Sections: 3\nWords: 300").sections
    assert all(set(section.subjects) <= names for section in planned)


def test_a_plan_fault_is_found_until_its_purpose_is_replaced(ask: Asking) -> None:
    ask.server.configure(plan_faults=["s2"])
    listed = "<sections>\n- s1: One — first\n- s2: Two — {}\n</sections>"
    (fault,) = ask.form(schemas.PlanReview, listed.format("second")).faults
    assert fault.section == "s2"
    assert not ask.form(schemas.PlanReview, listed.format(fault.purpose)).faults


REQUEST = """Write a novel of about 9,000 words in 12 episodes numbered 1 to 12.
- Section 3 must mention "a brass key".
- Every section must have between 100 and 200 words.
- Sections 4 to 6 must not mention "rain".
- The tone must stay calm.
- I like tea."""


def test_requirements_are_read_from_the_sentences_of_a_request(ask: Asking) -> None:
    found = ask.form(schemas.Requirements, "Read the request.", brief=f"Request: {REQUEST}")
    assert (found.kind, found.fiction, found.words) == ("novel", True, 9000)
    assert (found.units, found.unit_title) == (12, "Episode {n}")
    key, length, rain, tone = found.requirements
    assert (key.kind, key.phrases, key.scope, key.first) == (
        "must_contain",
        ["a brass key"],
        "once",
        3,
    )
    assert (length.kind, length.min_words, length.max_words, length.scope) == (
        "length",
        100,
        200,
        "all",
    )
    assert (rain.kind, rain.phrases) == ("must_not_contain", ["rain"])
    assert (rain.scope, rain.first, rain.last) == ("range", 4, 6)
    assert (tone.kind, tone.scope) == ("judged", "whole")
    assert all(requirement.quote in REQUEST for requirement in found.requirements)


def test_the_heading_of_a_series_follows_the_example_in_the_request(ask: Asking) -> None:
    request = "请写一部小说，共12个章节，编号从1到12。每个章节以“#*# 章节 1：”这样的标题开头。"
    found = ask.form(schemas.Requirements, "Read.", brief=f"Request: {request}")
    assert (found.units, found.unit_title) == (12, "#*# 章节 {n}：")


def test_instructions_are_copied_word_for_word(ask: Asking) -> None:
    part = "The sea was calm. You must write in the past tense. 请用中文写。 Gulls cried."
    quotes = ask.form(schemas.Instructions, f"<request>\n{part}\n</request>").quotes
    assert quotes == ["You must write in the past tense.", "请用中文写。"]


# The writer


@pytest.mark.parametrize("words", [30, 61, 150, 700])
@pytest.mark.parametrize("brief", [BRIEF, "写一篇关于渡口的短篇小说。"])
def test_prose_has_as_many_words_as_asked_for(ask: Asking, words: int, brief: str) -> None:
    assert count_words(ask.text(writing(words=words), brief=brief)) == words


def test_the_length_factor_and_error_change_the_length(ask: Asking) -> None:
    ask.server.configure(length_factor=0.5)
    assert count_words(ask.text(writing(words=200))) == 100
    ask.server.configure(length_factor=1, length_error=0.6)
    lengths = [count_words(ask.text(writing(f"s{n}", words=200))) for n in range(20)]
    assert all(80 <= length <= 320 for length in lengths)
    assert len(set(lengths)) > 10


def test_prose_mentions_its_subjects_and_repeats_no_sentence(ask: Asking) -> None:
    text = ask.text(writing(words=600, more="Subjects: Mara, Old Tom"))
    found = sentences(text)
    assert "Mara" in text
    assert "Old Tom" in text
    assert len(set(found)) == len(found)


def test_prose_meets_the_phrases_of_its_requirements(ask: Asking) -> None:
    wanted = 'Requirements:\n- [c1] must mention "a brass key"\n- [c2] must not mention "rain"'
    text = ask.text(writing(more=wanted))
    assert "a brass key" in text
    assert "rain" not in text


def test_a_forgetful_writer_breaks_them(ask: Asking) -> None:
    ask.server.configure(forget_probability=1)
    wanted = 'Requirements:\n- [c1] must mention "a brass key"\n- [c2] must not mention "rain"'
    text = ask.text(writing(more=wanted))
    assert "a brass key" not in text
    assert "rain" in text


def test_a_continuation_brings_the_words_and_phrases_that_are_missing(ask: Asking) -> None:
    order = 'Section: s1\nRequirements:\n- [c1] must mention "a brass key"'
    text = ask.text(f"{order}\n<sofar>\nThe ferry left.\n</sofar>\nWrite about 80 more words")
    assert count_words(text) == 80
    assert "a brass key" in text
    there = "Someone said a brass key."
    assert "brass" not in ask.text(
        f"{order}\n<sofar>\n{there}\n</sofar>\nWrite about 80 more words"
    )


def test_a_looping_writer_is_cured_by_another_seed(ask: Asking) -> None:
    ask.server.configure(loop_probability=0.5)
    found = [sentences(ask.text(writing(), seed=seed)) for seed in range(12)]
    loops = [len(set(text)) < len(text) for text in found]
    assert any(loops)
    assert not all(loops)


def test_a_repetitive_writer_says_sentences_again(ask: Asking) -> None:
    ask.server.configure(repeat_probability=0.5)
    found = sentences(ask.text(writing(words=400)))
    assert len(set(found)) < len(found)


def test_the_language_of_the_brief_outweighs_that_of_its_words(ask: Asking) -> None:
    text = ask.text(writing(), brief="Language: zh\nRequest: Write a story.")
    assert "的" in text


# Planted facts


def test_a_section_states_its_facts(ask: Asking) -> None:
    ask.server.configure(facts=[MARA], distractors=2)
    stated = list(find(ask.text(writing("s1"))))
    assert len(stated) == 3
    assert ("Mara", "eye colour", "green") in [(s.subject, s.attribute, s.value) for s in stated]
    assert "Mara" not in ask.text(writing("s2"))


def test_distractors_stay_when_a_section_is_written_again(ask: Asking) -> None:
    ask.server.configure(distractors=3)
    first, second = ({s.quote for s in find(ask.text(writing("s1"), seed=seed))} for seed in (1, 2))
    assert first == second


@pytest.mark.parametrize(
    ("shown", "value"),
    [
        ("<memory>\n- [e1] Mara (the pilot) | eye colour: green.\n</memory>", "green"),
        ("<memory>\n- [e1] Mara: The eye colour of Mara is grey.\n</memory>", "grey"),
        ("<before>\nThe eye colour of the pilot is hazel.\n</before>", "hazel"),
        ("<memory>\n- [e1] Old Tom | eye colour: blue.\n</memory>", "wrong"),
        ("", "wrong"),
    ],
)
def test_a_needed_fact_is_right_only_if_the_prompt_shows_it(
    ask: Asking, shown: str, value: str
) -> None:
    subject = "the pilot" if "pilot" in shown else "Mara"
    need = Need(section="s5", subject=subject, attribute="eye colour", wrong="wrong")
    ask.server.configure(needs=[need])
    (stated,) = find(ask.text(f"{shown}\n{writing('s5')}"))
    assert (stated.subject, stated.value) == (subject, value)


def test_entries_count_before_older_passages(ask: Asking) -> None:
    ask.server.configure(needs=[Need(section="s5", subject="Mara", attribute="eye colour")])
    shown = "<memory>\n- [e1] Mara | eye colour: grey.\nThe eye colour of Mara is green.\n</memory>"
    (stated,) = find(ask.text(f"{shown}\n{writing('s5')}"))
    assert stated.value == "grey"


def test_facts_can_be_of_one_work_only(ask: Asking) -> None:
    ask.server.configure(facts=[MARA.model_copy(update={"brief": "the ferry"})])
    assert "Mara" in ask.text(writing(), brief="A story about the ferry.")
    assert "Mara" not in ask.text(writing(), brief="A story about the bridge.")


def test_facts_are_stated_in_chinese_too(ask: Asking) -> None:
    fact = Fact(section="s1", subject="林月", attribute="职业", value="修钟人")
    ask.server.configure(facts=[fact])
    (stated,) = find(ask.text(writing(), brief="写一篇短篇小说。"))
    assert (stated.subject, stated.attribute, stated.value) == ("林月", "职业", "修钟人")


# The archivist

DRAFT = "The ferry left. The eye colour of Mara is green. The trade of Tom is fishing."


def remembering(draft: str = DRAFT, entries: str = "") -> str:
    return f"Section: s1\n<entries>\n{entries}\n</entries>\n<draft>\n{draft}\n</draft>"


def test_facts_are_remembered_with_the_words_that_state_them(ask: Asking) -> None:
    ask.server.configure(facts=[MARA])
    delta = ask.form(schemas.Delta, remembering())
    assert [(i.action, i.subject, i.attribute, i.statement) for i in delta.items] == [
        ("add", "Mara", "eye colour", "green."),
        ("add", "Tom", "trade", "fishing."),
    ]
    assert delta.items[0].aliases == ["the pilot"]
    assert all(item.quote in DRAFT for item in delta.items)
    assert "The ferry left." in delta.summary


def test_old_entries_are_kept_changed_or_retracted(ask: Asking) -> None:
    old = (
        "- [e1] Mara (the pilot) | eye colour: green.\n"
        "- [e2] Tom | trade: baking.\n"
        "- [e3] Ann | age: forty.\n"
        "- [e4] events: The ferry left."
    )
    items = ask.form(schemas.Delta, remembering(entries=old)).items
    assert {i.id: i.action for i in items} == {
        "e1": "keep",
        "e2": "change",
        "e3": "retract",
        "e4": "keep",
    }


def test_an_archivist_can_miss_and_invent(ask: Asking) -> None:
    ask.server.configure(archivist_miss=1, archivist_false=1)
    (item,) = ask.form(schemas.Delta, remembering()).items
    assert item.quote not in DRAFT or item.subject not in DRAFT


def test_an_archivist_can_remember_events(ask: Asking) -> None:
    ask.server.configure(archivist_events=1, summary_facts=1)
    delta = ask.form(schemas.Delta, remembering())
    assert delta.items[-1].kind == "event"
    assert delta.items[-1].quote == "The ferry left."
    assert "green" in delta.summary


# The reviewer


def checking(*constraints: str, draft: str = DRAFT) -> str:
    listed = "\n".join(f"- [c{n}] {text}" for n, text in enumerate(constraints, 1))
    return f"Section: s1\n<constraints>\n{listed}\n</constraints>\n<draft>\n{draft}\n</draft>"


def broken(ask: Asking, *constraints: str, draft: str = DRAFT) -> dict[str, str]:
    verdicts = ask.form(schemas.Verdicts, checking(*constraints, draft=draft)).verdicts
    assert [v.constraint for v in verdicts] == [f"c{n + 1}" for n in range(len(constraints))]
    return {v.constraint: v.quote for v in verdicts if v.broken}


def test_phrases_are_judged_by_the_draft(ask: Asking) -> None:
    found = broken(
        ask,
        'must mention "ferry"',
        'must mention "a brass key"',
        'must not mention "fishing"',
        'must not mention "rain"',
        "must be kind",
    )
    assert found == {"c2": "", "c3": "The trade of Tom is fishing."}


def test_a_planted_failure_holds_until_the_draft_says_otherwise(ask: Asking) -> None:
    ask.server.configure(judge_fails=[JudgeFail(constraint="c1", section="s1")])
    (quote,) = broken(ask, "must be kind").values()
    assert quote in DRAFT
    assert not broken(ask, "must be kind", draft=f"{DRAFT} Be kind, as required by c1.")


def test_a_judge_can_miss_err_and_invent(ask: Asking) -> None:
    ask.server.configure(judge_miss=1)
    assert not broken(ask, 'must mention "a brass key"')
    ask.server.configure(judge_miss=0, judge_false=1)
    assert broken(ask, "must be kind")["c1"] in DRAFT
    ask.server.configure(judge_invents=1)
    assert broken(ask, "must be kind")["c1"] not in DRAFT


def test_contradictions_are_found_by_name_and_alias(ask: Asking) -> None:
    changed = (
        "- [e1] Maria (Mara) | eye colour: blue.\n- [e2] Tom | trade: fishing.\n"
        "- [e3] Ann | age: forty."
    )
    user = f"Section: s1\n<changed>\n{changed}\n</changed>\n<draft>\n{DRAFT}\n</draft>"
    (found,) = ask.form(schemas.Contradictions, user).contradictions
    assert (found.entry, found.quote) == ("e1", "The eye colour of Mara is green.")
    ask.server.configure(judge_miss=1)
    assert not ask.form(schemas.Contradictions, user).contradictions


# The editor


def patched(ask: Asking, findings: str, entries: str = "", draft: str = DRAFT) -> str:
    """Return ``draft`` with the editor's edits made."""
    text = dict(enumerate(sentences(draft), 1))
    listed = "\n".join(f"[{n}] {sentence}" for n, sentence in text.items())
    user = (
        f"Section: s1\n<findings>\n{findings}\n</findings>\n<entries>\n{entries}\n</entries>\n"
        f"<sentences>\n{listed}\n</sentences>"
    )
    for edit in ask.form(schemas.Edits, user).edits:
        assert edit.first == edit.last
        text[edit.first] = edit.text
    return " ".join(text.values())


def test_a_contradiction_gets_the_value_of_its_entry(ask: Asking) -> None:
    entry = "- [e1] Mara | eye colour: dark blue."
    text = patched(ask, f'- [e1] "The eye colour of Mara is green.": {entry}', entry)
    assert text == DRAFT.replace("green", "dark blue")


@pytest.mark.parametrize("quote", ["", 'must mention "a brass key" (missing: a brass key)'])
def test_a_missing_phrase_is_added(ask: Asking, quote: str) -> None:
    text = patched(ask, f'- [c2] "{quote}": must mention "a brass key"')
    assert text.startswith(DRAFT)
    assert "a brass key" in text


@pytest.mark.parametrize("told", ['must not mention "fishing"', "Do not mention what Tom does."])
def test_a_forbidden_phrase_is_taken_out(ask: Asking, told: str) -> None:
    text = patched(ask, f'- [c2] "fishing": {told}')
    assert "fishing" not in text
    assert "Mara is green" in text


def test_a_judged_finding_is_mended_so_that_the_judge_passes_it(ask: Asking) -> None:
    ask.server.configure(judge_fails=[JudgeFail(constraint="c1")])
    quote = broken(ask, "must be kind")["c1"]
    text = patched(ask, f'- [c1] "{quote}": must be kind')
    assert not broken(ask, "must be kind", draft=text)


def test_an_editor_can_ignore_findings(ask: Asking) -> None:
    ask.server.configure(editor_ignores=1)
    assert patched(ask, '- [c2] "": must mention "a brass key"') == DRAFT


def test_an_oscillating_editor_mends_one_thing_and_undoes_another(ask: Asking) -> None:
    ask.server.configure(editor_oscillates=True)
    key, lamp = ('- [c1] "": must mention "a key"', '- [c2] "": must mention "a lamp"')
    once = patched(ask, f"{key}\n{lamp}")
    twice = patched(ask, lamp, draft=once)
    assert ("a key" in once, "a lamp" in once) == (True, False)
    assert ("a key" in twice, "a lamp" in twice) == (False, True)


def test_cuts_reach_the_words_asked_for_from_the_middle(ask: Asking) -> None:
    listed = "\n".join(f"[{n}] (10 words) Sentence {n}." for n in range(1, 8))
    user = f"Section: s1\nCut about 25 words\n<sentences>\n{listed}\n</sentences>"
    assert ask.form(schemas.Cuts, user).sentences == [4, 3, 5]


# Reading prompts


def test_quotation_marks_of_every_kind_hold_phrases() -> None:
    assert quoted("say \"a b\", “c”, 'd e', 「f」 but not the captain's boat or Tom's") == [
        "a b", "c", "d e", "f",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["must not say", "Never say", "不得提到", "avoid it"])
def test_prohibitions_are_recognised(text: str) -> None:
    assert forbids(text)
    assert not forbids("it does not mention the river, but must")


# The process


def test_an_unknown_setting_is_refused(server: SimServer) -> None:
    with pytest.raises(ValueError, match="slotts"):
        server.configure(slotts=3)


def test_settings_that_are_not_changed_stay(server: SimServer) -> None:
    server.configure(slots=3)
    assert server.configure(salt="x").slots == 3
    server.restore()
    assert server.configure() == SimConfig()


def test_a_killed_server_breaks_off_and_comes_back_at_its_address(client: httpx.Client) -> None:
    with SimServer({"faults": [{"fault": "hold"}]}) as server:
        with ThreadPoolExecutor(1) as pool:
            held = pool.submit(Asking(server, client).text, writing())
            server.wait_for(1, "started")
            server.kill()
            with pytest.raises(httpx.TransportError):
                held.result()
        address = server.base
        server.start()
        assert server.base == address
        assert server.calls() == []


def test_the_server_dies_with_its_parent() -> None:
    script = (
        "import sys; from tests.simserver.process import SimServer\n"
        "print(SimServer().start().pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    with parent:
        assert parent.stdout
        handle = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        ended, _, _ = select.select([handle], [], [], 10)
        os.close(handle)
    assert ended
