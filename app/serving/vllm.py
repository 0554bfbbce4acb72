"""Finding vLLM on this machine, and the command that starts it for this load."""

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from inkwright.memory.errors import BadInput

SERVER = "vllm.entrypoints.openai.api_server"
OWN_ENVIRONMENT = Path(".venv-vllm")
"""Made by ``make vllm``, beside the application's."""
CONTEXT_TOKENS = 32_768
"""Enough for outline, memory and orders of any work; more only takes room from other calls."""
CPU_FLAGS: Mapping[str, str | None] = {
    "--dtype": "float32",
    "--enforce-eager": None,
    "--block-size": "32",
}
"""On a CPU: bfloat16 is slower there, compiling takes minutes, and its blocks would be of 128."""
FLAGS: Mapping[str, str | None] = {
    "--enable-prefix-caching": None,
    "--enable-chunked-prefill": None,
    "--enable-prompt-tokens-details": None,
}
"""What this load wants: prompts that begin alike, long ones beside short answers, and to be told
how much of each prompt was cached. Structured outputs are always on."""
NOT_FOUND = (
    "vLLM is not installed here: `make vllm` puts it into an environment of its own, for its pins "
    "clash with the application's; or name the Python that has it with --python"
)
NO_GPU = (
    "this machine has no GPU that vLLM could use: to try Inkwright here, set "
    "INKWRIGHT_MODEL=embedded; to serve on the CPU all the same, slowly, add --cpu"
)


def interpreter(named: Path | None) -> Path:
    """Return the Python that has vLLM: the one named, this one, or that of ``make vllm``.

    Raises:
        BadInput: none has it.
    """
    if named is not None:
        if not named.is_file():
            raise BadInput(f"--python {named}: no such file")
        return named
    if importlib.util.find_spec("vllm") is not None:
        return Path(sys.executable)
    for folder in (Path(sys.prefix).parent, Path(__file__).resolve().parents[2]):
        if (found := folder / OWN_ENVIRONMENT / "bin" / "python").exists():
            return found
    raise BadInput(NOT_FOUND)


def has_gpu() -> bool:
    """True when there is an NVIDIA or AMD GPU that works."""
    if Path("/dev/kfd").exists():
        return True
    try:
        asked = subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0 and b"GPU" in asked.stdout


def command(
    python: Path, model: str, flags: Sequence[str], *, host: str, port: int, cpu: bool
) -> list[str]:
    """Return the command that serves ``model``. The caller's ``flags`` come last, and win."""
    ours = {**FLAGS, **(CPU_FLAGS if cpu else {}), "--max-model-len": _context(model)}
    given = {flag.partition("=")[0].replace("_", "-") for flag in flags if flag.startswith("--")}
    found = [str(python), "-m", SERVER, "--model", model, "--host", host, "--port", str(port)]
    for flag, value in ours.items():
        if flag not in given and f"--no-{flag[2:]}" not in given:
            found += [flag] if value is None else [flag, value]
    return [*found, *flags]


def environment(*, cpu: bool) -> dict[str, str]:
    """Return the environment vLLM is started in: nothing phones home, and none of our settings."""
    found = {k: v for k, v in os.environ.items() if not k.startswith(("INKWRIGHT_", "PYTHON"))}
    found |= {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if cpu:
        found.setdefault("VLLM_CPU_KVCACHE_SPACE", "2")
    return found


def served_name(model: str, flags: Sequence[str]) -> str:
    """Return the name that the server will go by."""
    for place, flag in enumerate(flags):
        name, equals, value = flag.partition("=")
        if name.replace("_", "-") == "--served-model-name":
            return value if equals else next(iter(flags[place + 1 : place + 2]), model)
    return model


def _context(model: str) -> str:
    """Return the context to serve: enough, and no more than the model has.

    Of a model that is no folder here, as much as fits (``auto``).
    """
    try:
        told = json.loads((Path(model) / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return "auto"
    own = told.get("max_position_embeddings") if isinstance(told, dict) else None
    return str(min(own, CONTEXT_TOKENS)) if isinstance(own, int) and own > 0 else "auto"
