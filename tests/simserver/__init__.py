"""A simulated vLLM server: a real HTTP server with a scripted, deterministic writer inside.

Tests and benchmarks start it through ``tests.simserver.process.SimServer`` and say how it should
behave with ``tests.simserver.config.SimConfig``. A chat request goes through these modules:

    http -> server -> chat -> ask (what is asked?) -> faults (does it fail?) -> script (what is
    answered: prose, planner, archivist, reviewer, editor) -> engine (slots, prefix cache, time)

Answers are a function of the request alone: same messages, seed and sampling, same answer.
"""
