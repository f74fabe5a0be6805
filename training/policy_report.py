"""The report of a policy: what was optimised beside what people say, over the distance from where it started."""

from dataclasses import dataclass

from training.curves import Record, kl_band
from training.frontier_chart import Judged, Panel, gold_panel, proxy_panel, reach_of
from training.human_wins import Wins, siblings_of, wins_over_start
from training.models import TrainingRun
from training.numbers import percent, spoken
from training.points import Point, drawable, without_replaced
from training.report_tables import Row
from training.reports import Stat, number

CURVES = {"reward", "kl", "clip_fraction", "entropy", "loss", "implicit", "logprob", "margin"}


@dataclass(frozen=True)
class Policy:
    """A policy from this start: its figures, and how people compared it with the start."""

    run: TrainingRun
    name: str
    kl: str
    wins: Wins | None


@dataclass(frozen=True)
class PolicyReport:
    stats: list[Stat]
    sentence: str
    sentence_state: str
    evidence: str
    wins: Wins | None
    proxy: Panel | None
    gold: Panel | None
    policies: list[Policy]
    health: list[Row]


def policy_report(run: TrainingRun, record: Record) -> PolicyReport:
    """Everything but curves and samples. Two queries."""
    family = siblings_of(run)
    found = wins_over_start(family)
    wins = found.get(run.pk)
    ppo = run.kind == TrainingRun.Kind.PPO
    kl = _points(record, "kl" if ppo else "eval_kl") or _points(record, "kl")
    title = "Reward" if ppo else "Margin"
    metric = "reward" if ppo else "eval_margin"
    proxy = _points(record, metric) or _points(record, "margin")
    judged = [
        Judged(_name(one), nats, found[one.pk].share, found[one.pk].interval, found[one.pk].n, one.pk == run.pk)
        for one in family
        if one.pk in found and (nats := number(one.result.get("kl"))) is not None
    ]
    reach = reach_of(kl, judged)
    state, sentence, evidence = _verdict(run, proxy, wins)
    return PolicyReport(
        stats=_stats(run, wins),
        sentence=sentence,
        sentence_state=state,
        evidence=evidence,
        wins=wins,
        proxy=proxy_panel(kl, proxy, reach=reach, title=title, unit="reward"),
        gold=gold_panel(judged, reach=reach),
        policies=[
            Policy(one, _name(one), spoken(nats) if (nats := number(one.result.get("kl"))) is not None else "–", w)
            for one in family
            for w in [found.get(one.pk)]
        ],
        health=_health(run, record),
    )


def _points(record: Record, metric: str) -> list[Point]:
    return [point for point in without_replaced(record.points(metric)) if drawable(point.value)]


def _name(run: TrainingRun) -> str:
    return str(run.produced_model.name)


def _stats(run: TrainingRun, wins: Wins | None) -> list[Stat]:
    result = {key: number(value) for key, value in run.result.items()}
    found = []
    for before, after, label, note in (
        ("reward_before", "reward_after", "Reward on the fixed prompts", "the reward model’s own units"),
        ("loss_before", "loss_after", "Loss on held-out prompts", "nats per prompt"),
    ):
        old, new = result.get(before), result.get(after)
        if old is not None and new is not None:
            found.append(Stat(label, f"{spoken(old)} → {spoken(new)}", note, lead=True))
    kl = result.get("kl")
    if kl is not None:
        found.append(Stat("KL to its start", spoken(kl), "nats per response"))
    accuracy = result.get("accuracy")
    if accuracy is not None:
        pairs = result.get("pairs")
        found.append(Stat("Pairs ordered as people did", f"{percent(accuracy)} %", f"n {pairs:,.0f}" if pairs else ""))
    if wins is not None:
        found.append(Stat("Human wins against its start", f"{wins.text} %", f"[{wins.between}], n {wins.n:,}"))
    if wins is not None and wins.matched is not None:
        found.append(Stat("Where lengths match", f"{wins.matched_text} %", f"n {wins.matched_n:,}"))
    return found


def _verdict(run: TrainingRun, proxy: list[Point], wins: Wins | None) -> tuple[str, str, str]:
    """State, sentence, evidence: what people say of the change, beside what was optimised."""
    rose = len(proxy) > 1 and (proxy[-1].value or 0.0) > (proxy[0].value or 0.0)
    if wins is None:
        return (
            "notyet",
            "Nobody has compared its answers with those of its start.",
            "A reward that rose says that the optimiser works, not that people like the answers better. "
            "Send the samples to raters, blind.",
        )
    evidence = f"{wins.wins:,} won, {wins.ties:,} tied, {wins.losses:,} lost."
    if wins.missing:
        evidence += f" {wins.missing:,} more comparisons could tell a true 55 % from chance."
    if wins.interval[0] > 0.5:
        return "passed", f"People prefer it to its start in {wins.text} % of comparisons.", evidence
    if wins.interval[1] < 0.5:
        words = " though its reward rose: it has learned to please the reward model." if rose else "."
        return "blocks", f"People prefer its start; it wins {wins.text} % of comparisons{words}", evidence
    return "look", f"People see no difference yet: it wins {wins.text} %, and the interval holds 50 %.", evidence


def _health(run: TrainingRun, record: Record) -> list[Row]:
    """How a run went over all its steps, not at its last one alone."""
    found = []
    kl, band = _points(record, "kl"), kl_band(run)
    if kl and band and run.kind == TrainingRun.Kind.PPO:
        inside = sum(point.value <= band[1] for point in kl if point.value is not None) / len(kl)
        state = "passed" if (kl[-1].value or 0.0) <= band[1] else "look"
        label = f"Steps with KL at most {spoken(band[1])}"
        found.append(Row(label, f"{percent(inside)} %", n=f"{len(kl):,}", state=state))
    for metric, label, most in (
        ("clip_fraction", "Clipped share, mean of all steps", 0.4),
        ("value_clip_fraction", "Clipped share of values, mean", 0.6),
    ):
        points = _points(record, metric)
        if points:
            mean = sum(p.value or 0.0 for p in points) / len(points)
            state = "passed" if mean <= most else "look"
            found.append(
                Row(label, f"{percent(mean)} %", n=f"{len(points):,}", state=state, note=f"at most {most:.0%}")
            )
    falling = _points(record, "eval_logprob_chosen") or _points(record, "logprob_chosen")
    if len(falling) > 1:
        change = (falling[-1].value or 0.0) - (falling[0].value or 0.0)
        state = "passed" if change >= 0 else "look"
        note = "a fall means that even what people preferred gets less likely; known of DPO"
        label = "Log-probability of the preferred, change"
        found.append(Row(label, spoken(change), n=f"{len(falling):,}", state=state, note=note))
    return found
