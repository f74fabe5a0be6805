"""Rows of a subquery as one value of the statement around it."""

from typing import Any

from django.db.models import Aggregate, JSONField


class AsList(Aggregate):
    """A column of several rows as one JSON list."""

    function = "JSONB_AGG"
    output_field = JSONField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **context)
