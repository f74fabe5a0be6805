"""What the arithmetic refuses to compute on: one class per kind of bad input.

Undefined results (no overlap, no variation) are values, not errors, and do not pass through here.
"""


class AgreementInputError(ValueError):
    """The labels handed in cannot be read as labels; nothing was computed. Mend the input and ask again."""

    code = "agreement_input"


class BadCounts(AgreementInputError):
    """The counts are not a table of whole, non-negative numbers with one column per value of the domain."""

    code = "agreement_bad_counts"


class BadDomain(AgreementInputError):
    """The domain does not list at least two different values, in order where the level needs an order."""

    code = "agreement_bad_domain"


class ValueOutsideDomain(AgreementInputError):
    """A label holds a value that the domain does not list. Add the value to the domain or drop the label."""

    code = "agreement_value_outside_domain"


class RepeatedLabel(AgreementInputError):
    """One rater labelled one unit twice. Keep one; repeats measure the rater alone."""

    code = "agreement_repeated_label"


class BadRankings(AgreementInputError):
    """A prompt's rankings are not a raters-by-answers table of finite ranks."""

    code = "agreement_bad_rankings"


class NoSuchLabel(AgreementInputError):
    """A label was to be taken back that was never counted. Count it anew from what is stored."""

    code = "agreement_no_such_label"


class BadGold(AgreementInputError):
    """Gold is not one known value, or unknown, per unit."""

    code = "agreement_bad_gold"


class BadComparisons(AgreementInputError):
    """The comparisons are not columns of items and outcomes, or an item meets itself."""

    code = "agreement_bad_comparisons"


class NoConvergence(AgreementInputError):
    """A fit did not settle. The comparisons may be nearly separable; collect more of the items that hardly met."""

    code = "agreement_no_convergence"


class BadSeries(AgreementInputError):
    """A series over time is not finite numbers, or a chart's settings make no chart."""

    code = "agreement_bad_series"
