"""Makes one of Microsoft Project's own files XML, in a process of its own: a path in, a path out.

What a hostile file could do ends here: memory and processor time are limited, and nothing of the
application, its database or its secrets is in the process.
"""

import resource
import sys
from typing import Final

PROCESSOR_SECONDS: Final = 90
WRITTEN_BYTES: Final = 200 * 1024**2
HEAP: Final = "-Xmx768m"


def main(given: str, made: str) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN_BYTES, WRITTEN_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import jpype
    import mpxj  # noqa: F401 (puts its library in the path of the machine that is started)

    jpype.startJVM(HEAP, "-Djava.awt.headless=true")
    reader = jpype.JClass("org.mpxj.reader.UniversalProjectReader")()
    plan = reader.read(given)
    if plan is None:
        return 1
    formats = jpype.JClass("org.mpxj.writer.FileFormat")
    jpype.JClass("org.mpxj.writer.UniversalProjectWriter")(formats.MSPDI).write(plan, made)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
