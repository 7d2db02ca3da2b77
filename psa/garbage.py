"""How a process that serves requests or works through jobs looks for garbage."""

import gc

# A batch of 5,000 entries makes half a million objects that all live until its transaction ends;
# the interpreter's own threshold of 700 goes through them hundreds of times for nothing.
YOUNG, MIDDLE, OLD = 50_000, 20, 20


def look_rarely() -> None:
    """Call it before the code is loaded, for a tenth of that is to look through it half way."""
    gc.set_threshold(YOUNG, MIDDLE, OLD)


def settle() -> None:
    """Take what is loaded for permanent, and look through the rest less often.

    Call it once, when the code is loaded: a collection that went through the code as well would
    cost a large request half its time. Memory of cycles is held a few megabytes longer.
    """
    gc.collect()
    gc.freeze()
    look_rarely()
