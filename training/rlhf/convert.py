"""GGUF to a safetensors model folder, once. The original file is only read.

Weights are kept as bfloat16: four-bit weights hold less than that, and the folder is half the size.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from .failures import ModelMissing
from .models import save_policy


def convert_gguf(gguf: Path, folder: Path) -> Path:
    """Write ``folder`` from ``gguf`` unless a model is there already; returns the folder.

    Atomic: after an interruption the folder is absent, not half there. Raises ModelMissing when there is
    no such file or it cannot be read.
    """
    gguf, folder = Path(gguf), Path(folder)
    if (folder / "config.json").is_file() and any(folder.glob("*.safetensors")):
        return folder
    if not gguf.is_file():
        raise ModelMissing(f"The file {gguf.name} is not there; nothing was converted. Fetch it again.")
    source = {"gguf_file": gguf.name, "local_files_only": True}
    try:
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, **source)
        model = AutoModelForCausalLM.from_pretrained(gguf.parent, dtype=torch.float32, **source)
    except (ValueError, KeyError, IndexError) as error:
        raise ModelMissing(f"The file {gguf.name} is damaged or not GGUF; fetch it again ({error}).") from error
    # What is loaded is dequantized, yet still marked as quantized, and such a model refuses to be saved.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.config._is_quantized = False
    model.hf_quantizer = None
    model.is_quantized = False
    model.generation_config.do_sample = False
    save_policy(model.to(torch.bfloat16), tokenizer, folder)
    return folder


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m training.rlhf.convert FILE.gguf FOLDER")
    convert_gguf(Path(sys.argv[1]), Path(sys.argv[2]))
