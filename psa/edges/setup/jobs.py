"""Jobs of setting up, found when the applications are ready."""

from . import retention  # noqa: F401  registers its kind
from .preflight import running  # noqa: F401  registers its kind
