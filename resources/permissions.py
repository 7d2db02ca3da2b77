from enum import StrEnum


class ResourcesPermission(StrEnum):
    VIEW = "resources.view"
    MANAGE = "resources.manage"
