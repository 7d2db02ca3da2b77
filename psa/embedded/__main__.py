"""`python -m psa.embedded env|stop|remove`: the embedded servers by hand.

eval "$(python -m psa.embedded env)"    start them, keep them running, export their addresses
python -m psa.embedded stop             stop them unless somebody uses them
python -m psa.embedded remove           stop them and delete all their data
"""

import shlex
import sys

from psa import embedded


def main(arguments: list[str]) -> int:
    if arguments == ["env"]:
        for name, value in embedded.keep_running().environment().items():
            print(f"export {name}={shlex.quote(value)}")
        return 0
    ends = {"stop": embedded.stop, "remove": embedded.remove}
    if len(arguments) == 1 and arguments[0] in ends:
        if ends[arguments[0]]():
            return 0
        print("The servers are in use; they stop with their last user.", file=sys.stderr)
        return 1
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except embedded.EmbeddedError as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(1)
