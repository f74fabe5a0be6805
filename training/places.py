"""Where runs and models lie on disk. Names are made here from primary keys, never taken from a request."""

from pathlib import Path

from django.conf import settings

from training.models import Benchmark, ModelVersion, TrainingRun


def run_folder(run: TrainingRun) -> Path:
    """The run's own folder: config, inputs, log, and `out` with checkpoints and what it made."""
    return Path(settings.RUNS_DIR) / f"run-{run.pk:06d}"


def out_folder(run: TrainingRun) -> Path:
    """What the training process writes to, and resumes from."""
    return run_folder(run) / "out"


def log_file(run: TrainingRun) -> Path:
    """What the training process said on stderr, over all its attempts."""
    return run_folder(run) / "log.txt"


def model_folder(model: ModelVersion) -> Path:
    """The model's files: config, tokenizer, safetensors weights."""
    return Path(settings.VAR_DIR) / model.folder


def benchmarks_folder() -> Path:
    """Where imported benchmarks are kept."""
    return Path(settings.VAR_DIR) / "benchmarks"


def benchmark_path(benchmark: Benchmark) -> Path:
    """The benchmark's canonical JSONL."""
    return benchmarks_folder() / f"{benchmark.sha256}.jsonl"


def relative_to_var(folder: Path) -> str:
    """The path as it is stored in a row, so that the whole of VAR_DIR can be moved. Raises ValueError outside it."""
    return Path(folder).resolve().relative_to(Path(settings.VAR_DIR).resolve()).as_posix()
