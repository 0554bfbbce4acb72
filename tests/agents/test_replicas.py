"""Replicas: a work stays where its prefixes are, moves when that one dies, and spills over."""

from contextlib import ExitStack

from inkwright.agents.llm.load_balancer import COOLDOWN_S, LoadBalancer

BASES = ("http://a", "http://b")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_work_stays_with_its_replica_and_works_are_spread():
    replicas = LoadBalancer(8)
    homes = {work: replicas.choose(BASES, work) for work in ("one", "two", "three", "four")}
    assert sorted(homes.values()) == ["http://a", "http://a", "http://b", "http://b"]
    for work, home in homes.items():
        assert {replicas.choose(BASES, work) for _ in range(5)} == {home}


def test_what_goes_beyond_a_replicas_share_spills_over():
    replicas = LoadBalancer(4)
    home = replicas.choose(BASES, "one")
    with ExitStack() as calls:
        for _ in range(2):
            calls.enter_context(replicas.track_call(home))
        assert replicas.choose(BASES, "one") != home
    assert replicas.choose(BASES, "one") == home


def test_a_work_moves_when_its_replica_dies_and_stays_where_it_went():
    clock = Clock()
    replicas = LoadBalancer(8, clock)
    home = replicas.choose(BASES, "one")
    replicas.mark_failed(home)
    other = replicas.choose(BASES, "one", {home})
    assert other != home
    clock.now += COOLDOWN_S
    assert replicas.choose(BASES, "one") == other


def test_a_dead_replica_is_asked_when_no_other_is_left():
    replicas = LoadBalancer(8)
    for base in BASES:
        replicas.mark_failed(base)
    assert replicas.choose(BASES, "one") in BASES
    assert replicas.choose(("http://a",), "one") == "http://a"


def test_calls_that_belong_to_no_work_take_turns():
    replicas = LoadBalancer(8)
    assert {replicas.choose(BASES, "") for _ in range(2)} == set(BASES)
