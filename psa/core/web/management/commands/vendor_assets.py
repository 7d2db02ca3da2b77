"""Copy the few browser files that pages load from their packages into static/vendor/."""

import re
import shutil
import tempfile
from argparse import ArgumentParser
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from psa.core.command import UncheckedCommand

# source below node_modules -> target below static/vendor
NODE_FILES = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "idb/build/index.js": "idb.js",
    "tinykeys/dist/tinykeys.module.js": "tinykeys.js",
}
# For the PDFs, which need plain TrueType: figures of one width, and the signs of all currencies.
NODE_FONTS = {
    "@expo-google-fonts/roboto/400Regular/Roboto_400Regular.ttf": "roboto/Regular.ttf",
    "@expo-google-fonts/roboto/400Regular_Italic/Roboto_400Regular_Italic.ttf": "roboto/Italic.ttf",
    "@expo-google-fonts/roboto/700Bold/Roboto_700Bold.ttf": "roboto/Bold.ttf",
}
NODE_PACKAGES = (
    "@tabler/core",
    "@tabler/icons",
    "@fontsource-variable/inter",
    "idb",
    "tinykeys",
    "@expo-google-fonts/roboto",
)
INTER = "@fontsource-variable/inter"
INTER_SUBSETS = ("latin", "latin-ext")
HTMX = "htmx-2.min.js"

SCANNED = ("templates/**/*.html", "static/js/**/*.js", "*/**/*.py")
NOT_SCANNED = {"node_modules", "tests", "migrations", ".venv"}
ICON_NAMES = (
    re.compile(r"""\bicon["']?\s*[=:]\s*["']([a-z0-9]+(?:-[a-z0-9]+)*)["']"""),
    re.compile(r"""<c-icon\b[^>]*?\sname=["']([a-z0-9]+(?:-[a-z0-9]+)*)["']""", re.DOTALL),
    re.compile(r"""{%\s*icon\s+["']([a-z0-9]+(?:-[a-z0-9]+)*)["']"""),
    re.compile(r"""icons\.svg#i-([a-z0-9]+(?:-[a-z0-9]+)*)"""),
)
SOURCE_MAP = re.compile(
    r"^\s*//[#@] sourceMappingURL=.*$|/\*[#@] sourceMappingURL=.*?\*/", re.MULTILINE
)
FONT_FACE = re.compile(r"(?:/\*[^*]*\*/\s*)?@font-face\s*{[^}]*}")
FILLED = "-filled"


class Command(UncheckedCommand):
    help = "Copies browser libraries, fonts and the icons in use into static/vendor/."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check",
            action="store_true",
            help="fail when a page names an unknown icon",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        modules = Path(settings.BASE_DIR) / "node_modules"
        if not modules.is_dir():
            raise CommandError("node_modules is not there: run `make setup` (npm ci) first.")
        target = Path(settings.BASE_DIR) / "static" / "vendor"
        # Built beside and swapped in, so that a server that runs meanwhile misses no file for long.
        target.parent.mkdir(exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix="vendor.", dir=target.parent))
        unfinished.chmod(0o755)
        for source, name in NODE_FILES.items():
            _write_text(unfinished / name, (modules / source).read_text("utf-8"))
        _write_text(unfinished / "htmx.min.js", (_htmx_folder() / HTMX).read_text("utf-8"))
        (unfinished / "roboto").mkdir()
        for source, name in NODE_FONTS.items():
            shutil.copyfile(modules / source, unfinished / name)
        _copy_inter(modules / INTER, unfinished / "inter")
        used = icons_in_use(Path(settings.BASE_DIR))
        sprite, missing = icon_sprite(modules / "@tabler" / "icons" / "icons", used)
        (unfinished / "icons.svg").write_text(sprite, "utf-8")
        (unfinished / "LICENSES.txt").write_text(_licences(modules), "utf-8")
        _swap_in(unfinished, target)
        for name in missing:
            self.stderr.write(f"There is no icon '{name}' in the set; used in {used[name]}.")
        if missing and options["check"]:
            raise CommandError("Icons are missing: " + ", ".join(missing))
        if options["verbosity"] > 1:
            self.stdout.write(f"{len(used) - len(missing)} icons, {len(NODE_FILES) + 2} libraries")


