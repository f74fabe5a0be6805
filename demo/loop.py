"""The whole loop through the front door: three raters, a lead and an admin talk HTTP, the workers train.

It reads from top to bottom in the order of the product: import, open a batch, label, measure, freeze,
train three times, sample, choose what people label next. Each part returns its section of the report.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from demo.client import Person
from demo.rows import LoopRows
from demo.sizes import Size
from workforce.errors import AssayError

Report = dict[str, Any]
Say = Callable[[str], None]
ENDED = {"succeeded", "failed", "cancelled"}


class LoopBroken(AssayError):
    """The loop stopped because one of its parts did not do what it should."""

    code = "loop_broken"


@dataclass
class Cast:
    """Who is signed in. `raters` by the name under which their answers are recorded."""

    url: str
    project: str
    lead: Person
    admin: Person
    raters: dict[str, Person]


def run_loop(*, cast: Cast, rows: LoopRows, size: Size, base_model: int, say: Say) -> Report:
    """Run every part and return the report. Raises LoopBroken, or Refused with the server's sentence."""
    began = time.monotonic()
    report: Report = {"data": rows.source, "size": size.name}
    import_corpus(cast, rows, size)
    say(
        f"imported {len(rows.comparisons)} pairs, {len(rows.history_comparisons)} judged pairs, "
        f"{len(rows.ranking_comparisons)} rankings, {len(rows.demonstrations)} demonstrations"
    )
    replay_batch = open_replay(cast, rows)
    report["replay"] = replay(cast, rows, replay_batch)
    say(
        f"replayed {report['replay']['labels']} labels at {report['replay']['pairs_per_second']} claim+submit pairs/s, "
        f"alpha {shown(report['replay']['alpha_nominal'])}"
    )
    report["history"], _ = import_history(cast, rows.history_judgments, "ukpconvarg1-votes.jsonl")
    say(f"history: {report['history']['labels']} labels, alpha {shown(report['history']['alpha_nominal'])}")
    _, rankings_batch = import_history(cast, rows.ranking_judgments, "rankings.jsonl")
    preferences, demonstrations = freeze(cast, [replay_batch, rankings_batch])
    say(f"frozen {preferences['counts']['pairs']} pairs as {preferences['sha256'][:12]}")
    sft = train(cast, size, "sft", size.sft, base=base_model, demonstration_set=demonstrations["id"])
    report["sft"] = pick(sft, "loss_before", "loss_after")
    say(f"sft: loss {report['sft']['loss_before']:.3f} → {report['sft']['loss_after']:.3f}, {sft['seconds']} s")
    reward = train(cast, size, "reward", size.reward, base=sft["model"], preference_set=preferences["id"])
    report["reward"] = pick(
        reward, "accuracy", "interval", "interval_clustered", "n", "accuracy_by_length_baseline", "ece"
    )
    report["reward"]["human_ceiling"] = preferences["human_ceiling"].get("value")
    report["reward"]["human_ceiling_n"] = preferences["human_ceiling"].get("n_pairs")
    say(
        f"reward model: accuracy {report['reward']['accuracy']:.3f} {report['reward']['interval']}, "
        f"human ceiling {shown(report['reward']['human_ceiling'])}, {reward['seconds']} s"
    )
    prompts = find_prompt_set(cast, size.prompt_set)
    ppo = train(cast, size, "ppo", size.ppo, base=sft["model"], reward_model=reward["model"], prompt_set=prompts)
    report["ppo"] = pick(ppo, "reward_before", "reward_after", "kl")
    report["ppo"]["samples"] = cast.admin.get(f"runs/{ppo['id']}/samples")[:4]
    say(
        f"ppo: reward {report['ppo']['reward_before']:.3f} → {report['ppo']['reward_after']:.3f}, "
        f"KL {report['ppo']['kl']:.2f} nats a response, {ppo['seconds']} s"
    )
    report["next_batch"] = next_round(cast, size, policy=ppo["model"], reward_model=reward["model"], prompts=prompts)
    say(
        f"next batch: {report['next_batch']['tasks']} tasks, {report['next_batch']['random_holdout']} of them at random"
    )
    report["lineage"] = lineage(cast, ppo["model"])
    report["seconds"] = round(time.monotonic() - began)
    report["pages"] = f"{cast.url}/p/{cast.project}/"
    return report


