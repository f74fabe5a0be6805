"""Exports as streams of JSONL lines: frozen sets byte for byte, prompt sets in the order of their digests.

And both as rows that TRL, OpenRLHF and verl read (annotation.framework_rows).
"""

import json
from collections.abc import Iterator

from annotation.errors import NoSuchExport, SetFileMissing
from annotation.framework_rows import FORMATS, Row
from annotation.models import DemonstrationSet, PreferenceSet, PromptSet
from annotation.preferring import line_of, messages_of
from annotation.set_files import FrozenSet, file_digest, set_path


def export_preference_set(*, frozen_set: PreferenceSet) -> Iterator[bytes]:
    """The set's lines exactly as frozen. Raises SetFileMissing before the first line if the file changed."""
    return _verified_lines(frozen_set)


def export_demonstration_set(*, frozen_set: DemonstrationSet) -> Iterator[bytes]:
    """The set's lines exactly as frozen. Raises SetFileMissing before the first line if the file changed."""
    return _verified_lines(frozen_set)


def export_prompts(*, prompt_set: PromptSet) -> Iterator[bytes]:
    """A line per prompt: {"messages", "prompt": digest}."""
    prompts = prompt_set.prompts.order_by("digest").values_list("digest", "messages")
    for digest, messages in prompts.iterator(chunk_size=2000):
        yield line_of({"prompt": digest, "messages": messages_of(messages)})


def export_rows(*, frozen_set: FrozenSet, framework: str, split: str) -> Iterator[bytes]:
    """One split of the set as rows for a framework. Raises NoSuchExport, SetFileMissing before the first line."""
    kind = "preference" if isinstance(frozen_set, PreferenceSet) else "demonstration"
    if framework not in FORMATS[kind][0] or split not in ("train", "validation", "test"):
        raise NoSuchExport
    lines, rows = _verified_lines(frozen_set), FORMATS[kind][1]
    found = (json.loads(line) for line in lines)
    return (_plain(row) for record in found if record["split"] == split for row in rows(record, framework))


def export_prompt_rows(*, prompt_set: PromptSet, framework: str) -> Iterator[bytes]:
    """The prompts as rows for a framework. Raises NoSuchExport."""
    frameworks, rows = FORMATS["prompt"]
    if framework not in frameworks:
        raise NoSuchExport
    found = (json.loads(line) | {"index": index} for index, line in enumerate(export_prompts(prompt_set=prompt_set)))
    return (_plain(row) for record in found for row in rows(record, framework))


def _plain(row: Row) -> bytes:
    """A row as JSON. A margin is no whole number, which canonical JSON would refuse."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _verified_lines(frozen_set: FrozenSet) -> Iterator[bytes]:
    path = set_path(frozen_set=frozen_set)
    if file_digest(path=path) != frozen_set.sha256:
        raise SetFileMissing
    return iter(path.open("rb"))
