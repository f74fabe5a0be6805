"""When a criterion is asked: always, on a flag, or on what was said on an earlier criterion.

A condition is text: "flag:unsafe", or "correctness=1,2" (that criterion got one of these values for any response).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

FLAGS = {
    "unsafe": _("unsafe content"),
    "personal_data": _("personal data"),
    "identity": _("model identity revealed"),
    "injection": _("text that manipulates the rater"),
    "duplicate": _("a duplicate"),
    "rendering": _("a rendering problem"),
    "other": _("something else"),
}
"""The kinds of flags that a rater can raise, as annotation.models.Flag.Kind lists them; a test holds them equal. In
English, and in the catalogue."""

TEXT = re.compile(r"flag:(?P<flag>[a-z_]+)|(?P<slug>[a-z0-9-]+)=(?P<values>-?\d{1,2}(?:,-?\d{1,2})*)")


@dataclass(frozen=True, slots=True)
class Condition:
    """Either `flag` names the kind of flag that is waited for, or `slug` the criterion and `values` its values."""

    flag: str = ""
    slug: str = ""
    values: tuple[int, ...] = ()

    def holds(self, *, flags: Collection[str], values: Mapping[str, Collection[int]]) -> bool:
        """Whether it is met by these flags, and by the values that each criterion got for any response."""
        if self.flag:
            return self.flag in flags
        return any(value in self.values for value in values.get(self.slug, ()))


def read_condition(text: str) -> Condition | None:
    """The condition that the text says, None for no text. Raises ValueError for any other text."""
    if not text:
        return None
    found = TEXT.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no condition")
    if found["flag"]:
        return Condition(flag=found["flag"])
    return Condition(slug=found["slug"], values=tuple(int(value) for value in found["values"].split(",")))


def in_words(text: str) -> str:
    """When a criterion is asked, in the active language; a condition that cannot be read yet as it is written."""
    try:
        condition = read_condition(text)
    except ValueError:
        return text
    if condition is None:
        return gettext("always")
    if condition.flag:
        return gettext("where somebody flags: %(flag)s") % {"flag": gettext(FLAGS.get(condition.flag, condition.flag))}
    values = ", ".join(str(value) for value in condition.values)
    return gettext("where “%(criterion)s” is one of: %(values)s") % {"criterion": condition.slug, "values": values}
