"""Make a folder that vLLM can serve of the packaged GGUF: ``python model.py FILE.gguf FOLDER``.

Run by vLLM's own Python. Its CPU build reads no GGUF.
"""

import sys
import tempfile
from pathlib import Path

from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig


def main(file: Path, folder: Path) -> None:
    """Convert once; what is there already is kept."""
    if folder.exists():
        return
    plain = GgufConfig(gguf_file=file.name, dequantize=True)
    found = {"gguf_file": file.name}
    tokenizer = AutoTokenizer.from_pretrained(file.parent, **found)
    model = AutoModelForCausalLM.from_pretrained(file.parent, quantization_config=plain, **found)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        whole = Path(made) / folder.name
        tokenizer.save_pretrained(whole)
        model.save_pretrained(whole)
        whole.replace(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
