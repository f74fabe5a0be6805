"""Alpha of real human labels, at the values that others measured on the same files."""

import pytest

from annotation.agreement.alpha import measure_alpha
from annotation.agreement.patterns import count_labels

pytestmark = pytest.mark.real_data
PAIR = ["a", "tie", "b"]


@pytest.fixture
def pair_alpha(real_rows):
    def measure(name, unit, level, **options):
        rows = real_rows(name)
        counts = count_labels([row[unit] for row in rows], [row["label"] for row in rows], domain=PAIR)
        return measure_alpha(counts, level=level, domain=PAIR, scope=name, **options)

    return measure


@pytest.fixture
def wide_alpha(real_rows):
    """Nominal alpha of a file with one row per unit and one column per rater."""

    def measure(name):
        rows = real_rows(name)
        labels = [(unit, v) for unit, row in enumerate(rows) for c, v in row.items() if c.startswith("rater")]
        units, values = zip(*labels, strict=True)
        domain = sorted(set(values))
        return measure_alpha(count_labels(units, values, domain=domain), level="nominal", domain=domain, scope=name)

    return measure


@pytest.mark.parametrize(
    ("level", "symmetrised", "expected"),
    [("nominal", False, 0.86422), ("nominal", True, 0.86455), ("ordinal", False, 0.87746)],
)
def test_pandalm(level, symmetrised, expected, pair_alpha):
    alpha = pair_alpha("pandalm_testset/labels_long.csv", "item", level, orientation_symmetrised=symmetrised)
    assert alpha.value == pytest.approx(expected, abs=5e-6)
    assert (alpha.n_units, alpha.n_labels, alpha.sufficient) == (999, 2997, True)
    assert alpha.low < alpha.value < alpha.high


@pytest.mark.parametrize(("level", "expected"), [("nominal", 0.37232), ("ordinal", 0.49394)])
def test_ukpconvarg1(level, expected, pair_alpha):
    alpha = pair_alpha("ukpconvarg1/votes_long.csv", "pair", level)
    assert alpha.value == pytest.approx(expected, abs=5e-6)
    assert (alpha.n_units, alpha.n_labels) == (4721, 23550)


def test_dices350(wide_alpha):
    alpha = wide_alpha("dices/dices350_matrix.csv")
    assert alpha.value == pytest.approx(0.1609, abs=5e-5)
    assert (alpha.n_units, alpha.n_labels) == (350, 350 * 123)


def test_psychiatric_diagnoses_from_the_rating_file(wide_alpha):
    alpha = wide_alpha("r_irr/diagnoses.csv")
    assert 1 - (1 - alpha.value) * 180 / 179 == pytest.approx(0.4302, abs=5e-5)
