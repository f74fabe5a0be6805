"""Exports as streams of JSONL lines: frozen sets byte for byte, prompt sets in the order of their digests."""

from collections.abc import Iterator

from annotation.errors import SetFileMissing
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


def _verified_lines(frozen_set: FrozenSet) -> Iterator[bytes]:
    path = set_path(frozen_set=frozen_set)
    if file_digest(path=path) != frozen_set.sha256:
        raise SetFileMissing
    return iter(path.open("rb"))
