"""What ought to happen in a batch, in plain Python: one thing at a time, no database, no locks. Slow, and obvious.

It does not say which seat a claim hands out, only which it may; what was chosen is told to it by `handed`. A refusal is
its code. Seats are slots by their number, (item, person) is a place in `leases`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

ANSWERED = ("submitted", "surplus", "declined")
GIVEN_UP = ("released", "expired")
LEASE = timedelta(minutes=30)
UNDO_WITHIN = timedelta(minutes=30)
YIELDS_AFTER = timedelta(seconds=20)
MOST_HELD = 6
MOST_BACK = 5
HOLDING = ("expertise", "language", "broken")
SEAT = tuple[int, int]


@dataclass
class Lease:
    pk: int
    n: int
    state: str
    begun: bool
    leased_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None


@dataclass
class Item:
    seats: dict[int, str]
    extra: int = 0
    standing: str = "queued"
    on_desk: bool = False
    holds: bool = False


@dataclass
class Opinion:
    cant_judge: str
    surplus: bool


@dataclass
class Model:
    k: int
    items: dict[int, Item]
    state: str = "open"
    leases: dict[tuple[int, int], Lease] = field(default_factory=dict)
    opinions: dict[tuple[int, int], Opinion] = field(default_factory=dict)
    disabled: set[int] = field(default_factory=set)

    def claim(self, rater: int, beyond: set[int], now: datetime) -> str | set[SEAT]:
        """The seats of which one may be handed out, none if there is nothing; `beyond` are items on the page."""
        if rater in self.disabled:
            return "not_allowed"
        if self.state != "open":
            return "batch_not_open"
        mine = sorted(
            self._held_by(rater), key=lambda item: (self._of(item, rater).leased_at, self._of(item, rater).pk)
        )
        live = [item for item in mine if self._of(item, rater).expires_at > now]
        lapsed = [item for item in mine if item not in live]
        wanted = [item for item in live if item not in beyond]
        wanted += [item for item in lapsed if item not in beyond and self._seat(item, rater) != "retired"]
        if wanted:
            lease = self._of(wanted[0], rater)
            if not beyond or wanted[0] in lapsed:
                lease.begun, lease.expires_at = lease.begun or not beyond, now + LEASE
            return {(wanted[0], lease.n)}
        if len(live) >= MOST_HELD:
            return set()
        again = not (live or beyond)
        found = self._free(rater, again)
        if not found:
            self.sweep(now)
            found = self._free(rater, again)
        return found or (set() if live else self._to_be_taken_over(rater, now))

    def handed(self, rater: int, item: int, lease: Lease) -> None:
        """What the rater has got now. Whoever had fetched it ahead has it no longer."""
        for (where, _), theirs in self.leases.items():
            if where == item and theirs.n == lease.n and theirs.state == "leased":
                theirs.state, theirs.ended_at = "expired", lease.leased_at
        self.items[item].seats[lease.n] = "leased"
        self.leases[item, rater] = lease

    def submit(self, item: int, rater: int, cant_judge: str, now: datetime) -> str | Opinion:
        if rater in self.disabled:
            return "not_allowed"
        lease = self._of(item, rater)
        if lease.state in ANSWERED:
            return "already_submitted"
        surplus = self._not_to_be_had(item, rater)
        lease.state = "surplus" if surplus else "declined" if cant_judge else "submitted"
        lease.ended_at = now
        if not surplus:
            self.items[item].seats[lease.n] = "open" if cant_judge else "done"
        self.opinions[item, rater] = Opinion(cant_judge, surplus)
        if cant_judge:
            self._refer(item, rater, cant_judge)
        return self.opinions[item, rater]

    def undo(self, rater: int, back: int, cant_judge: str, now: datetime) -> str | Opinion:
        """The last answer but `back` becomes another one."""
        if rater in self.disabled:
            return "not_allowed"
        mine = [(lease.ended_at, lease.pk, item) for (item, who), lease in self.leases.items() if who == rater]
        answered = sorted((one for one in mine if self._of(one[2], rater).state in ANSWERED), reverse=True)
        if self.state != "open" or back >= min(len(answered), MOST_BACK) or now - answered[back][0] > UNDO_WITHIN:
            return "undo_closed"
        item = answered[back][2]
        lease, old = self._of(item, rater), self.opinions[item, rater]
        new = self.opinions[item, rater] = Opinion(cant_judge, old.surplus)
        if old.cant_judge and not cant_judge:
            mine_again = lease.state == "declined" and self._seat(item, rater) == "open"
            new.surplus, lease.state = not mine_again, "submitted" if mine_again else "surplus"
            if mine_again:
                self.items[item].seats[lease.n] = "done"
            if not any(self._could_not_judge(item)):
                self._put_back(item)
        elif cant_judge != old.cant_judge:
            if not old.cant_judge and lease.state == "submitted":
                lease.state = "declined"
                over = self._seats(item) > self._wanted(item)
                self.items[item].seats[lease.n] = "retired" if over else "open"
            self._refer(item, rater, cant_judge)
        return new

    def release(self, item: int, rater: int, now: datetime) -> str | None:
        if rater in self.disabled:
            return "not_allowed"
        if self._of(item, rater).state == "leased":
            self._end(item, rater, "released", now)
        return None

    def begin(self, item: int, rater: int, now: datetime) -> str | None:
        if rater in self.disabled:
            return "not_allowed"
        lease = self._of(item, rater)
        if lease.state in ANSWERED:
            return "already_submitted"
        if lease.state == "released" or (lease.state == "expired" and self._not_to_be_had(item, rater)):
            return "lease_lost"
        lease.begun, lease.expires_at = True, now + LEASE
        return None

    def sweep(self, now: datetime) -> None:
        for (item, rater), lease in self.leases.items():
            if lease.state == "leased" and lease.expires_at <= now:
                self._end(item, rater, "expired", now)

    def disable(self, rater: int, now: datetime) -> None:
        for item in self._held_by(rater):
            self._end(item, rater, "released", now)
        self.disabled.add(rater)

    def change_k(self, k: int, now: datetime) -> None:
        before, self.k = self.k, k
        for item in self.items:
            if k > before:
                self._make_room(item)
            elif k < before:
                self._retire(item)
        for (item, rater), lease in self.leases.items():
            if k < before and lease.state == "leased" and not lease.begun and self._seat(item, rater) == "retired":
                lease.state, lease.ended_at = "released", now

    def reopen(self, item: int) -> str | None:
        one = self.items[item]
        if one.standing != "queued" or {"open", "leased"} & set(one.seats.values()):
            return "still_wanted"
        one.extra = self._seats(item) + 1 - self.k
        self._make_room(item)
        return None

    def settle(self, item: int) -> None:
        """The lead returns the item to raters."""
        self._put_back(item)

    def _of(self, item: int, rater: int) -> Lease:
        return self.leases[item, rater]

    def _seat(self, item: int, rater: int) -> str:
        return self.items[item].seats[self._of(item, rater).n]

    def _held_by(self, rater: int) -> list[int]:
        return [item for (item, who), lease in self.leases.items() if who == rater and lease.state == "leased"]

    def _wanted(self, item: int) -> int:
        return self.k + self.items[item].extra

    def _seats(self, item: int) -> int:
        return sum(state != "retired" for state in self.items[item].seats.values())

    def _could_not_judge(self, item: int) -> list[int]:
        return [who for (where, who), said in self.opinions.items() if where == item and said.cant_judge]

    def _end(self, item: int, rater: int, state: str, now: datetime) -> None:
        lease = self._of(item, rater)
        lease.state, lease.ended_at = state, now
        if self._seat(item, rater) == "leased":
            self.items[item].seats[lease.n] = "open"

    def _free(self, rater: int, again: bool) -> set[SEAT]:
        """Open seats of items the rater never had; failing these and if `again`, of items they gave up."""
        new, old = set(), set()
        for pk, item in self.items.items():
            seats = {(pk, n) for n, state in item.seats.items() if state == "open" and item.standing == "queued"}
            if (pk, rater) not in self.leases:
                new |= seats
            elif self._of(pk, rater).state in GIVEN_UP:
                old |= seats
        return new or (old if again else set())

    def _to_be_taken_over(self, rater: int, now: datetime) -> set[SEAT]:
        """The seat that somebody else fetched ahead longest ago and has not begun."""
        found = []
        for (item, who), lease in self.leases.items():
            waits = lease.state == "leased" and not lease.begun and lease.leased_at < now - YIELDS_AFTER
            mine = self.leases.get((item, rater))
            free = who != rater and (mine is None or mine.state in GIVEN_UP)
            if waits and free and self._seat(item, who) == "leased" and self.items[item].standing == "queued":
                found.append((lease.leased_at, lease.pk, (item, lease.n)))
        return {min(found)[2]} if found else set()

    def _not_to_be_had(self, item: int, rater: int) -> bool:
        """Whether an answer would be a surplus one; if not, the rater has the seat again."""
        lease = self._of(item, rater)
        if lease.state == "leased":
            return self._seat(item, rater) == "retired"
        if self.items[item].standing != "queued" or self._seat(item, rater) != "open":
            return True
        lease.state, self.items[item].seats[lease.n] = "leased", "leased"
        return False

    def _refer(self, item: int, rater: int, reason: str) -> None:
        one = self.items[item]
        again = any(who != rater for who in self._could_not_judge(item))
        one.on_desk, one.holds = True, one.holds or again or reason in HOLDING
        if one.holds:
            one.standing = "held"

    def _put_back(self, item: int) -> None:
        one = self.items[item]
        one.on_desk, one.holds, one.standing = False, False, "queued"

    def _retire(self, item: int) -> None:
        """Seats go until as many are left as are wanted: open ones first, then fetched ahead, never answered ones."""
        seats = self.items[item].seats
        begun = {
            lease.n: lease.begun
            for (where, _), lease in self.leases.items()
            if (where, lease.state) == (item, "leased")
        }

        def worth(n: int) -> tuple[int, int]:
            return ("done", "begun", "leased", "open").index("begun" if begun.get(n) else seats[n]), n

        kept = sorted((n for n, state in seats.items() if state != "retired"), key=worth)
        for n in kept[self._wanted(item) :]:
            if seats[n] != "done":
                seats[n] = "retired"

    def _make_room(self, item: int) -> None:
        """Seats come until as many are there as are wanted: those answered still, then empty ones, then new ones."""
        seats = self.items[item].seats
        answering = {lease.n for (where, _), lease in self.leases.items() if (where, lease.state) == (item, "leased")}
        retired = sorted((n for n, state in seats.items() if state == "retired"), key=lambda n: (n not in answering, n))
        while self._seats(item) < self._wanted(item):
            n = retired.pop(0) if retired else len(seats) + 1
            seats[n] = "leased" if n in answering else "open"
