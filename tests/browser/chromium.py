"""Which browser the tests drive: the machine's, or one that is fetched into `.browser/`."""

import fcntl
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FETCHED = Path(__file__).with_name("fetched")
FOLDER = ROOT / ".browser"

CHOSEN = "ENSUITE_BROWSER"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OF_PLAYWRIGHT = ("chromium-*/chrome-linux*/chrome", "chromium-*/chrome-mac*/*.app/Contents/MacOS/*")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",  # text is as wide on every machine
)
FETCH_SECONDS = 300


class NoBrowser(Exception):
    """There is no browser to test in."""


@dataclass(frozen=True)
class Chromium:
    """A browser, and what its environment needs."""

    program: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def launch_options(self) -> dict[str, Any]:
        """The arguments of Playwright's `launch`."""
        # Without a user namespace of its own, root's browser has no sandbox.
        sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
        return {
            "executable_path": str(self.program),
            "args": [*FLAGS, *sandbox],
            "env": {**os.environ, **self.environment},
        }


def find() -> Chromium:
    """The browser of this machine.

    Raises:
        NoBrowser: it has none, and none could be fetched.

    """
    chosen = os.environ.get(CHOSEN)
    if chosen:
        if not Path(chosen).is_file():
            raise NoBrowser(f"{CHOSEN} names {chosen}, and there is no such program.")
        return Chromium(Path(chosen))
    installed = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if installed:
        return Chromium(Path(installed))
    left = _left_by_playwright()
    return Chromium(left) if left else _fetched()


def _left_by_playwright() -> Path | None:
    """The newest that `playwright install` put into its folder."""
    cache = "Library/Caches" if sys.platform == "darwin" else ".cache"
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    folder = Path(named) if named else Path.home() / cache / "ms-playwright"
    return max((each for pattern in OF_PLAYWRIGHT for each in folder.glob(pattern)), default=None)


def _fetched() -> Chromium:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise NoBrowser(
            f"There is no Chromium: install one, or name its program in {CHOSEN}; "
            "there is none to fetch for this system."
        )
    FOLDER.mkdir(exist_ok=True)
    unpacked = FOLDER / "unpacked"
    with (FOLDER / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = (FETCHED / "package-lock.json").read_text()
        if not unpacked.exists() or unpacked.read_text() != wanted:
            _fetch()
            _ = unpacked.write_text(wanted)
    return Chromium(
        FOLDER / "chromium",
        {
            "LD_LIBRARY_PATH": str(FOLDER / "lib"),
            "FONTCONFIG_PATH": str(FOLDER),
            "FONTCONFIG_FILE": str(FOLDER / "fonts.conf"),
        },
    )


def _fetch() -> None:
    for file in FETCHED.iterdir():
        _ = shutil.copy(file, FOLDER)
    for words in (("ci", "--ignore-scripts", "--loglevel", "error"), ("run", "--silent", "unpack")):
        done = subprocess.run(
            [sys.executable, ROOT / "run", "npm", "--prefix", FOLDER, *words],
            capture_output=True,
            text=True,
            timeout=FETCH_SECONDS,
            check=False,
        )
        if done.returncode:
            raise NoBrowser(
                f"There is no Chromium, and none could be fetched: install one, or name its program "
                f"in {CHOSEN}. {done.stderr.strip()}"
            )
    for name in ("al2023.tar", "fonts.tar"):
        with tarfile.open(FOLDER / name) as archive:
            archive.extractall(FOLDER, filter="data")
        (FOLDER / name).unlink()
    fonts = FOLDER / "fonts.conf"
    # It names the folders of a function in a cloud.
    _ = fonts.write_text(
        fonts.read_text()
        .replace("/var/task/fonts", str(FOLDER / "fonts"))
        .replace("/tmp/fonts-cache/", str(FOLDER / "fonts-cache"))  # noqa: S108 - not there any more
    )
    (FOLDER / "chromium").chmod(0o755)
    shutil.rmtree(FOLDER / "node_modules")
