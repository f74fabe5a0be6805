"""Arithmetic about judgments: agreement coefficients, consensus and intervals.

Pure: numpy and krippendorff only. No Django, no database, nothing else of ours; callers hand in counts or
columns and get frozen values back. "Undefined" is such a value, with its reason, and never a NaN.
"""
