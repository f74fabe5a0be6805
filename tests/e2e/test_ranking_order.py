"""The order under a ranking and the word-by-word comparison, against slow references, in the browser that runs them."""

import random
from itertools import pairwise

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

RUN = """async ({ module, cases }) => {
  const { order } = await import(module);
  return cases.map(({ k, steps }) => {
    let made = order(k);
    return steps.map(([act, ...given]) => {
      made[act](...given);
      made = order(k, JSON.parse(JSON.stringify(made.save())));
      return { rows: made.rows().map((row) => row.members), at: made.rows().map((row) => row.at),
               ranks: made.ranks(), acceptable: made.acceptable(), line: made.line };
    });
  });
}"""
DIFF = """async ({ module, pairs }) => {
  const { wordDiff, shortest, tokens } = await import(module);
  return pairs.map(([a, b]) => {
    const [old, now] = [tokens(a), tokens(b)];
    return [wordDiff(a, b), old, now, shortest(old, now).map(([kind]) => kind)];
  });
}"""


class Slow:
    """The same rules, written out over a list of sets, None for a free place."""

    def __init__(self, k: int) -> None:
        self.k, self.log = k, []
        self.rows: list[set[int] | None] = [None] * k

    def row_of(self, n: int) -> int | None:
        return next((i for i, row in enumerate(self.rows) if row and n in row), None)

    def left(self) -> list[int]:
        return [n for n in range(1, self.k + 1) if self.row_of(n) is None]

    def free_near(self, i: int) -> int | None:
        below = [j for j, row in enumerate(self.rows) if row is None and j >= i]
        above = [j for j, row in enumerate(self.rows) if row is None and j <= i]
        return below[0] if below else above[-1] if above else None

    def lift(self, n: int) -> int | None:
        i = self.row_of(n)
        if i is None:
            return None
        row = self.rows[i]
        if row == {n}:
            del self.rows[i]
        else:
            self.rows[i] = row - {n}
        self.log = [m for m in self.log if m != n]
        return i

    def out(self, n: int) -> None:
        i = self.lift(n)
        if i is None:
            return
        free = self.free_near(i)
        self.rows.insert(len(self.rows) if free is None else free if free >= i else free + 1, None)

    def place(self, n: int, worst: bool) -> None:
        self.out(n)
        free = [i for i, row in enumerate(self.rows) if row is None]
        self.rows[free[-1] if worst else free[0]] = {n}
        self.log.append(n)

    def tie(self, n: int) -> None:
        mates = [m for m in self.log if m != n]
        if not mates:
            return
        if self.lift(n) is None:
            del self.rows[self.free_near(self.row_of(mates[-1]))]
        self.rows[self.row_of(mates[-1])].add(n)
        self.log.append(n)

    def row_at(self, place: int) -> int:
        start = 1
        for i, row in enumerate(self.rows):
            if start >= place:
                return i
            start += len(row) if row else 1
        return len(self.rows)

    def put(self, n: int, place: int) -> None:
        target = self.row_at(place)
        if self.lift(n) is None:
            if target < len(self.rows) and self.rows[target] is None:
                self.rows[target] = {n}
                self.log.append(n)
                return
            del self.rows[self.free_near(target)]
        self.rows.insert(self.row_at(place), {n})
        self.log.append(n)

    def back(self) -> None:
        if self.log:
            self.out(self.log[-1])

    def shown(self) -> list[list[int]]:
        left = self.left()
        fills = left if len(left) == 1 and any(self.rows) else []
        return [sorted(row) if row else list(fills) for row in self.rows]


def steps_for(rng: random.Random, k: int) -> list[list]:
    acts = ["place", "place", "place", "tie", "put", "out", "back"]
    made = []
    for _ in range(rng.randint(1, 3 * k)):
        act, n = rng.choice(acts), rng.randint(1, k)
        more = {"place": [n, rng.random() < 0.3], "tie": [n], "put": [n, rng.randint(1, k)], "out": [n], "back": []}
        made.append([act, *more[act]])
    return made


