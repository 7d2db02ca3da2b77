"""What may be seen while viewing the application as another member (docs/adr/0022).

Support sees the work of the member, and of money nothing that they may not see themselves: no
right that shows or decides about amounts is borrowed, and rights over users never are.
"""

from collections.abc import Set as AbstractSet

# Subjects whose rights show plans and hours, not prices; money beside them asks for its own right.
_BORROWED = frozenset({"timeexpense", "projects", "resources", "org"})
_NEVER = frozenset({"access"})
_OWN = "_own"


def rights_while_viewing(viewer: AbstractSet[str], member: AbstractSet[str]) -> frozenset[str]:
    """The member's rights, less those about money or people that the viewer lacks.

    A right over *own* records reaches the member's, not the viewer's: it is kept if the viewer
    holds the one over all.
    """
    return frozenset(right for right in member if _is_kept(right, viewer))


def _is_kept(right: str, viewer: AbstractSet[str]) -> bool:
    subject = right.partition(".")[0]
    if subject in _NEVER:
        return False
    if subject in _BORROWED:
        return True
    if right.endswith(_OWN):
        return right.removesuffix(_OWN) in viewer
    return right in viewer
