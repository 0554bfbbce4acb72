"""Finding vLLM on this machine, and the command that starts it for this load."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from inkwright.memory.errors import BadInput

SERVER_MODULE = "vllm.entrypoints.openai.api_server"
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
DEFAULT_FLAGS: Mapping[str, str | None] = {
    "--enable-prefix-caching": None,
    "--enable-chunked-prefill": None,
    "--enable-prompt-tokens-details": None,
}
"""What this load wants: prompts that begin alike, long ones beside short answers, and to be told
how much of each prompt was cached. Structured outputs are always on."""
REASONING_PARSERS: Mapping[str, str] = {
    r"qwen-?3|qwq": "qwen3",
    r"deepseek[-_]?r1": "deepseek_r1",
    r"deepseek[-_]?v3": "deepseek_v3",
    r"gpt-oss": "openai_gptoss",
    r"magistral": "mistral",
    r"glm-?(?:4\.[5-9]|5)": "glm45",
    r"seed-oss": "seed_oss",
    r"granite-3": "granite",
    r"hunyuan-a13b": "hunyuan_a13b",
    r"minimax-m": "minimax_m2",
}
"""What takes the thoughts out of a model's answers, by its name: vLLM's ``--reasoning-parser``."""
NOT_FOUND = (
    "vLLM is not installed here. It needs an environment of its own, for its pins clash with the "
    "application's: in a clone `make vllm` makes one; elsewhere `uv venv vllm && uv pip install "
    "--python vllm vllm`, then --python vllm/bin/python"
)
NO_GPU = (
    "this machine has no GPU that vLLM could use: to try Inkwright here, set "
    "INKWRIGHT_MODEL=embedded; to serve on the CPU all the same, slowly, add --cpu"
)


def find_interpreter(python_path: Path | None) -> Path:
    """Return the Python that has vLLM: the one named, this one, or that of ``make vllm``.

    Raises:
        BadInput: none has it.
    """
    if python_path is not None:
        if not python_path.is_file():
            raise BadInput(f"--python {python_path}: no such file")
        return python_path
    if importlib.util.find_spec("vllm") is not None:
        return Path(sys.executable)
    for folder in (Path(sys.prefix).parent, Path(__file__).resolve().parents[2]):
        if (venv_python := folder / OWN_ENVIRONMENT / "bin" / "python").exists():
            return venv_python
    raise BadInput(NOT_FOUND)


def has_gpu() -> bool:
    """True when there is an NVIDIA or AMD GPU that works."""
    if Path("/dev/kfd").exists():
        return True
    try:
        process = subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return process.returncode == 0 and b"GPU" in process.stdout


def build_command(
    python: Path, model: str, flags: Sequence[str], *, host: str, port: int, cpu: bool
) -> list[str]:
    """Return the command that serves ``model``. The caller's ``flags`` come last, and win."""
    own_flags: dict[str, str | None] = {
        **DEFAULT_FLAGS,
        **(CPU_FLAGS if cpu else {}),
        "--max-model-len": _choose_context(model),
    }
    if parser := _find_reasoning_parser(model):
        own_flags["--reasoning-parser"] = parser
    caller_flags = {
        flag.partition("=")[0].replace("_", "-") for flag in flags if flag.startswith("--")
    }
    arguments = [
        str(python),
        "-m",
        SERVER_MODULE,
        "--model",
        model,
        "--host",
        host,
        "--port",
        str(port),
    ]
    for flag, value in own_flags.items():
        if flag not in caller_flags and f"--no-{flag[2:]}" not in caller_flags:
            arguments += [flag] if value is None else [flag, value]
    return [*arguments, *flags]


def build_environment(*, cpu: bool) -> dict[str, str]:
    """Return the environment vLLM is started in: nothing phones home, and none of our settings."""
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("INKWRIGHT_", "PYTHON"))}
    variables |= {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    if cpu:
        variables.setdefault("VLLM_CPU_KVCACHE_SPACE", "2")
    return variables


def find_served_name(model: str, flags: Sequence[str]) -> str:
    """Return the name that the server will go by."""
    for index, flag in enumerate(flags):
        name, equals, value = flag.partition("=")
        if name.replace("_", "-") == "--served-model-name":
            return value if equals else next(iter(flags[index + 1 : index + 2]), model)
    return model


def _find_reasoning_parser(model: str) -> str | None:
    """Return the parser for a model that thinks, by its name; an instruct model does not."""
    if re.search(r"instruct|coder", model, re.IGNORECASE):
        return None
    return next(
        (p for names, p in REASONING_PARSERS.items() if re.search(names, model, re.IGNORECASE)),
        None,
    )


def _choose_context(model: str) -> str:
    """Return the context to serve: enough, and no more than the model has.

    Of a model that is no folder here, as much as fits (``auto``).
    """
    try:
        model_config = json.loads((Path(model) / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return "auto"
    model_context = (
        model_config.get("max_position_embeddings") if isinstance(model_config, dict) else None
    )
    return (
        str(min(model_context, CONTEXT_TOKENS))
        if isinstance(model_context, int) and model_context > 0
        else "auto"
    )
