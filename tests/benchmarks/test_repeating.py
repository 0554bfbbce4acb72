"""What a piece repeats is measured as the whole-piece pass begins, and at its end."""

from benchmarks import repeating


def test_a_writer_that_repeats_itself_is_seen(sim, monkeypatch):
    monkeypatch.setattr(repeating, "CHAPTERS", 1)
    monkeypatch.setattr(repeating, "SECTIONS", 2)
    sim.configure(repeat_probability=0.4)
    before, after = repeating.measure(sim)
    assert before.duplicates > 0.05
    assert after.duplicates <= before.duplicates
