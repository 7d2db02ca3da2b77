"""What rooms build their endpoints with; see docs/api.md. Authentication is the edge's."""

from .endpoints import Endpoints, areas, covers
from .requests import ApiRequest
from .schemas import In, InMany, Named, Nothing, Out, OutMany, Problem
from .shapes import shape

__all__ = [
    "ApiRequest",
    "Endpoints",
    "In",
    "InMany",
    "Named",
    "Nothing",
    "Out",
    "OutMany",
    "Problem",
    "areas",
    "covers",
    "shape",
]
