"""The area that the room's endpoints and their scopes belong to."""

from projects.permissions import ProjectsPermission
from psa.core.web.api import Endpoints

endpoints = Endpoints("projects", "Projects")
SEE = (ProjectsPermission.VIEW, ProjectsPermission.VIEW_OWN, ProjectsPermission.MANAGE_ALL)
CHANGE = (ProjectsPermission.MANAGE_OWN, ProjectsPermission.MANAGE_ALL)
