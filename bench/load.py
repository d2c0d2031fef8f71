"""Load on a server: `wrk` where it is on PATH, else a small generator on uvloop and httptools.

A load is a list of whole requests; connections send them in turn, keep-alive, one at a time each.
"""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import cast

import httptools


@dataclass(frozen=True)
class Request:
    """One request: the path below the host, and a body for a POST."""

    path: str
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rate:
    """What a load measured."""

    requests: int
    seconds: float
    failures: int

    @property
    def per_second(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def generator() -> str:
    """Which generator is used."""
    return "wrk" if shutil.which("wrk") else "bench.load (uvloop, httptools)"


def run(port: int, requests: Sequence[Request], *, connections: int, seconds: float) -> Rate:
    """Load the server; a response that is not 2xx is a failure."""
    if shutil.which("wrk"):
        return _wrk(port, requests, connections, seconds)
    given = json.dumps([asdict(each) for each in requests])
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", str(port), str(connections), str(seconds)],
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )
    rate = Rate(**json.loads(done.stdout))
    if rate.requests == 0:
        raise SystemExit(f"the load generator got no answer: {done.stderr}")
    return rate


def _wrk(port: int, requests: Sequence[Request], connections: int, seconds: float) -> Rate:
    lines = ["local requests = {}"]
    for number, each in enumerate(requests, start=1):
        headers = ", ".join(f"[{json.dumps(k)}] = {json.dumps(v)}" for k, v in each.headers.items())
        method = "POST" if each.body else "GET"
        body = f"[==[{each.body}]==]" if each.body else "nil"
        lines.append(
            f"requests[{number}] = wrk.format({json.dumps(method)}, {json.dumps(each.path)},"
            f" {{{headers}}}, {body})"
        )
    lines += [
        "local n = 0",
        f"request = function() n = n % {len(requests)} + 1; return requests[n] end",
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        _ = script.write("\n".join(lines))
        script.flush()
        done = subprocess.run(
            [
                "wrk",
                "-t1",
                f"-c{connections}",
                f"-d{seconds}s",
                "--timeout",
                "30s",
                "-s",
                script.name,
                f"http://127.0.0.1:{port}/",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
    found = re.search(r"(\d+) requests in ([\d.]+)(ms|s|m)", done.stdout)
    if found is None:
        raise SystemExit(done.stdout + done.stderr)
    unit = {"ms": 0.001, "s": 1.0, "m": 60.0}[found.group(3)]
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    return Rate(int(found.group(1)), float(found.group(2)) * unit, int(failed[1]) if failed else 0)


class _Connection(asyncio.Protocol):
    def __init__(self, wires: Sequence[bytes], offset: int) -> None:
        self._wires, self._next = wires, offset
        self.requests = self.failures = 0
        self.stopping = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._transport.write(self._wires[self._next % len(self._wires)])
        self._next += 1

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.requests += 1
        self.failures += self._parser.get_status_code() >= 300
        if self.stopping:
            self._transport.close()
        else:
            self._send()


async def _generate(port: int, wires: Sequence[bytes], connections: int, seconds: float) -> Rate:
    loop = asyncio.get_running_loop()
    begun = time.monotonic()
    made = [
        (await loop.create_connection(lambda n=n: _Connection(wires, n), "127.0.0.1", port))[1]
        for n in range(connections)
    ]
    await asyncio.sleep(seconds)
    for each in made:
        each.stopping = True
    return Rate(
        sum(each.requests for each in made),
        time.monotonic() - begun,
        sum(each.failures for each in made),
    )


def wire(request: Request) -> bytes:
    """A request as it goes over the connection."""
    body = request.body.encode()
    head = [f"{'POST' if body else 'GET'} {request.path} HTTP/1.1", "Host: 127.0.0.1"]
    head += [f"{name}: {value}" for name, value in request.headers.items()]
    if body:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode() + body


if __name__ == "__main__":
    import uvloop

    requests = [Request(**each) for each in json.load(sys.stdin)]
    rate = uvloop.run(
        _generate(
            int(sys.argv[1]),
            [wire(each) for each in requests],
            int(sys.argv[2]),
            float(sys.argv[3]),
        )
    )
    print(json.dumps(asdict(rate)))
