"""What a form offers to choose from, read once however often the form is drawn."""

from typing import Any

from django import forms
from django.db.models import QuerySet


def offer(field: forms.Field, *, rows: QuerySet[Any], read: list[Any] | None = None) -> list[Any]:
    """Let the field choose among the rows, and give them; `read` are the rows if another field has read them.

    Left to itself a choice of models asks the database each time that its options are gone through.
    """
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 (declared as one)
    read = list(rows) if read is None else read
    field.queryset = rows
    nothing = [] if field.empty_label is None else [("", field.empty_label)]
    field.choices = [*nothing, *((row.pk, field.label_from_instance(row)) for row in read)]
    return read