def test_any_order_of_steps_gives_what_the_rules_say(open_page, batch_of, rosa, live_server):
    batch = batch_of(kind="ranking", responses=3, tasks=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    rng = random.Random(20)
    cases = [{"k": k, "steps": steps_for(rng, k)} for k in range(2, 10) for _ in range(60)]
    got = page.evaluate(RUN, {"module": f"{live_server.url}/static/js/label/order.js", "cases": cases})
    for case, states in zip(cases, got, strict=True):
        slow = Slow(case["k"])
        for (act, *given), state in zip(case["steps"], states, strict=True):
            getattr(slow, act)(*given)
            assert [sorted(row) for row in state["rows"]] == slow.shown(), case
            flat = [n for row in state["rows"] for n in row]
            assert len(flat) == len(set(flat)) and sum(max(1, len(row)) for row in state["rows"]) == case["k"]
            if state["ranks"]:
                assert sorted(flat) == list(range(1, case["k"] + 1))
                above = {
                    n: sum(len(row) for row in state["rows"][:i]) for i, row in enumerate(state["rows"]) for n in row
                }
                assert state["ranks"] == [above[n] + 1 for n in range(1, case["k"] + 1)]


def test_what_can_be_sent_always_stands_above_what_cannot(open_page, batch_of, rosa, live_server):
    batch = batch_of(kind="ranking", responses=3, tasks=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    rng = random.Random(21)
    cases = []
    for k in range(2, 10):
        for _ in range(60):
            steps = steps_for(rng, k)
            for _ in range(3):
                more = rng.choice([["mark", rng.random() < 0.3], ["shift", rng.choice([-1, 1])]])
                steps.insert(rng.randint(0, len(steps)), more)
            cases.append({"k": k, "steps": steps})
    lines = 0
    for case, states in zip(
        cases,
        page.evaluate(RUN, {"module": f"{live_server.url}/static/js/label/order.js", "cases": cases}),
        strict=True,
    ):
        for state in states:
            assert state["line"] is None or 0 <= state["line"] <= len(state["rows"])
            if state["acceptable"] is None:
                continue
            lines += 1
            pairs = list(zip(state["ranks"], state["acceptable"], strict=True))
            sent, kept = [rank for rank, good in pairs if good], [rank for rank, good in pairs if not good]
            assert not sent or not kept or max(sent) < min(kept), case
    assert lines > 200


def common(a: list[str], b: list[str]) -> int:
    """Length of the longest common subsequence, the long way."""
    row = [0] * (len(b) + 1)
    for x in a:
        new = [0]
        for j, y in enumerate(b):
            new.append(row[j] + 1 if x == y else max(row[j + 1], new[j]))
        row = new
    return row[-1]


def test_differences_make_up_both_texts_and_none_is_shorter(open_page, batch_of, rosa, live_server):
    batch = batch_of(kind="ranking", responses=3, tasks=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    rng = random.Random(22)
    words = ["the", "parcel", "is", "late", " ", "  ", "\n\n", ".", "é", "漢字", "سلام", "😀", "_x_"]
    pairs = [["".join(rng.choices(words, k=rng.randint(0, 14))) for _ in range(2)] for _ in range(600)]
    got = page.evaluate(DIFF, {"module": f"{live_server.url}/static/js/label/textdiff.js", "pairs": pairs})
    for (a, b), (pieces, old, new, kinds) in zip(pairs, got, strict=True):
        assert "".join(piece["text"] for piece in pieces if piece["kind"] != "in") == a
        assert "".join(piece["text"] for piece in pieces if piece["kind"] != "out") == b
        assert kinds.count("same") == common(old, new)
        assert all(one["kind"] != two["kind"] for one, two in pairwise(pieces))


def test_texts_far_apart_are_compared_in_bounded_time(open_page, batch_of, rosa, live_server):
    batch = batch_of(kind="ranking", responses=3, tasks=1)
    page = open_page(rosa, f"/label/{batch.pk}/")
    rng = random.Random(23)
    long = [" ".join(["same", *(f"{name}{rng.randint(0, 5000)}" for _ in range(30_000)), "end"]) for name in "ab"]
    [[pieces, *_]] = page.evaluate(
        """async ({ module, pairs }) => {
          const { wordDiff } = await import(module);
          return pairs.map(([a, b]) => [wordDiff(a, b)]);
        }""",
        {"module": f"{live_server.url}/static/js/label/textdiff.js", "pairs": [long]},
    )
    assert [piece["kind"] for piece in pieces] == ["same", "out", "in", "same"]
    assert (pieces[0]["text"], pieces[-1]["text"]) == ("same ", " end")
