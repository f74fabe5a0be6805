"""Alpha against tables printed in the literature, some written out here and the rest read beside the project."""

import numpy as np
import pytest

from annotation.agreement.alpha import measure_alpha
from annotation.agreement.patterns import count_labels

N = None
KRIPPENDORFF_2011_C = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, N, N, N],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, N, 3],
    [N, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, N],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, N],
]
KRIPPENDORFF_2011_A = [[0, 1, 0, 0, 0, 0, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]]
FLEISS_1971 = """00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031
00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"""
PUBLISHED_ALPHA = ["kalpha_2011_C", "kalpha_2011_A", "kalpha_wikipedia", "gwet_4raters", "irr_anxiety"]


def alpha_of(matrix, level, long_form):
    units, _, values = long_form(matrix)
    domain = sorted(set(values.tolist()))
    return measure_alpha(count_labels(units, values, domain=domain), level=level, domain=domain, scope="s").value


def fleiss_kappa(counts):
    """Fleiss' kappa is alpha without its small-sample term: 1 - K = (1 - alpha) n / (n - 1), equal overlap."""
    alpha = measure_alpha(counts, level="nominal", domain=list(range(counts.shape[1])), scope="s")
    return 1 - (1 - alpha.value) * alpha.n_labels / (alpha.n_labels - 1)


@pytest.mark.parametrize(
    ("level", "published"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorff_2011_example_c(level, published, long_form):
    assert alpha_of(KRIPPENDORFF_2011_C, level, long_form) == pytest.approx(published, abs=6e-4)


def test_krippendorff_2011_example_a(long_form):
    assert alpha_of(KRIPPENDORFF_2011_A, "nominal", long_form) == pytest.approx(0.095, abs=6e-4)


def test_fleiss_1971_psychiatric_diagnoses():
    counts = np.array([[int(digit) for digit in row] for row in FLEISS_1971.split()])
    alpha = measure_alpha(counts, level="nominal", domain=[1, 2, 3, 4, 5], scope="s")
    assert alpha.value == pytest.approx(0.4334, abs=5e-5)
    assert (alpha.n_units, alpha.n_labels) == (30, 180)
    assert fleiss_kappa(counts) == pytest.approx(0.4302445, abs=5e-8)


@pytest.mark.parametrize("name", PUBLISHED_ALPHA)
def test_reference_matrices(name, reference, long_form):
    table = reference(name)
    expected = {**table["computed_here"].get("alpha", table["computed_here"]), **table["expected_published"]}
    if name == "gwet_4raters":
        expected = {"nominal": expected["alpha_nominal"]["est"], "interval": expected["alpha_quadratic"]}
    levels = {"nominal", "ordinal", "interval", "ratio"} & expected.keys()
    assert levels
    for level in levels:
        value = alpha_of(table["data"]["reliability_matrix_raters_x_units"], level, long_form)
        assert value == pytest.approx(expected[level], abs=table["tolerance"])


@pytest.mark.parametrize("name", ["fleiss_1971", "fleiss_wikipedia"])
def test_reference_counts(name, reference):
    table = reference(name)
    counts = np.array(table["data"]["value_counts"])
    alpha = measure_alpha(counts, level="nominal", domain=list(range(counts.shape[1])), scope="s")
    assert alpha.value == pytest.approx(table["computed_here"]["alpha_nominal"], abs=1e-6)
    assert fleiss_kappa(counts) == pytest.approx(table["expected_published"]["fleiss_kappa"], abs=6e-4)
