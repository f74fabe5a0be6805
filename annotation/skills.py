"""Skills of a team, named by a lead where a round grants them."""

from django.db import transaction
from django.utils.text import slugify

from annotation.errors import ItemsDoNotFit
from workforce import auditing
from workforce.models import Role, Skill, Team, User
from workforce.roles import require


@transaction.atomic
def skill_named(*, team: Team, name: str, actor: User) -> Skill:
    """The team's skill of this name (or short name), made if there is none. Raises NotAllowed, ItemsDoNotFit."""
    require(user=actor, team=team, role=Role.LEAD)
    slug = slugify(name)[:60]
    if not slug or len(name) > 120 or "\x00" in name:
        raise ItemsDoNotFit(
            fields={"grants": "Name the skill in at most 120 characters, with a Latin letter or digit."}
        )
    skill, created = Skill.objects.get_or_create(team=team, slug=slug, defaults={"name": name.strip()})
    if created:
        auditing.record(stream=team.slug, actor=actor, verb="add_skill", target=f"skill:{slug}")
    return skill
