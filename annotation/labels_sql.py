"""The one statement that reads everything the patterns of agreement are counted from, and what is kept of them.

It counts by the rules of `patterns_sql` but shares no word with it, so that each is held to the other. The database
puts the labels of an item together and adds nothing up: it would sort all items once for each slice. One statement
sees an answer and its patterns, or neither, and nobody waits for it.
"""

from functools import cache

from annotation.patterns_sql import COLUMNS, FIRST

PER_VENDOR = 2 * COLUMNS
KEPT, BATCH, ITEM = 0, 1, 2
"""What a row is: a pattern that is kept, a batch, or the labels of an item on one question."""

_LISTED = {"sqlite": "group_concat({})", "postgresql": "string_agg(CAST({} AS text), ',')"}
_DAY = {
    "sqlite": "substr(MIN({}), 1, 10)",
    "postgresql": "to_char(MIN({}) AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
}

# From the batches inwards: the work is that of the project, and the index on judgments has them item by item.
_COUNTED = """
        FROM annotation_batch b CROSS JOIN annotation_task t CROSS JOIN annotation_judgment j
        WHERE b.project_id = %s AND t.batch_id = b.id AND t.lane = 'work'
          AND j.task_id = t.id AND j.cant_judge = '' AND NOT j.surplus
          AND j.id NOT IN (
            SELECT supersedes_id FROM annotation_judgment WHERE supersedes_id IS NOT NULL
            UNION ALL SELECT judgment_id FROM annotation_voidedjudgment)"""

_GRADE = f"j.strength + 4 + CASE WHEN j.both_bad THEN {COLUMNS} ELSE 0 END + {PER_VENDOR} * COALESCE(j.vendor_id, 0)"
_PLACE = f"place + {PER_VENDOR} * COALESCE(vendor_id, 0)"
_CRITERIA = "(b.with_criteria OR b.kind = 'rating')"


@cache
def labels_and_patterns(*, vendor: str) -> str:
    """Rows of (what, question, rubric_version_id, number, a, b, c, d, e, labels). Its parameters: the project, 5 times.

    ITEM: question (NULL: the grade), version, batch, then lengths, pair of models, domain, language, day of the first
    label, and its labels, two or more, with commas between. A label is the place of its value in the domain, plus
    COLUMNS if both were bad, plus PER_VENDOR times the vendor's key. BATCH: number is its key, then scale, mode,
    category. KEPT: question, version, units, then slice, value, pattern.
    """
    listed, day = _LISTED[vendor], _DAY[vendor]
    return f"""
    WITH points AS (
        SELECT id, criterion_id, value, ROW_NUMBER() OVER (PARTITION BY criterion_id ORDER BY value) - 1 AS place
        FROM rubrics_scorepoint
    ), early AS (
        SELECT id, task_id, rubric_version_id, vendor_id, strength, both_bad, created_at, criteria
        FROM (
            SELECT j.id, j.task_id, j.rubric_version_id, j.vendor_id, j.strength, j.both_bad, j.created_at,
                {_CRITERIA} AS criteria,
                ROW_NUMBER() OVER (PARTITION BY j.task_id ORDER BY j.assignment_id) AS turn
            {_COUNTED} AND b.overlap_most IS NOT NULL AND NOT t.audit
        ) ranked WHERE turn <= {FIRST}
    ), scoring AS (
        SELECT j.id, j.task_id, j.rubric_version_id, j.vendor_id, j.created_at
        {_COUNTED} AND (b.overlap_most IS NULL OR t.audit) AND {_CRITERIA}
        UNION ALL
        SELECT id, task_id, rubric_version_id, vendor_id, created_at FROM early WHERE criteria
    ), scored AS (
        SELECT j.task_id, j.rubric_version_id, j.vendor_id, j.created_at, c.slug, score.position,
            CAST(NULL AS integer) AS point,
            CASE c.kind WHEN 'compare' THEN score.side + 1 ELSE points.place END AS place
        FROM scoring j CROSS JOIN annotation_criterionscore score
        JOIN rubrics_criterion c ON c.id = score.criterion_id
        LEFT JOIN points ON points.id = score.point_id
        WHERE score.judgment_id = j.id AND c.kind <> 'checklist' AND score.outcome IN ('scored', 'compared')
        UNION ALL
        SELECT j.task_id, j.rubric_version_id, j.vendor_id, j.created_at, c.slug, score.position, points.value,
            MAX(CASE WHEN score.point_id = points.id THEN 1 ELSE 0 END)
        FROM scoring j CROSS JOIN annotation_criterionscore score CROSS JOIN rubrics_criterion c CROSS JOIN points
        WHERE score.judgment_id = j.id AND c.id = score.criterion_id AND points.criterion_id = c.id
          AND c.kind = 'checklist' AND score.outcome IN ('scored', 'none')
        GROUP BY j.id, j.task_id, j.rubric_version_id, j.vendor_id, j.created_at, c.slug, score.position, points.value
    ), items AS (
        SELECT NULL AS question, t.id AS task_id, j.rubric_version_id, {day.format("j.created_at")} AS day,
            {listed.format(_GRADE)} AS labels
        {_COUNTED} AND j.strength IS NOT NULL AND (b.overlap_most IS NULL OR t.audit)
        GROUP BY b.id, t.id, j.rubric_version_id HAVING COUNT(*) > 1
        UNION ALL
        SELECT NULL, task_id, rubric_version_id, {day.format("created_at")}, {listed.format(_GRADE.replace("j.", ""))}
        FROM early WHERE strength IS NOT NULL
        GROUP BY task_id, rubric_version_id HAVING COUNT(*) > 1
        UNION ALL
        SELECT 'criterion:' || slug || COALESCE(':' || CAST(point AS text), ''), task_id, rubric_version_id,
            {day.format("created_at")}, {listed.format(_PLACE)}
        FROM scored
        GROUP BY task_id, rubric_version_id, slug, point, position HAVING COUNT(*) > 1
    )
    SELECT {ITEM} AS what, items.question, items.rubric_version_id, t.batch_id AS number, t.lengths AS a,
        t.model_pair AS b, prompt.domain AS c, prompt.language AS d, items.day AS e, items.labels
    FROM items CROSS JOIN annotation_task t CROSS JOIN annotation_prompt prompt
    WHERE t.id = items.task_id AND prompt.id = t.prompt_id
    UNION ALL
    SELECT {BATCH}, NULL, NULL, id, scale, mode, category, NULL, NULL, NULL FROM annotation_batch WHERE project_id = %s
    UNION ALL
    SELECT {KEPT}, question, rubric_version_id, units, slice, value, pattern, NULL, NULL, NULL
    FROM annotation_agreementpattern WHERE project_id = %s AND units <> 0"""  # noqa: S608 (made of the constants of this file)
