"""When a rater must say why: what the server enforces and the page shows beforehand."""

import hashlib

from django.utils.translation import gettext as _

from annotation.answers import Answer, Gaps
from annotation.models import Batch, Task
from annotation.scales import SCALES
from workforce.models import User


def reason_wanted(*, task: Task, rater: User) -> bool:
    """Whether this item is in the share of the batch's items that this rater must give a reason for."""
    drawn = hashlib.sha256(f"reason:{task.uid}:{rater.pk}".encode()).digest()
    return int.from_bytes(drawn, "big") % 100 < task.batch.reason_share


def check_reason(*, answer: Answer, batch: Batch, wanted: bool, gaps: Gaps) -> None:
    """Note a reason that is missing.

    One is needed where it was announced (`wanted`), where both are bad, in calibration (in words), and where
    distressing content gets the strongest grade. Who cannot judge has said why already.
    """
    if answer.cant_judge or answer.rationale.strip():
        return
    if batch.mode == Batch.Mode.CALIBRATION:
        gaps.missing["rationale"] = _("the reason for your answer, in words")
    elif not answer.reasons and (wanted or answer.both_bad or (batch.category and _is_strongest(answer, batch))):
        gaps.missing["rationale"] = _("the reason for your answer")


def _is_strongest(answer: Answer, batch: Batch) -> bool:
    scale = SCALES.get(batch.scale)
    strength = scale.strength_of(answer.value) if scale and answer.value is not None else None
    return scale is not None and strength is not None and abs(strength) == max(scale.domain)
