"""What a lead chose for a batch, in words."""

from annotation.models import Batch


def chosen_options(batch: Batch, *, skills: list[str], vendors: list[str]) -> list[tuple[str, list[str]]]:
    """Groups with what was chosen in each, without those that are left as they come."""
    groups = [
        ("What is asked", _asked(batch)),
        ("Quality", _quality(batch)),
        ("Who may", _who(batch, skills, vendors)),
        ("Care", _care(batch)),
    ]
    return [(name, texts) for name, texts in groups if texts]


def _asked(batch: Batch) -> list[str]:
    said = [
        (batch.with_criteria, "the rubric’s criteria before the verdict"),
        (batch.improving, "the preferred answer may be improved"),
        (batch.best_worst, "the best and the worst alone may be chosen"),
        (batch.fast, "fast mode"),
        (batch.show_words, "the length of each answer is shown"),
        (batch.reason_share > 0, f"a reason on {batch.reason_share} % of the items"),
    ]
    return [text for chosen, text in said if chosen]


def _quality(batch: Batch) -> list[str]:
    said = [
        (batch.gold_rate > 0, f"gold on {batch.gold_rate} % of a rater’s items"),
        (batch.repeat_rate > 0, f"repeats on {batch.repeat_rate} %"),
        (
            batch.audit_share > 0,
            f"{batch.audit_share} % of the items in the audit stratum, {batch.audit_overlap} answers each",
        ),
        (batch.overlap_most is not None, f"up to {batch.overlap_most} answers where people are split"),
    ]
    return [text for chosen, text in said if chosen]


def _who(batch: Batch, skills: list[str], vendors: list[str]) -> list[str]:
    texts = []
    if batch.mode == Batch.Mode.CALIBRATION:
        texts.append("a calibration round")
    texts += [f"raters with the skill “{skill}”" for skill in skills]
    texts += [f"raters who come through {vendor}" for vendor in vendors]
    if batch.one_per_prompt:
        texts.append("nobody gets two items of one prompt")
    if batch.pass_at is not None:
        texts.append(f"{batch.pass_at} right answers pass")
    if batch.grants:
        texts.append(f"passing gives the skill “{batch.grants}”")
    return texts


def _care(batch: Batch) -> list[str]:
    if not batch.category:
        return []
    return [f"{batch.get_category_display()}, {batch.get_severity_display().lower()}", "shown only to who agreed"]
