"""Why an alarm held somebody, as they read it in their language: what was noticed, and nothing of guilt."""

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from annotation.models import RaterAlarm, RaterHold

Detector = RaterAlarm.Detector

NOTICED: dict[str, Promise] = {
    Detector.ONE_SIDE.value: _("Your answers prefer one side of the screen far more often than items would."),
    Detector.ALTERNATING.value: _("Your answers change between the sides of the screen more regularly than items do."),
    Detector.FEW_CHANGES.value: _("Your answers stay on one side of the screen for longer than items would."),
    Detector.HASTE.value: _("Several of your last answers came faster than the texts can be read."),
    Detector.CHANCE.value: _("Your answers differ from those of others on clear items more often than usual."),
    Detector.GOLD_KNOWN.value: _("Your answers differ from those of others on clear items more often than usual."),
    Detector.FADING.value: _("Your recent answers differ from those of others more often than your first ones did."),
    Detector.COPYING.value: _("Many of your answers are those that somebody else had given before."),
    Detector.SIDE.value: _("Your answers lean to one side of the screen."),
    Detector.LENGTH.value: _("Your answers follow the length of the texts more than others’ do."),
    Detector.TIES.value: _("You find both answers the same more often than others do."),
    Detector.BOTH_BAD.value: _("You find both answers bad more often than others do."),
}


def hold_sentence(*, detector: str) -> str:
    """The reason for a hold by this detector as it is stored, in English."""
    with translation.override("en"):
        return str(NOTICED[detector])


def reason_of(hold: RaterHold) -> str:
    """Why the rater is held: a lead's words as they were written, the platform's in the reader's language."""
    return str(NOTICED[hold.detector]) if hold.detector in NOTICED else hold.reason
