"""What a payment file must fit before it leaves: our strict schema, or the message's official one."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from psa.core.errors import DomainError

SUBSET: Final = Path(__file__).parent / "schemas" / "pain_001_001_09_subset.xsd"
# Nothing that a file names is fetched or put in its place.
_PARSER: Final = {"no_network": True, "resolve_entities": False, "load_dtd": False}


def check_fits(content: bytes) -> None:
    """Hold a pain.001 message against the schema of PSA_PAYMENT_SCHEMA, else our own subset of it.

    Raises  DomainError saying where it does not fit.
    """
    from lxml import etree  # type: ignore[import-untyped]

    path = settings.PAYMENT_SCHEMA or SUBSET
    schema = _schema(path)
    document = etree.fromstring(content, etree.XMLParser(**_PARSER))
    if schema.validate(document):
        return
    first = next(iter(schema.error_log), None)
    where = f" {first.message}" if first is not None else ""
    raise DomainError(f"The payment file does not fit {path.name}.{where[:300]}")


@lru_cache(maxsize=4)
def _schema(path: Path) -> Any:
    from lxml import etree

    try:
        return etree.XMLSchema(etree.parse(path, etree.XMLParser(**_PARSER)))
    except (OSError, etree.XMLSyntaxError, etree.XMLSchemaParseError) as error:
        raise DomainError(
            f"{path.name} cannot be read as a schema: {str(error)[:200]} Whoever runs the server sets "
            "PSA_PAYMENT_SCHEMA."
        ) from None
