"""Content, judgments and frozen sets: what was said or frozen is never changed or deleted."""

from django.db import migrations

from workforce.refusing import Refuse

APPEND_ONLY = {
    "annotation_judgment": "judgments",
    "annotation_placement": "placements",
    "annotation_flag": "flags",
    "annotation_demonstration": "demonstrations",
    "annotation_preferenceset": "preference_sets",
    "annotation_preferencepair": "preference_pairs",
    "annotation_preferencepairjudgment": "preference_pair_judgments",
    "annotation_demonstrationset": "demonstration_sets",
    "annotation_demonstrationsetitem": "demonstration_set_items",
}


class Migration(migrations.Migration):
    dependencies = [("annotation", "0002_initial")]
    operations = [
        *(
            Refuse(name=f"{words}_are_never_{done}", table=table, on=on)
            for table, words in APPEND_ONLY.items()
            for on, done in (("UPDATE", "changed"), ("DELETE", "deleted"))
        ),
        Refuse(
            name="the_content_of_a_prompt_is_never_changed",
            table="annotation_prompt",
            on="UPDATE",
            when="OLD.digest <> NEW.digest OR OLD.project_id <> NEW.project_id",
        ),
        Refuse(
            name="the_content_of_a_response_is_never_changed",
            table="annotation_response",
            on="UPDATE",
            when="OLD.digest <> NEW.digest OR OLD.text <> NEW.text OR OLD.prompt_id <> NEW.prompt_id",
        ),
    ]
