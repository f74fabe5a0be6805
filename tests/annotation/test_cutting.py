"""Labels of items cut by every slice at once equal the same counted one item after another."""

from collections import Counter, defaultdict
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from annotation.cutting import Cutter
from annotation.labels_sql import BATCH, ITEM, KEPT

BATCHES = {4: ("pref7", "work", ""), 9: ("binary", "work", "health"), 11: ("pref7", "calibration", "")}
LABELS = st.tuples(st.integers(0, 8), st.booleans(), st.sampled_from([0, 0, 3, 70_000]))
ITEMS = st.lists(
    st.tuples(
        st.sampled_from([None, None, "criterion:right"]),
        st.sampled_from([1, 2]),
        st.sampled_from(list(BATCHES)),
        st.sampled_from([None, "close", "far"]),
        st.sampled_from([None, "a | b"]),
        st.sampled_from([None, "kitchen"]),
        st.sampled_from([None, "en", "pt-BR"]),
        st.sampled_from(["2026-01-04", "2026-01-05", "2026-01-11"]),
        st.lists(LABELS, min_size=2, max_size=6),
    ),
    max_size=30,
)


def _row(item):
    *columns, labels = item
    graded = columns[0] is None
    said = [place + 9 * (bad and graded) + 18 * vendor for place, bad, vendor in labels]
    return (ITEM, *columns, ",".join(map(str, said)))


def _cut(items, *, at_once=7):
    cutter = Cutter()
    rows = [_row(item) for item in items] + [
        (BATCH, None, None, key, *said, None, None, None) for key, said in BATCHES.items()
    ]
    for start in range(0, len(rows), at_once):
        cutter.add(rows[start : start + at_once])
    return cutter.cut()


def _one_by_one(items):
    found = Counter()
    for question, version, batch, lengths, models, domain, language, day, labels in items:
        scale, mode, category = BATCHES[batch]
        monday = date.fromisoformat(day) - timedelta(days=date.fromisoformat(day).weekday())
        slices = {"batch": str(batch)}
        if mode == "work":
            slices |= {"all": "", "domain": domain, "language": language, "lengths": lengths, "models": models}
            slices |= {"sensitivity": category or "none", "week": str(monday)}
        of_vendor = defaultdict(list)
        for label in labels:
            of_vendor[label[2]].append(label)
        mine = [(name, value, labels) for name, value in slices.items() if value is not None]
        mine += [
            ("vendor", str(vendor), theirs)
            for vendor, theirs in of_vendor.items()
            if vendor and len(theirs) > 1 and mode == "work"
        ]
        for name, value, counted in mine:
            places = Counter(place for place, _, _ in counted)
            asked = question or f"grade:{scale}"
            found[asked, name, value, version, ",".join(str(places[n]) for n in range(9))] += 1
            if question is None:
                bad = Counter(bool(bad) for _, bad, _ in counted)
                found["both_bad", name, value, version, f"{bad[False]},{bad[True]},0,0,0,0,0,0,0"] += 1
    return found


@given(items=ITEMS)
def test_every_scope_is_that_of_items_counted_one_by_one(items):
    assert _cut(items) == _one_by_one(items)


def test_an_item_that_thousands_answer_is_counted_exactly():
    many = (None, 1, 4, None, None, None, None, "2026-01-04", [(n % 9, n % 5 == 0, 3) for n in range(90_000)])
    few = (None, 1, 4, None, None, None, None, "2026-01-04", [(8, False, 0), (0, True, 0)])
    assert _cut([many, few, many]) == _one_by_one([many, few, many])
    assert _cut([many])["grade:pref7", "all", "", 1, ",".join(["10000"] * 9)] == 1


def test_nothing_is_nothing_and_what_is_kept_is_handed_on():
    assert _cut([]) == {}
    cutter = Cutter()
    cutter.add([(KEPT, "both_bad", 1, 5, "week", "2026-01-05", "1,1,0,0,0,0,0,0,0", None, None, None)])
    assert cutter.kept == {("both_bad", "week", "2026-01-05", 1, "1,1,0,0,0,0,0,0,0"): 5}
