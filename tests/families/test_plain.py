"""A server without habits: what all others are measured against."""

from tests.families.fake import FakeServer
from tests.families.whole_run import MARKS, Desk, check_journal, check_text

pytestmark = MARKS


def test_a_piece_is_written_settled_and_exported(desk: Desk) -> None:
    fake = FakeServer()
    desk.connect(fake)
    live, quiet = desk.write_live(), desk.write()
    for run in (live, quiet):
        check_text(run)
        code, output = desk.command("settle", run.work)
        assert code in (0, 4), output
        code, output = desk.command("export", run.work, "--format", "epub")
        assert code == 0, output
    assert live.live
    check_journal(desk, [live, quiet])
