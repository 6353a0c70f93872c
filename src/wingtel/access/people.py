"""People: Django's users. Each scope has a group of its name."""

from django.contrib.auth.models import Group, User

from .scopes import Access, Scope


def access_of(user: User) -> Access:
    """Return the access of a person: the scopes of their groups. A superuser may do everything."""
    if user.is_superuser:
        scopes = frozenset({Scope.ADMIN})
    else:
        names = user.groups.filter(name__in=Scope.values).values_list("name", flat=True)
        scopes = frozenset(map(Scope, names))
    return Access(caller=f"user:{user.pk}", name=user.get_username(), scopes=scopes)


def make_groups(using: str = "default") -> None:
    """Create the groups that are missing."""
    groups = Group.objects.using(using)
    existing = set(groups.filter(name__in=Scope.values).values_list("name", flat=True))
    missing = [Group(name=name) for name in Scope.values if name not in existing]
    groups.bulk_create(missing, ignore_conflicts=True)
