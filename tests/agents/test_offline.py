import os
import subprocess
import sys

from inkwright.agents.llm.offline import OFFLINE, stay_offline

NO_WAY_OUT = """
import socket, sys

def refuse(*where, **how):
    print("tried to reach", where, file=sys.stderr)
    sys.stderr.flush()
    __import__("os")._exit(9)

socket.getaddrinfo = socket.create_connection = refuse
socket.socket.connect = socket.socket.connect_ex = refuse
from inkwright.agents.llm.offline import stay_offline
stay_offline()
"""


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", NO_WAY_OUT + code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_encodings_load_without_a_network_and_without_litellm(tmp_path):
    code = """
import tiktoken
assert tiktoken.get_encoding("o200k_base").n_vocab > 200_000
assert tiktoken.get_encoding("cl100k_base").n_vocab > 100_000
assert "litellm" not in sys.modules
"""
    done = run(code, TIKTOKEN_CACHE_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr


def test_litellm_imports_without_a_network_and_reads_no_dotenv_of_the_current_folder(tmp_path):
    (tmp_path / ".env").write_text("OPENAI_BASE_URL=http://192.0.2.1\n")
    code = f"""
import os
os.chdir({str(tmp_path)!r})
import litellm, tiktoken
assert litellm.model_cost
assert tiktoken.get_encoding("o200k_base").n_vocab > 200_000
assert "OPENAI_BASE_URL" not in os.environ
"""
    done = run(code, LITELLM_LOCAL_MODEL_COST_MAP="", CUSTOM_TIKTOKEN_CACHE_DIR=str(tmp_path))
    assert done.returncode == 0, done.stderr


def test_tracing_inherited_from_another_project_is_off():
    code = """
from langsmith.utils import tracing_is_enabled
assert not tracing_is_enabled()
"""
    done = run(code, LANGSMITH_TRACING="true", LANGCHAIN_TRACING_V2="true")
    assert done.returncode == 0, done.stderr


def test_staying_offline_twice_changes_nothing(monkeypatch):
    for name in (*OFFLINE, "TIKTOKEN_CACHE_DIR", "CUSTOM_TIKTOKEN_CACHE_DIR"):
        monkeypatch.setenv(name, "")
    stay_offline()
    once = dict(os.environ)
    stay_offline()
    assert dict(os.environ) == once
