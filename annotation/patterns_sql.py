"""The one statement that turns judgments into patterns per scope, of one answer or of some items, for upkeep.

SQL that SQLite and PostgreSQL both understand; where their words for a thing differ, `vendor` chooses. The nightly
check counts by the same rules in other words: `labels_sql` and `cutting`.

What counts is what JudgmentQuerySet.counted() counts. Where overlap is adaptive the items outside the audit stratum
count with their first two answers: later ones were asked for because people were split, and would raise alpha by .13.
Calibration has known answers, so it counts in its batch alone.
"""

from functools import cache
from typing import Literal

COLUMNS = 9
"""Most values of a domain: the strengths −4 … +4, or up to seven score points."""
FIRST = 2

Which = Literal["answer", "items"]

# An answer is told apart from the state before it: without it, and with what it supersedes.
_READ: dict[Which, str] = {
    "answer": """
        FROM annotation_judgment j
        JOIN annotation_task t ON t.id = j.task_id
        JOIN annotation_batch b ON b.id = t.batch_id
        CROSS JOIN (SELECT 1 AS sign UNION ALL SELECT -1) s
        WHERE j.task_id = %s
          AND (s.sign = 1 OR j.id <> %s)
          AND NOT EXISTS (
            SELECT 1 FROM annotation_judgment newer
            WHERE newer.supersedes_id = j.id AND (s.sign = 1 OR newer.id <> %s))""",
    "items": """
        FROM annotation_judgment j
        JOIN annotation_task t ON t.id = j.task_id
        JOIN annotation_batch b ON b.id = t.batch_id
        CROSS JOIN (SELECT CAST(%s AS integer) AS sign) s
        WHERE t.id IN ({items})
          AND NOT EXISTS (SELECT 1 FROM annotation_judgment newer WHERE newer.supersedes_id = j.id)""",
}

_WEEK = {
    "sqlite": "date(u.first, 'weekday 0', '-6 days')",
    "postgresql": "to_char(date_trunc('week', u.first AT TIME ZONE 'UTC'), 'YYYY-MM-DD')",
}

_SLICES = {
    "all": "''",
    "domain": "p.domain",
    "language": "p.language",
    "lengths": "p.lengths",
    "models": "p.model_pair",
    "sensitivity": "CASE p.category WHEN '' THEN 'none' ELSE p.category END",
    "batch": "CAST(p.batch_id AS text)",
    "week": "p.week",
    "vendor": "CAST(p.vendor_id AS text)",
}


WIDE, IN_ONE = 4096, 5
"""Counts are added up in two numbers, so many values in each, with room for 4,095 labels of a value."""


def _number(column: str, first: int) -> str:
    """What a label adds to the number that begins with the value in column `first`."""
    values = [f"WHEN {first + place} THEN {WIDE**place}" for place in range(IN_ONE)]
    return f"CAST(SUM(CASE {column} {' '.join(values)} ELSE 0 END) AS bigint)"


_PATTERN = " || ',' || ".join(
    f"CAST({'low' if place < IN_ONE else 'high'} / {WIDE ** (place % IN_ONE)} %% {WIDE} AS text)"
    for place in range(COLUMNS)
)

_GRADED = f"""
        SELECT sign, task_id, rubric_version_id, {{vendor}} AS vendor_id, MIN(created_at) AS first, COUNT(*) AS n,
            SUM(CASE WHEN both_bad THEN 1 ELSE 0 END) AS bad,
            {_number("strength", -4)} AS low, {_number("strength", 1)} AS high
        FROM said WHERE strength IS NOT NULL {{where}}
        GROUP BY sign, task_id, rubric_version_id{{by}} HAVING COUNT(*) > 1"""  # noqa: S608 (constants of this file)

_ASKED = f"""
        SELECT sign, task_id, rubric_version_id, {{vendor}} AS vendor_id, MIN(created_at) AS first, question,
            {_number("place", 0)} AS low, {_number("place", 5)} AS high
        FROM scored {{where}}
        GROUP BY sign, task_id, rubric_version_id, question, seat{{by}} HAVING COUNT(*) > 1"""  # noqa: S608 (constants of this file)

# A score point is known by its place among the points of its criterion; of a checklist each point is a question.
_SCORED = """
        SELECT s.sign, s.task_id, s.rubric_version_id, s.vendor_id, s.created_at, 'criterion:' || c.slug AS question,
            COALESCE(score.position, -1) AS seat,
            CASE c.kind WHEN 'compare' THEN score.side + 1 ELSE (
                SELECT COUNT(*) FROM rubrics_scorepoint lower JOIN rubrics_scorepoint mine ON mine.id = score.point_id
                WHERE lower.criterion_id = c.id AND lower.value < mine.value) END AS place
        FROM said s
        JOIN annotation_criterionscore score ON score.judgment_id = s.id
        JOIN rubrics_criterion c ON c.id = score.criterion_id
        WHERE c.kind <> 'checklist' AND score.outcome IN ('scored', 'compared')
        UNION ALL
        SELECT s.sign, s.task_id, s.rubric_version_id, s.vendor_id, s.created_at,
            'criterion:' || c.slug || ':' || CAST(point.value AS text), COALESCE(score.position, -1),
            MAX(CASE WHEN score.point_id = point.id THEN 1 ELSE 0 END)
        FROM said s
        JOIN annotation_criterionscore score ON score.judgment_id = s.id
        JOIN rubrics_criterion c ON c.id = score.criterion_id
        JOIN rubrics_scorepoint point ON point.criterion_id = c.id
        WHERE c.kind = 'checklist' AND score.outcome IN ('scored', 'none')
        GROUP BY s.sign, s.id, s.task_id, s.rubric_version_id, s.vendor_id, s.created_at, c.slug, point.value, point.id,
            score.position"""


