"""A server with too many requests gets fewer of them at once, and all are written in the end."""

from tests.batch.conftest import results, short


def test_a_server_that_says_429_is_sent_fewer_calls_and_all_is_written(batch, model):
    model.configure(
        faults=[{"fault": "429", "times": 12, "retry_after_s": 0.05, "match": {"role": "writer"}}],
        decode_ms_per_token=0.2,
    )
    done = batch([short(f"h{n}", continuity="free") for n in range(4)], "--concurrency", "8")
    assert done.exit_code == 0, done.output
    assert {r["status"] for r in results().values()} == {"complete"}
    refused = model.calls(status=429)
    assert len(refused) == 12