def import_corpus(cast: Cast, rows: LoopRows, size: Size) -> None:
    """Everything that is compared or shown, as a lead would upload it."""
    path = f"projects/{cast.project}/imports"
    cast.lead.upload(path, rows.comparisons, kind="comparisons", name="pairs.jsonl")
    cast.lead.upload(path, rows.history_comparisons, kind="comparisons", name="history.jsonl")
    cast.lead.upload(path, rows.ranking_comparisons, kind="comparisons", name="rankings-corpus.jsonl")
    cast.lead.upload(path, rows.demonstrations, kind="demonstrations", name="demonstrations.jsonl")
    cast.lead.upload(path, rows.prompts, kind="prompts", name="prompts.jsonl", prompt_set=size.prompt_set)


def open_replay(cast: Cast, rows: LoopRows) -> int:
    """A pairwise batch of the pairs in which every item wants three answers."""
    body = {
        "name": "Replay of recorded answers",
        "kind": "pairwise",
        "scale": "binary_tie",
        "overlap": len(cast.raters),
        "alike": True,  # what was recorded of pairs that are nearly the same is replayed too
    }
    body["source"] = rows.comparisons[0]["source"]
    return int(cast.lead.post(f"projects/{cast.project}/batches", body)["id"])


def replay(cast: Cast, rows: LoopRows, batch: int) -> Report:
    """Each rater claims until nothing waits and answers what was recorded under their name."""
    items = {task["uid"]: task["external_id"] for task in all_tasks(cast.lead, batch)}
    originals = {row["id"]: [answer["text"] for answer in row["responses"]] for row in rows.comparisons}
    failures: list[BaseException] = []

    def work(rater: str, person: Person) -> None:
        try:
            while (claim := person.post(f"batches/{batch}/claim")) is not None:
                item = items[claim["task"]]
                label = rows.labels[rater][item]
                swapped = claim["answers"][0]["text"] != originals[item][0]
                value = 2 if label == "tie" else 1 if (label == "a") != swapped else 3
                body = {"submission": str(uuid4()), "value": value, "active_ms": 1000, "wall_ms": 1000}
                person.post(f"assignments/{claim['assignment']}/submit", body)
        except BaseException as error:
            failures.append(error)

    began = time.monotonic()
    threads = [threading.Thread(target=work, args=pair, name=pair[0]) for pair in cast.raters.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    seconds = time.monotonic() - began
    given = Counter({task["external_id"]: task["judgments"] for task in all_tasks(cast.lead, batch)})
    page = cast.lead.get(f"batches/{batch}")
    agreement = {(row["coefficient"], row["basis"]): row for row in page["agreement"]}
    nominal = agreement["alpha_nominal", "sign"]
    return {
        "labels": given.total(),
        "per_item_min": min(given.values()),
        "per_item_max": max(given.values()),
        "alpha_nominal": nominal["value"],
        "alpha_interval": [nominal["low"], nominal["high"]],
        "alpha_symmetrised": agreement["alpha_nominal", "sign_symmetrised"]["value"],
        "cohen_kappas": sorted(row["value"] for row in nominal["detail"]["cohen_kappas"]),
        "pairs_per_second": round(given.total() / seconds, 1),
        "batch": batch,
    }


def all_tasks(person: Person, batch: int) -> list[dict[str, Any]]:
    """Every task of a batch, page by page."""
    tasks: list[dict[str, Any]] = []
    after: int | None = 0
    while after is not None:
        page = person.get(f"batches/{batch}/tasks?after={after}")
        tasks += page["tasks"]
        after = page["next"]
    return tasks


def import_history(cast: Cast, judgments: list[dict[str, Any]], filename: str) -> tuple[Report, int]:
    """Judgments that people gave elsewhere, and how far they agree."""
    path = f"projects/{cast.project}/imports"
    batch = int(cast.lead.upload(path, judgments, kind="judgments", name=filename)["batch"])
    page = cast.lead.get(f"batches/{batch}")
    nominal = next((row for row in page["agreement"] if row["coefficient"] == "alpha_nominal"), None)
    value = nominal["value"] if nominal else None
    return {"labels": page["judgments"], "alpha_nominal": value, "batch": batch}, batch


def freeze(cast: Cast, batches: list[int]) -> tuple[Any, Any]:
    """The preference set and the demonstration set."""
    preferences = cast.lead.post(f"projects/{cast.project}/preference-sets", {"name": "Loop", "batches": batches})
    return preferences, cast.lead.post(f"projects/{cast.project}/demonstration-sets", {"name": "Loop"})


def train(cast: Cast, size: Size, kind: str, config: dict[str, Any], **inputs: int) -> Report:
    """Start a run, wait for its end, and return what it measured and the model it made."""
    body = {"kind": kind, "preset": size.preset, "config": config, "seed": 1, **inputs}
    run = cast.admin.post(f"projects/{cast.project}/runs", body)
    return wait_for_run(cast.admin, run["id"], timeout=size.step_timeout)


def wait_for_run(admin: Person, run_id: int, *, timeout: int) -> Report:
    """Poll until the run has ended. Raises LoopBroken with the run's own sentence if it did not succeed."""
    began = time.monotonic()
    while True:
        run = admin.get(f"runs/{run_id}")
        if run["state"] in ENDED:
            break
        if time.monotonic() - began > timeout:
            raise LoopBroken(f"Run {run['name']} is still {run['state']} at step {run['step']} after {timeout} s.")
        time.sleep(0.5)
    if run["state"] != "succeeded":
        raise LoopBroken(f"Run {run['name']} {run['state']}: {run['error_message']}")
    return {**run, "seconds": round(time.monotonic() - began)}


def find_prompt_set(cast: Cast, name: str) -> int:
    """The id of a prompt set by its name."""
    sets = cast.lead.get(f"projects/{cast.project}/prompt-sets")
    return int(next(row["id"] for row in sets if row["name"] == name))


def next_round(cast: Cast, size: Size, *, policy: int, reward_model: int, prompts: int) -> Report:
    """The new policy answers, the reward model says where it is unsure, and a batch is opened of that."""
    body = {"policy": policy, "reward_model": reward_model, "prompt_set": prompts, "preset": size.preset, **size.round}
    planned = cast.admin.post(f"projects/{cast.project}/rounds", body)
    began = time.monotonic()
    while planned["state"] in ("sampling", "scoring"):
        if time.monotonic() - began > size.step_timeout:
            raise LoopBroken(f"Round {planned['number']} is still {planned['state']} after {size.step_timeout} s.")
        time.sleep(0.5)
        planned = cast.admin.get(f"rounds/{planned['id']}")
    if planned["state"] != "proposed":
        raise LoopBroken(f"Round {planned['number']} is {planned['state']}.")
    opened = cast.admin.post(f"rounds/{planned['id']}/open")
    reasons = Counter(task["reason"] for task in all_tasks(cast.lead, opened["batch"]))
    return {"tasks": reasons.total(), "random_holdout": reasons["holdout"], "batch": opened["batch"]}


def lineage(cast: Cast, model: int) -> Report:
    """The chain from judgments to the checkpoint, recomputed by the server."""
    chain = cast.admin.get(f"models/{model}/lineage")
    return {key: chain[key] for key in ("verified", "judgments", "set_sha256", "model_sha256")}


def pick(run: Report, *names: str) -> Report:
    """The named results of a run."""
    missing = [name for name in names if name not in run["result"]]
    if missing:
        raise LoopBroken(f"Run {run['name']} did not report {', '.join(missing)}.")
    return {name: run["result"][name] for name in names}


def shown(value: float | None) -> str:
    """A coefficient, or that it is undefined."""
    return "undefined" if value is None else f"{value:.5f}"
