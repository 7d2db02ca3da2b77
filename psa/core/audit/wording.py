"""Numbers in the sentences of the trail."""


def counted(count: int, one: str, many: str) -> str:
    """`1 entry`, `2 entries`, `1,200 entries`."""
    return f"{count:,} {one if count == 1 else many}"
