"""The file `run`, in a folder of its own with stand-ins for the programs that it starts."""

import ast
import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-otel.lock", "requirements-dev.lock")
FILES = ("run", "bundle.py", "pyproject.toml", *LOCKS)

# Stands for uv: notes what it is asked, and makes a `.venv` with a Python that echoes.
UV = """#!/bin/sh
echo "$@" >> uv.log
if [ "$1" = venv ]; then
    sleep 0.2
    mkdir -p .venv/bin
    printf '#!/bin/sh\\necho "$@"\\n' > .venv/bin/python
    chmod +x .venv/bin/python
fi
"""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A copy of what `run` needs of the repository."""

    root: Path

    def module(self) -> ModuleType:
        """The copy of `run`, imported."""
        loader = importlib.machinery.SourceFileLoader("run", str(self.root / "run"))
        spec = importlib.util.spec_from_loader("run", loader)
        assert spec is not None
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
        return module

    def program(self, path: str, script: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(script)
        file.chmod(0o755)

    def set_up(self, *locks: str) -> ModuleType:
        """Make a `.venv` that looks as if it had been set up from these locks."""
        run = self.module()
        self.program(".venv/bin/python", '#!/bin/sh\necho "$@"\nexit 7\n')
        for lock in locks:
            run.stamp(lock).write_text(run.digest(self.root, lock))
        return run

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, self.root / "run", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PATH": f"{self.root}:{os.environ['PATH']}"},
        )

    def finish(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of a command."""
        with self.start(*arguments) as process:
            output, errors = process.communicate(timeout=20)
            return process.returncode, output, errors


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    for name in FILES:
        shutil.copy(REPOSITORY / name, tmp_path)
    return Checkout(tmp_path)


@pytest.mark.parametrize("word", ["help", "--help", "-h"])
def test_help_lists_the_commands(checkout: Checkout, word: str) -> None:
    code, output, errors = checkout.finish(word)

    assert (code, errors) == (0, "")
    for command in ("serve", "worker", "test", "check", "bench"):
        assert f"./run {command}" in output


def test_an_unknown_command_is_an_error_with_advice(checkout: Checkout) -> None:
    found = checkout.finish("sevre")

    assert found == (2, "", "There is no command 'sevre': './run help' lists the commands.\n")


def test_an_old_python_can_read_the_file_and_so_say_what_it_needs() -> None:
    ast.parse((REPOSITORY / "run").read_text(), feature_version=(3, 7))


@pytest.mark.parametrize(
    ("arguments", "started"),
    [
        ([], "-m ensuite.cli serve"),
        (["--port", "9000"], "-m ensuite.cli serve --port 9000"),
        (["serve", "--help"], "-m ensuite.cli serve --help"),
        (["worker", "--lanes", "3"], "-m ensuite.cli worker --lanes 3"),
        (["test", "-k", "two words"], "-m pytest -k two words"),
        (["bench", "creates"], "-m bench creates"),
    ],
)
def test_a_command_becomes_its_program(
    checkout: Checkout, arguments: Sequence[str], started: str
) -> None:
    checkout.set_up(*LOCKS)
    found = checkout.finish(*arguments)

    assert found == (7, f"{started}\n", "")


def test_check_runs_every_tool_and_fails_as_the_first_that_failed(checkout: Checkout) -> None:
    checkout.set_up(*LOCKS)
    checkout.program(".venv/bin/ruff", "#!/bin/sh\necho ruff $1\n")
    checkout.program(".venv/bin/basedpyright", "#!/bin/sh\necho basedpyright\nexit 3\n")
    checkout.program(".venv/bin/lint-imports", "#!/bin/sh\necho lint-imports\nexit 4\n")
    code, output, _ = checkout.finish("check")

    assert code == 3
    assert output.splitlines() == ["ruff format", "ruff check", "basedpyright", "lint-imports"]


def test_serving_does_not_need_what_developing_needs(checkout: Checkout) -> None:
    run = checkout.set_up("requirements.lock")

    assert run.is_fresh("requirements.lock")
    assert not run.is_fresh("requirements-dev.lock")


@pytest.mark.parametrize(
    ("given", "lock"),
    [
        ("", "requirements.lock"),
        ("off", "requirements.lock"),
        ("on", "requirements-otel.lock"),
        ("True", "requirements-otel.lock"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_tracing_needs_packages_of_its_own(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, command: str, given: str, lock: str
) -> None:
    monkeypatch.setenv("ENSUITE_TRACING", given)
    checkout.program("uv", UV)
    _ = checkout.finish(command)
    run = checkout.module()

    assert lock in (checkout.root / "uv.log").read_text()
    # Each lock is compiled on top of the one before, so that none of these is installed twice.
    assert [each for each in LOCKS if run.is_fresh(each)] == [*LOCKS[: LOCKS.index(lock) + 1]]


def test_each_lock_holds_the_ones_before() -> None:
    kept = [
        {line for line in (REPOSITORY / lock).read_text().splitlines() if "==" in line}
        for lock in LOCKS
    ]

    assert kept[0] < kept[1] < kept[2]


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        ("requirements.lock", ["requirements.lock"]),
        ("requirements-otel.lock", ["requirements-otel.lock"]),
        ("requirements-dev.lock", ["requirements-dev.lock"]),
        ("pyproject.toml", [*LOCKS]),
        ("run", []),
    ],
)
def test_a_change_makes_stale_what_depends_on_it(
    checkout: Checkout, changed: str, stale: Sequence[str]
) -> None:
    run = checkout.set_up(*LOCKS)
    with (checkout.root / changed).open("a") as file:
        file.write("\n")

    assert [lock for lock in LOCKS if not run.is_fresh(lock)] == stale


def test_an_environment_whose_python_is_gone_is_stale(checkout: Checkout) -> None:
    run = checkout.set_up(*LOCKS)
    run.PYTHON.unlink()
    run.PYTHON.symlink_to("/no/such/python")

    assert not run.is_fresh("requirements.lock")


def test_a_moved_checkout_is_stale(checkout: Checkout, tmp_path: Path) -> None:
    checkout.set_up(*LOCKS)
    moved = Checkout(tmp_path / "moved")
    shutil.copytree(checkout.root, moved.root, ignore=shutil.ignore_patterns("moved"))

    assert not moved.module().is_fresh("requirements.lock")


def test_commands_that_start_at_once_set_up_once(checkout: Checkout) -> None:
    checkout.program("uv", UV)
    with checkout.start("test") as one, checkout.start("serve") as other:
        outputs = [one.communicate(timeout=20)[0], other.communicate(timeout=20)[0]]
    asked = (checkout.root / "uv.log").read_text().splitlines()

    assert outputs == ["-m pytest\n", "-m ensuite.cli serve\n"]
    assert len([each for each in asked if each.startswith("venv --quiet")]) == 1
