"""The proxy of the guide, in front of real processes: what a client sees when one of them dies."""

import asyncio
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from tests.client import ROOT_EMAIL, ROOT_PASSWORD
from tests.docs import pages
from tests.durability.site import Remote, Site, Spawned
from tests.patience import until

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"

pytestmark = pytest.mark.skipif(not Path(NGINX).exists(), reason="the guide's proxy is nginx")

# What a distribution has around a site: here, everything below one folder.
AROUND = """
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def configuration(folder: Path, port: int, upstreams: tuple[Spawned, Spawned]) -> str:
    """The guide's configuration, with addresses of this machine."""
    [site] = [
        each.text for each in pages.blocks("docs/guides/cluster.md") if each.language == "nginx"
    ]
    site = site.replace("listen 80;", f"listen 127.0.0.1:{port};")
    for said, process in zip(("10.0.0.11:8000", "10.0.0.12:8000"), upstreams, strict=True):
        assert said in site
        site = site.replace(said, process.url.removeprefix("http://"))
    return AROUND.format(folder=folder, site=site)


@pytest.fixture
async def cluster(site: Site) -> AsyncIterator[tuple[Remote, tuple[Spawned, Spawned]]]:
    """Two API nodes and a worker behind nginx, called as root."""
    nodes = (await site.serve("--no-worker"), await site.serve("--no-worker"))
    _ = await site.worker()
    folder, port = site.folder / "nginx", free_port()
    folder.mkdir()
    path = folder / "nginx.conf"
    _ = path.write_text(configuration(folder, port, nodes))
    with (folder / "log").open("wb") as log:
        nginx = subprocess.Popen([NGINX, "-e", "stderr", "-c", str(path)], stderr=log)  # noqa: ASYNC220
    api = Remote(f"http://127.0.0.1:{port}/")
    try:

        async def answers() -> bool:
            assert nginx.poll() is None, (folder / "log").read_text()
            try:
                return (await api.get("__health_check")).status == 200
            except httpx2.TransportError:
                return False

        await until(answers)
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        yield api, nodes
    finally:
        await api.__aexit__()
        nginx.terminate()
        _ = await asyncio.to_thread(nginx.wait, 20)


async def test_both_nodes_answer_and_know_the_same(
    cluster: tuple[Remote, tuple[Spawned, Spawned]], site: Site
) -> None:
    api, processes = cluster
    nodes = [Remote(f"{each.url}/", api.headers) for each in processes]
    site.clients.extend(nodes)
    await api.blog()
    _ = await api.workflow("posts", key="k")

    async def started(through: Remote) -> dict[str, object]:
        reply = await through.post("posts:create", {"title": "x"}, triggerWorkflows="k")
        return reply.workflows[0]

    for node in nodes:
        # What one node was told, the other one hears of within a second.
        async def knows(node: Remote = node) -> bool:
            return (await started(node))["state"] == "queued"

        await until(knows)
    for _ in range(10):
        execution_id = (await started(api))["executionId"]
        assert isinstance(execution_id, int)
        assert (await api.ended(execution_id))["status"] == 1
    counts = {(await node.get("posts:list")).body["meta"]["count"] for node in nodes}

    assert len(counts) == 1
    assert (await api.get("posts:list", page="0")).status == 400
    async with httpx2.AsyncClient(base_url=api.url) as http:
        assert (await http.get("/metrics")).status_code == 404


async def test_a_node_that_is_killed_is_not_missed(
    cluster: tuple[Remote, tuple[Spawned, Spawned]],
) -> None:
    api, nodes = cluster
    await api.collection("posts", {"name": "title", "type": "string"})
    for number in range(4):
        _ = (await api.post("posts:create", {"title": f"before {number}"})).data
    nodes[0].kill()
    # Refused before it was sent, so also what writes goes to the other one.
    for number in range(20):
        _ = (await api.post("posts:create", {"title": f"after {number}"})).data
        assert (await api.get("posts:list")).status == 200

    assert (await api.get("posts:list")).body["meta"]["count"] == 24


async def test_events_come_through_as_they_happen(
    cluster: tuple[Remote, tuple[Spawned, Spawned]],
) -> None:
    api, _ = cluster
    await api.blog()
    _ = await api.workflow("posts", key="k")
    async with (
        asyncio.timeout(30),
        httpx2.AsyncClient(base_url=api.url, headers=api.headers) as http,
        http.stream("GET", "/api/executions:stream") as stream,
    ):
        lines = stream.aiter_lines()
        assert await anext(lines) == ": welcome"
        _ = await api.post("posts:create", {"title": "x"}, triggerWorkflows="k")
        async for line in lines:
            if line == "event: execution":
                break
        else:
            raise AssertionError("the stream ended before the event")
