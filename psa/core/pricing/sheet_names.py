"""Roles, units and categories as a price sheet writes them: by name, or by code where a name is
shared, so that a file that goes out comes back as it was."""

from collections import Counter
from collections.abc import Iterable, Mapping

from psa.core.errors import DomainError
from psa.core.org.models import JobRole, OrgUnit, TransactionCategory

ANY = "Any"


class SheetNames:
    """Read once for all rows: three queries."""

    def __init__(self) -> None:
        self.roles = _Names(JobRole.objects.values_list("id", "code", "name"))
        self.units = _Names(OrgUnit.objects.values_list("id", "code", "name"))
        self.categories = _Names(TransactionCategory.objects.values_list("id", "code", "name"))

    def role(self, text: str) -> int | None:
        """The role called so; None for any. Raises  DomainError on "role"."""
        return self.roles.found(text, "role", "role")

    def unit(self, text: str) -> int | None:
        """The unit called so; None for any. Raises  DomainError on "resourcing_unit"."""
        return self.units.found(text, "unit", "resourcing_unit")

    def category(self, text: str) -> int | None:
        """The category called so; None for none. Raises  DomainError on "category"."""
        return self.categories.found(text, "category", "category")


class _Names:
    def __init__(self, rows: Iterable[tuple[int, str, str]]) -> None:
        given = list(rows)
        shared = Counter(_plain(name) for _, _, name in given)
        codes = Counter(_plain(code) for _, code, _ in given)
        self.labels: Mapping[int, str] = {
            id_: code if shared[_plain(name)] > 1 or _is_others_code(name, code, codes) else name
            for id_, code, name in given
        }
        # From the surest down: the code letter by letter, the code, the name.
        self._exact = {code: id_ for id_, code, _ in given}
        self._ids = {_plain(name): id_ for id_, _, name in given if shared[_plain(name)] == 1}
        self._ids.update((_plain(c), id_) for id_, c, _ in given if codes[_plain(c)] == 1)
        self._shared = {name for name, count in (shared | codes).items() if count > 1}

    def found(self, text: str, word: str, field: str) -> int | None:
        name = _plain(text)
        if not name or name in ("any", "–", "-"):
            return None
        id_ = self._exact.get(text.strip()) or self._ids.get(name)
        if id_ is None and name in self._shared:
            raise DomainError(
                f"More than one {word} is called “{text[:60]}”. Write its code.", field
            )
        if id_ is None:
            raise DomainError(f"There is no {word} “{text[:60]}”.", field)
        return id_


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _is_others_code(name: str, code: str, codes: Mapping[str, int]) -> bool:
    return _plain(name) in codes and _plain(name) != _plain(code)
