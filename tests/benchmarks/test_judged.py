"""What a judge alone can check is counted in the text itself, whatever the judge has said."""

from benchmarks import judged


def test_requirements_are_counted_by_what_the_text_says(sim, monkeypatch):
    monkeypatch.setattr(judged, "SECTIONS", 4)
    sim.configure(forget_probability=0.5)
    full, off = (judged.measure(sim, review) for review in ("full", "off"))
    assert (full.met, full.told_right, full.total) == (12, 12, 12), "by a judge that is never wrong"
    assert off.met < 12
    assert off.judge_calls == 0
