"""What is sent, stored and printed is what it was when it was recorded, byte for byte."""

import json
from pathlib import Path

from tests.golden.record import EXPECTED, digests, record
from tests.simserver.process import SimServer


def test_whole_runs_send_store_and_print_what_was_recorded(sim: SimServer, tmp_path: Path):
    recorded = json.loads(EXPECTED.read_text("utf-8"))
    now = digests(record(tmp_path, sim))
    differing = [name for name in sorted(recorded | now) if recorded.get(name) != now.get(name)]
    assert not differing, "compare with `python -m tests.golden.record --out DIR`"
