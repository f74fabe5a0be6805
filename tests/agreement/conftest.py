"""Real labels and reference tables that lie beside the project; what needs them is skipped where they are absent."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


@pytest.fixture(scope="session")
def reference():
    """The reference table of a given id."""
    path = SHARED / "reference" / "agreement_tables.json"
    if not path.exists():
        pytest.skip("the reference tables are not beside the project")
    tables = {table["id"]: table for table in json.loads(path.read_text())["tables"]}
    return tables.__getitem__


@pytest.fixture(scope="session")
def real_rows():
    """Rows of a CSV file of real labels, as dictionaries."""

    def read(name):
        path = SHARED / "data" / name
        if not path.exists():
            pytest.skip("the real labels are not beside the project")
        with path.open(newline="", encoding="utf-8") as lines:
            return list(csv.DictReader(lines))

    return read


@pytest.fixture(scope="session")
def real_lines():
    """Rows of a JSONL file of real labels."""

    def read(name):
        path = SHARED / "data" / name
        if not path.exists():
            pytest.skip("the real labels are not beside the project")
        with path.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]

    return read


@pytest.fixture(scope="session")
def long_form():
    """Units, raters and values columns of a raters-by-units matrix with None where a label is missing."""

    def unroll(matrix):
        labels = [
            (unit, rater, value)
            for rater, row in enumerate(matrix)
            for unit, value in enumerate(row)
            if value is not None
        ]
        return tuple(np.array(column) for column in zip(*labels, strict=True))

    return unroll