def _swap_in(finished: Path, target: Path) -> None:
    former = finished.with_name(f"{finished.name}.former")
    if target.exists():
        target.rename(former)
    try:
        finished.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        shutil.rmtree(finished)  # another run of this command has just put the same files there
    shutil.rmtree(former, ignore_errors=True)


def icons_in_use(project: Path) -> dict[str, str]:
    """Icon names that pages, scripts and code write out, each with one file that names it."""
    found: dict[str, str] = {}
    for pattern in SCANNED:
        for path in sorted(project.glob(pattern)):
            inside = path.relative_to(project)
            if NOT_SCANNED & set(inside.parts):
                continue
            text = path.read_text("utf-8")
            for expression in ICON_NAMES:
                for name in expression.findall(text):
                    found.setdefault(name, str(inside))
    return found


def icon_sprite(icons: Path, names: dict[str, str]) -> tuple[str, list[str]]:
    """The sprite of those `names` that exist (ids `i-<name>`), and the names that do not."""
    symbols, missing = [], []
    for name in sorted(names):
        filled = name.endswith(FILLED)
        folder, stem = ("filled", name.removesuffix(FILLED)) if filled else ("outline", name)
        path = icons / folder / f"{stem}.svg"
        drawing = path.is_file() and re.search(
            r"<svg[^>]*>(.*)</svg>", path.read_text("utf-8"), re.DOTALL
        )
        if not drawing:
            missing.append(name)
            continue
        paint = (
            'fill="currentColor"'
            if filled
            else 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
        )
        shapes = re.sub(r"\s*\n\s*", "", drawing.group(1))
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24" {paint}>{shapes}</symbol>')
    sprite = '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    return sprite, missing


def without_foreign_addresses(text: str) -> str:
    """The file without source-map comments and without fonts from other hosts.

    The manifest storage refuses a map that is not there, the content policy a foreign font.
    """
    text = SOURCE_MAP.sub("", text)
    return FONT_FACE.sub(lambda rule: "" if "//" in _without_comments(rule[0]) else rule[0], text)


def _without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def _write_text(path: Path, text: str) -> None:
    path.write_text(without_foreign_addresses(text), "utf-8")


def _copy_inter(source: Path, target: Path) -> None:
    (target / "files").mkdir(parents=True)
    rules = []
    for rule in FONT_FACE.findall((source / "index.css").read_text("utf-8")):
        file = re.search(r"url\(\./files/(inter-(.+)-wght-normal\.woff2)\)", rule)
        if file and file[2] in INTER_SUBSETS:
            rules.append(rule)
            shutil.copyfile(source / "files" / file[1], target / "files" / file[1])
    if len(rules) != len(INTER_SUBSETS):
        raise CommandError(f"{source} does not hold the subsets {INTER_SUBSETS} as expected.")
    (target / "index.css").write_text("\n\n".join(rules) + "\n", "utf-8")


def _htmx_folder() -> Path:
    spec = find_spec("django_htmx")
    if spec is None or spec.origin is None:
        raise CommandError("django-htmx is not installed.")
    return Path(spec.origin).parent / "static" / "django_htmx"


def _licences(modules: Path) -> str:
    parts = []
    for package in NODE_PACKAGES:
        folder = modules / package
        texts = sorted(folder.glob("LICEN[CS]E*"))
        release = re.search(r'"version":\s*"([^"]+)"', (folder / "package.json").read_text("utf-8"))
        kind = re.search(r'"license":\s*"([^"]+)"', (folder / "package.json").read_text("utf-8"))
        body = texts[0].read_text("utf-8").strip() if texts else (kind[1] if kind else "")
        parts.append(f"{package} {release[1] if release else ''}\n\n{body}")
    parts.append(f"htmx 2, from django-htmx {version('django-htmx')}\n\nZero-Clause BSD")
    return f"\n\n{'-' * 72}\n\n".join(parts) + "\n"