@cache
def counted(*, vendor: str, which: Which, items: int = 1) -> str:
    """A WITH clause whose last part, `counted`, has project_id, question, slice, value, rubric_version_id, pattern,
    units. Its parameters: (task, judgment, judgment) of an answer, (sign, *items) of items.
    """
    read = _READ[which].replace("{items}", ", ".join(["%s"] * items))
    slices = " ".join(f"WHEN '{name}' THEN {value}" for name, value in _SLICES.items())
    names = " UNION ALL ".join(f"SELECT '{name}' AS slice" for name in _SLICES)
    return f"""
    WITH placed AS (
        SELECT s.sign, j.id, j.task_id, j.rubric_version_id, j.strength, j.both_bad, j.vendor_id, j.created_at,
            j.assignment_id, b.overlap_most IS NOT NULL AND NOT t.audit AS adaptive
        {read}
          AND j.cant_judge = '' AND NOT j.surplus AND t.lane = 'work'
          AND NOT EXISTS (SELECT 1 FROM annotation_voidedjudgment voided WHERE voided.judgment_id = j.id)
    ), said AS (
        SELECT sign, id, task_id, rubric_version_id, strength, both_bad, vendor_id, created_at
        FROM placed WHERE NOT adaptive
        UNION ALL
        SELECT sign, id, task_id, rubric_version_id, strength, both_bad, vendor_id, created_at
        FROM (
            SELECT placed.*, ROW_NUMBER() OVER (PARTITION BY sign, task_id ORDER BY assignment_id) AS place
            FROM placed WHERE adaptive
        ) ranked WHERE place <= {FIRST}
    ), graded AS (
        {_GRADED.format(vendor="CAST(NULL AS integer)", where="", by="")}
        UNION ALL
        {_GRADED.format(vendor="vendor_id", where="AND vendor_id IS NOT NULL", by=", vendor_id")}
    ), scored AS (
        {_SCORED}
    ), units AS (
        SELECT sign, task_id, rubric_version_id, vendor_id, first, 'grade' AS question, low, high FROM graded
        UNION ALL
        SELECT sign, task_id, rubric_version_id, vendor_id, first, 'both_bad', n - bad + {WIDE} * bad, 0 FROM graded
        UNION ALL
        {_ASKED.format(vendor="CAST(NULL AS integer)", where="", by="")}
        UNION ALL
        {_ASKED.format(vendor="vendor_id", where="WHERE vendor_id IS NOT NULL", by=", vendor_id")}
    ), profiled AS (
        SELECT u.question, u.rubric_version_id, u.vendor_id, u.low, u.high, {_WEEK[vendor]} AS week, t.batch_id,
            b.project_id, b.scale, b.mode, b.category, prompt.domain, prompt.language, t.lengths, t.model_pair,
            SUM(u.sign) AS units
        FROM units u
        JOIN annotation_task t ON t.id = u.task_id
        JOIN annotation_batch b ON b.id = t.batch_id
        JOIN annotation_prompt prompt ON prompt.id = t.prompt_id
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        HAVING SUM(u.sign) <> 0
    ), cut AS (
        SELECT p.project_id, p.question, p.scale, d.slice, CASE d.slice {slices} END AS value, p.rubric_version_id,
            p.low, p.high, p.units
        FROM profiled p CROSS JOIN ({names}) d
        WHERE (p.vendor_id IS NULL) = (d.slice <> 'vendor') AND (p.mode = 'work' OR d.slice = 'batch')
    ), summed AS (
        SELECT project_id, question, scale, slice, value, rubric_version_id, low, high, SUM(units) AS units
        FROM cut WHERE value IS NOT NULL
        GROUP BY project_id, question, scale, slice, value, rubric_version_id, low, high
    ), counted AS (
        SELECT project_id, CASE question WHEN 'grade' THEN 'grade:' || scale ELSE question END AS question, slice,
            value, rubric_version_id, {_PATTERN} AS pattern, CAST(SUM(units) AS integer) AS units
        FROM summed
        GROUP BY 1, 2, 3, 4, 5, 6
        HAVING SUM(units) <> 0
    )"""  # noqa: S608 (made of the constants of this file)


@cache
def upsert(*, vendor: str, which: Which, items: int = 1) -> str:
    """The statement that adds what `counted` finds to what is kept. Same parameters."""
    return f"""{counted(vendor=vendor, which=which, items=items)}
    INSERT INTO annotation_agreementpattern
        (project_id, question, slice, value, rubric_version_id, pattern, units)
    SELECT project_id, question, slice, value, rubric_version_id, pattern, units FROM counted WHERE 1 = 1
    ON CONFLICT (project_id, question, slice, value, rubric_version_id, pattern)
    DO UPDATE SET units = annotation_agreementpattern.units + excluded.units"""  # noqa: S608 (made of the constants of this file)
