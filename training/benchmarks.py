"""Taking a benchmark in: RewardBench 2's own rows or ours, checked as they stream by, kept whole or not at all."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import transaction

from annotation.canonical import canonical_json
from annotation.errors import FileTooLarge
from annotation.models import Project
from annotation.rows import RowError, RowRefused, numbered, parse_row, printable, row_error
from annotation.set_files import write_lines
from training.models import Benchmark
from training.places import benchmarks_folder
from workforce import auditing
from workforce.errors import AssayError
from workforce.models import Role, User
from workforce.roles import require

ERRORS_KEPT = 100
MOST_ANSWERS = 200
TIES = "ties"


class BenchmarkRefused(AssayError):
    """This file is no benchmark. Nothing of it was kept. Mend the lines that are named and import it again."""

    code = "benchmark_refused"
    status = 422

    def __init__(self, errors: list[RowError], count: int) -> None:
        first = errors[0]
        self.errors, self.count = errors, count
        super().__init__(fields={"file": f"Line {first.line}: {first.message} {count} lines in all were refused."})


class BenchmarkKnown(AssayError):
    """The project has a benchmark of this name or with this content. Nothing was kept. Use it, or choose a name."""

    code = "benchmark_known"
    status = 409


def import_benchmark(*, project: Project, name: str, filename: str, lines: Iterable[bytes], actor: User) -> Benchmark:
    """Keep the lines of a JSONL file as a benchmark. The file is read once; memory holds its ids only.

    Rows are {"id", "subset", "prompt" | "messages", "chosen" | "right", "rejected" | "wrong"}; other keys are left
    out. Raises NotAllowed, FileTooLarge, BenchmarkRefused (with each wrong line), BenchmarkKnown.
    """
    require(user=actor, team=project.team, role=Role.ADMIN)
    subsets: Counter[str] = Counter()
    digest = write_lines(folder=benchmarks_folder(), lines=_canonical(lines, subsets))
    called = printable(name).strip()[:120] or printable(filename)[:120] or "Benchmark"
    with transaction.atomic():
        Project.objects.select_for_update().get(pk=project.pk)  # two at once would both find the name free
        known = Benchmark.objects.filter(project=project)
        if known.filter(name=called).exists() or known.filter(sha256=digest).exists():
            raise BenchmarkKnown
        benchmark = Benchmark.objects.create(
            project=project,
            name=called,
            filename=printable(filename)[:200] or "unnamed",
            sha256=digest,
            prompts=subsets.total(),
            subsets=dict(sorted(subsets.items())),
            created_by=actor,
        )
        auditing.record(
            stream=project.team.slug,
            actor=actor,
            verb="import_benchmark",
            target=f"benchmark:{benchmark.pk}",
            detail={"name": called, "prompts": benchmark.prompts},
            after_digest=digest,
        )
    return benchmark


def _canonical(lines: Iterable[bytes], subsets: Counter[str]) -> Iterator[bytes]:
    """The rows as canonical lines; raises BenchmarkRefused after the last one if any was wrong."""
    errors: list[RowError] = []
    wrong, seen = 0, set()
    for line, raw in numbered(_counted(lines)):
        try:
            row = trial_row(parse_row(raw))
            if (row["subset"], row["id"]) in seen:
                raise RowRefused("duplicate_id", f"The id {row['id'][:80]!r} is there twice in its subset.")
        except RowRefused as refusal:
            wrong += 1
            if len(errors) < ERRORS_KEPT:
                errors.append(row_error(line=line, raw=raw, refusal=refusal))
            continue
        seen.add((row["subset"], row["id"]))
        subsets[row["subset"]] += 1
        yield canonical_json(row) + b"\n"
    if not seen and not wrong:
        nothing = RowRefused("no_rows", "The file holds no rows.")
        errors, wrong = [row_error(line=0, raw=b"", refusal=nothing)], 1
    if wrong:
        raise BenchmarkRefused(errors, wrong)


def _counted(lines: Iterable[bytes]) -> Iterator[bytes]:
    total = 0
    for line in lines:
        total += len(line)
        if total > settings.IMPORT_MAX_BYTES:
            raise FileTooLarge
        yield line


def trial_row(row: dict[str, Any]) -> dict[str, Any]:
    """{"id", "subset", "messages", "right", "wrong"} of a row in either form. Raises RowRefused."""
    given = row.get("id")
    key = _word("id", str(given) if isinstance(given, int) and not isinstance(given, bool) else given)
    subset = _word("subset", row.get("subset", "all"))
    if subset.lower() == TIES and key.partition(":")[0] not in ("tied", "ref"):
        raise RowRefused("bad_id", "In the subset Ties an id begins with “tied:” or “ref:”, such as tied:12.")
    return {
        "id": key,
        "subset": subset,
        "messages": _messages(row),
        "right": _texts(row, "chosen", "right"),
        "wrong": _texts(row, "rejected", "wrong"),
    }


def _word(name: str, value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 200 or printable(value) != value:
        raise RowRefused("bad_" + name, f"{name} must be a word of at most 200 characters.")
    return value


def _messages(row: dict[str, Any]) -> list[dict[str, str]]:
    if ("prompt" in row) == ("messages" in row):
        raise RowRefused("bad_prompt", "A row needs either a prompt or messages.")
    found = row.get("messages", [{"role": "user", "content": row.get("prompt")}])
    if not isinstance(found, list) or not found:
        raise RowRefused("bad_prompt", "messages must be a list of at least one message.")
    for message in found:
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            raise RowRefused("bad_prompt", "Each message must have exactly role and content.")
        if message["role"] not in ("system", "user", "assistant") or not isinstance(message["content"], str):
            raise RowRefused("bad_prompt", "A role is system, user or assistant, and content is text.")
        if not message["content"].strip():
            raise RowRefused("bad_prompt", "The prompt is empty.")
    return found


def _texts(row: dict[str, Any], theirs: str, ours: str) -> list[str]:
    if (theirs in row) == (ours in row):
        raise RowRefused("bad_answers", f"A row needs either {theirs} or {ours}.")
    found = row[theirs] if theirs in row else row[ours]
    found = [found] if isinstance(found, str) else found
    if not isinstance(found, list) or not 1 <= len(found) <= MOST_ANSWERS:
        raise RowRefused("bad_answers", f"{theirs} must be a list of 1 to {MOST_ANSWERS} texts.")
    if not all(isinstance(text, str) for text in found):
        raise RowRefused("bad_answers", f"{theirs} must hold texts only.")
    return found
