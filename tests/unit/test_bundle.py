"""`bundle.py`: when the page is built, with which Node, and what comes of it."""

import gzip
import json
from pathlib import Path

import pytest

import bundle

# Stands for npm: notes what it is asked, and builds a page of one file.
NPM = """#!/bin/sh
echo "$@" >> npm.log
case "$*" in
    ci*) mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json ;;
    *build*) mkdir -p node_modules/.page && cp index.html node_modules/.page ;;
esac
"""
LOCK = {
    "packages": {
        "": {"name": "ensuite-ui"},
        "node_modules/react": {"version": "19.3.1"},
        "node_modules/for-windows": {"version": "1.0.0", "optional": True},
    }
}


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script)
    path.chmod(0o755)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with a page."""
    source = tmp_path / bundle.UI
    source.mkdir()
    (tmp_path / bundle.STATIC).parent.mkdir(parents=True)
    (source / "package.json").write_text("{}")
    (source / "package-lock.json").write_text(json.dumps(LOCK))
    (source / "index.html").write_text("<title>The page</title>" * 20)
    return tmp_path


@pytest.fixture
def node(root: Path) -> bundle.Node:
    npm = program(root / "bin/npm", NPM)
    return bundle.Node(npm.parent, (str(npm),))


def asked(root: Path) -> list[str]:
    """The commands that npm was given, by their first word."""
    return [line.split()[0] for line in (root / bundle.UI / "npm.log").read_text().splitlines()]


def test_a_page_that_was_never_built_is_stale(root: Path) -> None:
    assert bundle.is_stale(root)


def test_a_checkout_without_a_page_is_never_stale(tmp_path: Path) -> None:
    assert not bundle.is_stale(tmp_path)


def test_the_fingerprint_leaves_out_the_packages(root: Path) -> None:
    before = bundle.fingerprint(root / bundle.UI)
    (root / bundle.UI / "node_modules/react").mkdir(parents=True)
    (root / bundle.UI / "node_modules/react/index.js").write_text("")

    assert bundle.fingerprint(root / bundle.UI) == before


@pytest.mark.parametrize("change", ["edit", "add", "rename"])
def test_the_fingerprint_changes_with_every_file(root: Path, change: str) -> None:
    before = bundle.fingerprint(root / bundle.UI)
    document = root / bundle.UI / "index.html"
    match change:
        case "edit":
            document.write_text("<title>Another page</title>")
        case "add":
            (root / bundle.UI / "main.tsx").write_text("")
        case _:
            document.rename(document.with_name("start.html"))

    assert bundle.fingerprint(root / bundle.UI) != before


def test_a_build_packs_the_files_and_lasts_while_the_source_stays(
    root: Path, node: bundle.Node
) -> None:
    bundle.build(root, node)
    static = root / bundle.STATIC
    built = (static / bundle.FINGERPRINT).read_text()
    (root / bundle.UI / "npm.log").unlink()  # which a real npm does not write

    assert bundle.fingerprint(root / bundle.UI) == built
    assert gzip.decompress((static / "index.html.gz").read_bytes()) == (
        (static / "index.html").read_bytes()
    )


def test_packages_that_are_there_are_not_installed_again(root: Path, node: bundle.Node) -> None:
    bundle.build(root, node)
    bundle.build(root, node)

    assert asked(root) == ["ci", "exec", "exec"]


def test_another_version_in_the_lock_file_is_installed(root: Path, node: bundle.Node) -> None:
    bundle.build(root, node)
    changed = json.loads(json.dumps(LOCK).replace("19.3.1", "19.3.2"))
    (root / bundle.UI / "package-lock.json").write_text(json.dumps(changed))
    bundle.build(root, node)

    assert asked(root) == ["ci", "exec", "ci", "exec"]


def test_a_new_bundle_holds_nothing_of_the_one_before(root: Path, node: bundle.Node) -> None:
    (root / bundle.STATIC).mkdir()
    (root / bundle.STATIC / "old.js").write_text("")
    bundle.build(root, node)

    assert sorted(path.name for path in (root / bundle.STATIC).iterdir()) == [
        bundle.FINGERPRINT,
        "index.html",
        "index.html.gz",
    ]


def test_a_package_for_another_system_need_not_be_there(root: Path) -> None:
    there = {"packages": {"node_modules/react": {"version": "19.3.1"}}}
    kept = root / bundle.UI / "node_modules/.package-lock.json"
    kept.parent.mkdir()
    kept.write_text(json.dumps(there))

    assert bundle.is_installed(root / bundle.UI)


def test_a_build_that_fails_leaves_the_page_stale(root: Path) -> None:
    npm = program(root / "bin/npm", "#!/bin/sh\nexit 3\n")
    with pytest.raises(bundle.BuildFailed, match="ended with 3"):
        bundle.build(root, bundle.Node(npm.parent, (str(npm),)))

    assert bundle.is_stale(root)


@pytest.mark.parametrize(
    ("version", "usable"),
    [("v20.20.2", False), ("v22.17.0", False), ("v22.18.0", True), ("v24.0.1", True), ("?", False)],
)
def test_the_node_on_the_path_is_used_if_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, usable: bool
) -> None:
    program(tmp_path / "node", f"#!/bin/sh\necho '{version}'\n")
    program(tmp_path / "npm", "#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = bundle.system_node()

    assert (found is not None) == usable


def test_a_machine_may_have_no_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert bundle.system_node() is None
