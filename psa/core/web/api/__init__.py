"""What rooms build their endpoints with; see docs/api.md. Authentication is the edge's."""

from .endpoints import Endpoints, areas, covers
from .requests import ApiRequest
from .schemas import In, Named, Nothing, Out, Problem
from .shapes import shape

__all__ = [
    "ApiRequest",
    "Endpoints",
    "In",
    "Named",
    "Nothing",
    "Out",
    "Problem",
    "areas",
    "covers",
    "shape",
]
