"""Values: a changed copy keeps nothing that followed from what was changed."""

from inkwright.memory.domain.entry import Entry


def test_a_copy_with_another_subject_goes_by_another_name() -> None:
    entry = Entry(id="p.1", subject="Mara", statement="Here.", origin="plan")
    assert entry.names == {"mara"}
    assert "Mara" in entry.line
    renamed = entry.model_copy(update={"subject": "Orla"})
    assert renamed.names == {"orla"}
    assert renamed.topic == ("orla", "")
    assert renamed.line == "- [p.1] Orla: Here."
