"""What to watch in a run: the last value of each health figure beside the limit it should keep."""

from dataclasses import dataclass

from training.curves import Record, kl_band
from training.models import TrainingRun
from training.numbers import spoken
from training.points import drawable

CLIP_SHARE = 0.4
RATIO_OFF = 0.1
EOS_SHARE = 0.5


@dataclass(frozen=True)
class Limit:
    state: str
    name: str
    now: str
    limit: str


def limits_of(run: TrainingRun, record: Record) -> list[Limit]:
    """One line per figure that the run has reported; the state is the glyph's, with the limit in words."""
    found: list[Limit] = []
    kl = record.last("kl")
    if kl is not None and run.kind == TrainingRun.Kind.PPO:
        band = kl_band(run)
        inside = band is None or kl <= band[1]
        limit = f"at most {spoken(band[1])}" if band else "none set"
        found.append(Limit("passed" if inside else "look", "KL to reference, nats", spoken(kl), limit))
    clip = record.last("clip_fraction")
    if clip is not None:
        found.append(_line("Clipped share, policy", clip, clip <= CLIP_SHARE, f"at most {CLIP_SHARE}"))
    ratio = record.last("ratio_mean")
    if ratio is not None:
        found.append(_line("Ratio, mean", ratio, abs(ratio - 1) <= RATIO_OFF, "within 0.1 of 1"))
    ended = record.last("eos_share")
    if ended is not None:
        found.append(_line("Responses that end", ended, ended >= EOS_SHARE, f"at least {EOS_SHARE}"))
    gradient, most = record.last("grad_norm"), run.config.get("grad_clip")
    if gradient is not None and most is not None:
        # Beyond it the gradient is shortened, which is normal at the start: a figure to see, not an alarm.
        found.append(Limit("passed", "Gradient norm", spoken(gradient), f"clipped at {spoken(float(most))}"))
    if record.rows:
        bad = sum(not drawable(p.value) for name in record.metrics() for p in record.points(name))
        found.append(_line("Values that are no number", bad, bad == 0, "0"))
    return found


def _line(name: str, now: float, kept: bool, limit: str) -> Limit:
    return Limit("passed" if kept else "look", name, spoken(now), limit)
