"""Published human labels as projects: one reader per set, brought in by the import that leads use.

The data are not ours and stay where they lie; `manage.py load_labels` is told where.
"""
