"""Every command of the README, the tutorial and the guides works as it stands there.

One reader starts Ensuite as the tutorial says, and follows the pages in one shell, block by block.
What differs from a reader's machine is in `SUBSTITUTIONS`.
"""

import itertools
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ensuite import cli
from ensuite.workflow import Node
from ensuite.workflow.node import node_types
from tests.docs import pages
from tests.docs.pages import Block

BASH = shutil.which("bash") or ""
START_SECONDS = 60
FOLLOW_SECONDS = 180
READER_SECONDS = 0.5
"""A reader takes longer than this from a call that starts a workflow to the next command."""

FOLLOWED = (
    "docs/tutorial.md",
    "README.md",
    "docs/guides/api-keys.md",
    "docs/guides/roles.md",
    "docs/guides/retries-and-waiting.md",
    "docs/guides/people.md",
)
"""In this order: each page goes on where those before it have come to."""

MANUAL = (
    """
curl -X POST -H 'Authorization: Bearer <votre token>' -H 'X-Role: <nomDuRôle>' -d \\
  '{
    "title": "Bonjour, le monde!",
    "content": "Ceci est un message de test."
  }'
  "http://localhost:3000/api/posts:create?triggerWorkflows=cléDuFluxDeTravail"
""",
    """
curl -X POST -H 'Authorization: Bearer <votre token>' -H 'X-Role: <nomDuRôle>' -d \\
  '{
    "title": "Bonjour, le monde!",
    "content": "Ceci est un message de test.",
    "category": {
      "title": "Catégorie de test"
    }
  }'
  "http://localhost:3000/api/posts:create?triggerWorkflows=cléDuFluxDeTravail!category"
""",
)
"""The calls of NocoBase's manual, to the letter."""

KEYS = ("post-written", "category-written")
"""The workflows of the tutorial that the manual's calls start, in turn."""


def substitutions(address: str) -> Mapping[str, str]:
    """What a page says, and what stands for it here."""
    return {
        "localhost:8000": address,
        "localhost:3000": address,
        "<votre token>'": '\'"$TOKEN"',
        "<nomDuRôle>": "member",
        # A line that goes on needs a backslash, which the manual lacks there.
        "  }'\n  \"http": "  }' \\\n  \"http",
    }


needs_a_shell = pytest.mark.skipif(
    not (BASH and shutil.which("curl")), reason="the pages' commands are for bash and curl"
)


@dataclass(frozen=True)
class Output:
    """What a block printed."""

    code: int
    text: str


