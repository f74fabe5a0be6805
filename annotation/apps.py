"""Django's entry for the app."""

from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    name = "annotation"

    def ready(self) -> None:
        """Say what follows here when somebody leaves; models can be imported only now."""
        from annotation.freeing import retire_rater
        from workforce.leaving import follows

        follows(retire_rater)
