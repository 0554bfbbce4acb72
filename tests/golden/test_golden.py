"""What is sent, stored and printed is what it was when it was recorded, byte for byte."""

import hashlib
import json
from pathlib import Path

from inkwright.agents.llm import schemas
from inkwright.agents.llm.parsing import build_json_schema
from tests.golden.record import EXPECTED, digests, record
from tests.simserver.process import SimServer


def test_whole_runs_send_store_and_print_what_was_recorded(sim: SimServer, tmp_path: Path):
    recorded = json.loads(EXPECTED.read_text("utf-8"))
    now = digests(record(tmp_path, sim))
    differing = [name for name in sorted(recorded | now) if recorded.get(name) != now.get(name)]
    assert not differing, "compare with `python -m tests.golden.record --out DIR`"


def test_the_schemas_that_models_are_sent_are_what_they_were():
    recorded = json.loads((EXPECTED.parent / "schemas.json").read_text("utf-8"))
    sent = {
        name: hashlib.sha256(
            json.dumps(build_json_schema(form), sort_keys=True).encode()
        ).hexdigest()
        for name, form in vars(schemas).items()
        if isinstance(form, type)
        and issubclass(form, schemas.ResponseSchema)
        and form is not schemas.ResponseSchema
    }
    assert sent == recorded