def is_server(block: Block) -> bool:
    """Whether a block starts Ensuite."""
    return block.language == "bash" and "./run" in block.text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serving(block: Block) -> Generator[tuple[str, Path]]:
    """Ensuite, started as a block says, on a free port and in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="ensuite-docs-"))
    log = folder / "log"
    port = free_port()
    command = f"exec {shlex.quote(sys.executable)} -m ensuite.cli serve --port {port}"
    environment = {n: v for n, v in os.environ.items() if not n.startswith("ENSUITE_")}
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [BASH, "-c", block.text.replace("./run", command)],
            env={**environment, "ENSUITE_DATA_DIR": str(folder / "data")},
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
        )
    try:
        address = f"127.0.0.1:{port}"
        wait_until_it_serves(address, process, log)
        yield address, log
    finally:
        process.terminate()
        _ = process.wait(START_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def wait_until_it_serves(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(START_SECONDS * 20):
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            with urllib.request.urlopen(f"http://{address}/api/__health_check", timeout=5) as found:
                assert found.read() == b"ok"
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(log.read_text(encoding="utf-8"))


def followed(blocks: Sequence[Block], address: str) -> Mapping[Block, Output]:
    """What the blocks print when one shell runs them; it stops at the first that fails."""
    script = ["set -eo pipefail"]
    for block in blocks:
        text = block.text
        for said, meant in substitutions(address).items():
            text = text.replace(said, meant)
        pause = READER_SECONDS if "triggerWorkflows" in text else 0
        script += [text, f"printf '\\036'; sleep {pause}"]
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(
        [BASH, "-c", "\n".join(script)],
        env={**os.environ, "PATH": programs},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=FOLLOW_SECONDS,
        check=False,
    )
    *texts, rest = ran.stdout.split("\036")
    outputs = dict(zip(blocks, (Output(0, text) for text in texts), strict=False))
    if ran.returncode:
        outputs[blocks[len(texts)]] = Output(ran.returncode, rest + ran.stderr)
    return outputs


def commands(page: str) -> list[Block]:
    return [each for each in pages.blocks(page) if each.language == "bash" and not is_server(each)]


def manual() -> list[Block]:
    return [
        Block("the manual", number, "bash", call.strip().replace("cléDuFluxDeTravail", key))
        for number, (call, key) in enumerate(zip(MANUAL, KEYS, strict=True), start=1)
    ]


@needs_a_shell
def test_who_follows_the_pages_gets_what_they_show() -> None:
    [start] = [block for block in pages.blocks("docs/tutorial.md") if is_server(block)]
    blocks = [block for page in FOLLOWED for block in commands(page)]
    with serving(start) as (address, _):
        outputs = followed([*blocks, *manual()], address)

    assert [f"{block}: {output.text}" for block, output in outputs.items() if output.code] == []
    assert [str(block) for block in (*blocks, *manual()) if block not in outputs] == []
    shown = {block: following for page in FOLLOWED for block, following in expectations(page)}
    for block, text in ((block, outputs[block].text) for block in blocks):
        if block not in shown:
            assert "urn:ensuite:error" not in text, f"{block}: {text}"
        elif shown[block].language == "text":
            assert text.strip() == shown[block].text, block
        else:
            assert alike(documents(text)) == alike(documents(shown[block].text)), block
    for block, key in zip(manual(), KEYS, strict=True):
        [response] = documents(outputs[block].text)
        [workflow] = response["meta"]["workflows"]
        assert response["data"]["title"] == "Bonjour, le monde!"
        assert (workflow["key"], workflow["state"]) == (key, "queued")


def expectations(page: str) -> list[tuple[Block, Block]]:
    """The commands whose output a page shows, each with the block that shows it."""
    return [
        (block, following)
        for block, following in itertools.pairwise(pages.blocks(page))
        if block.language == "bash" and not is_server(block) and following.language != "bash"
    ]


@needs_a_shell
def test_the_one_command_prints_where_the_first_account_is_made() -> None:
    [start] = [block for block in pages.blocks("README.md") if is_server(block)]
    with serving(start) as (address, log):
        found = re.search(r"/sign-in#setup=(\w+)", log.read_text(encoding="utf-8"))
        assert found is not None, log.read_text(encoding="utf-8")
        account = {"code": found[1], "email": "me@example.test", "password": "a password"}
        body = json.dumps(account).encode()
        with urllib.request.urlopen(f"http://{address}/api/setup:create", body) as response:
            token = json.load(response)["data"]["token"]

    assert token


@pytest.mark.parametrize(
    "block",
    [b for path in pages.every_page() for b in pages.blocks(pages.name_of(path)) if is_server(b)],
    ids=str,
)
def test_every_way_to_start_is_one_that_there_is(block: Block) -> None:
    for line in block.text.splitlines():
        words = shlex.split(line.partition("./run")[2]) or ["serve"]
        function, _, _ = cli.app.parse_args(words, print_error=False, exit_on_error=False)

        assert function.__name__ == words[0]


async def test_the_node_type_of_the_guide_for_contributors_works() -> None:
    [source] = [each.text for each in pages.blocks("CONTRIBUTING.md") if each.language == "python"]
    known = dict(node_types)
    names: dict[str, Any] = {"__name__": "example"}
    try:
        exec(source, names)  # noqa: S102 - our own page
        [name] = node_types.keys() - known.keys()
        node: Node = node_types[name].model_validate({"number": "{{$context.data.n}}"})
    finally:
        for added in node_types.keys() - known.keys():
            del node_types[added]
    step: Any = type("Step", (), {"scope": {"$context": {"data": {"n": 21}}}})()

    assert await node.run(step) == names["Done"](42.0)


def documents(text: str) -> list[Any]:
    """The JSON values of a text, one after the other."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while at < len(text.rstrip()):
        value, end = decoder.raw_decode(text, at + len(text[at:]) - len(text[at:].lstrip()))
        found.append(value)
        at = end
    return found


def alike(value: Any, name: str = "") -> Any:
    """A value with the same word for every id, of which no two runs have the same."""
    match value:
        case dict():
            return {each: alike(inner, each) for each, inner in value.items()}
        case list():
            return [alike(each, name) for each in value]
        case int() | str() if name == "id" or name.endswith("Id"):
            return type(value)
        case _:
            return value
