"""Content cannot be changed under its old digest either: 0003 compared the digest of a prompt, not its messages."""

from django.db import migrations

from workforce.refusing import Refuse


class Migration(migrations.Migration):
    dependencies = [("annotation", "0004_imports_name_their_batch")]
    operations = [
        Refuse(
            name="the_messages_of_a_prompt_are_never_changed",
            table="annotation_prompt",
            on="UPDATE",
            when="OLD.messages <> NEW.messages",
        ),
        Refuse(
            name="who_wrote_a_response_is_never_changed",
            table="annotation_response",
            on="UPDATE",
            when="OLD.model_tag <> NEW.model_tag",
        ),
    ]
