"""The families of `GET /metrics`: each with its name, its type, its meaning, and where it is read.

`docs/reference/metrics.md` is made of this list.  Labels have few values by their nature: statuses,
classes of statuses, types of nodes.  None is a workflow, a collection or a user.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import psutil

from ensuite import __version__
from ensuite.api.endpoint import Endpoint
from ensuite.metrics import Histogram
from ensuite.storage.database import Database
from ensuite.workflow.dispatcher import Dispatcher
from ensuite.workflow.housekeeping import Housekeeper
from ensuite.workflow.outcome import Status
from ensuite.workflow.queue import Queue
from ensuite.workflow.watch import Watcher

Sample = tuple[str, float]
"""What follows the family's name, and the value."""

Kind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True)
class Measured:
    """Where the numbers of a process are."""

    database: Database
    dispatcher: Dispatcher
    watcher: Watcher
    endpoint: Endpoint
    housekeeper: Housekeeper | None
    lag: Histogram
    process: psutil.Process


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the numbers; `queue` is None where the database does not answer."""

    of: Measured
    queue: Queue | None


@dataclass(frozen=True, slots=True)
class Family:
    """Samples of one name."""

    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...]
    read: Callable[[Reading], Iterable[Sample]]


FAMILIES: list[Family] = []


def _family(
    name: str,
    kind: Kind,
    says: str,
    read: Callable[[Reading], Iterable[Sample]],
    labels: tuple[str, ...] = (),
) -> None:
    FAMILIES.append(Family(name, kind, says, labels, read))


def _one(value: float | None) -> Sequence[Sample]:
    return () if value is None else (("", value),)


def _by(label: str, values: Mapping[str, float]) -> Iterator[Sample]:
    for name, value in values.items():
        yield f'{{{label}="{_escaped(name)}"}}', value


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _buckets(histogram: Histogram, label: str = "") -> Iterator[Sample]:
    comma = "," if label else ""
    for bound, count in histogram.cumulative():
        yield f'_bucket{{{label}{comma}le="{bound:g}"}}', count
    own = f"{{{label}}}" if label else ""
    yield f'_bucket{{{label}{comma}le="+Inf"}}', histogram.count
    yield f"_sum{own}", histogram.total
    yield f"_count{own}", histogram.count


def _queue(read: Callable[[Queue], float | None]) -> Callable[[Reading], Iterable[Sample]]:
    return lambda reading: () if reading.queue is None else _one(read(reading.queue))


def _turns(reading: Reading) -> Iterator[Sample]:
    for name, histogram in sorted(reading.of.dispatcher.means.measures.turns.items()):
        yield from _buckets(histogram, f'type="{_escaped(name)}"')


def _ended(reading: Reading) -> Iterator[Sample]:
    counted = reading.of.dispatcher.means.measures.ended
    states = {each.name.lower(): counted[each] for each in Status if each != Status.STARTED}
    return _by("state", states)


def _answers(reading: Reading) -> Iterator[Sample]:
    by_class = reading.of.endpoint.requests.by_class
    return _by("status", {f"{digit}xx": by_class[digit] for digit in range(1, 6)})


# --- the whole installation, as its database has it: the same from every process ---------------

_family(
    "ensuite_database_up",
    "gauge",
    "Whether the database answered: 1 or 0. Where it did not, the four families below are absent.",
    lambda reading: _one(reading.queue is not None),
)
_family(
    "ensuite_executions_ready",
    "gauge",
    "Executions that wait for a worker, in the whole installation.",
    _queue(lambda queue: queue.ready),
)
_family(
    "ensuite_executions_oldest_ready_seconds",
    "gauge",
    "How long the oldest of them has been waiting; 0 where none is. The number to watch.",
    _queue(lambda queue: queue.oldest_seconds or 0),
)
_family(
    "ensuite_executions_running",
    "gauge",
    "Executions that some process holds, in the whole installation.",
    _queue(lambda queue: queue.running),
)
_family(
    "ensuite_executions_scheduled",
    "gauge",
    "Executions that wait for their time or for an answer, in the whole installation.",
    _queue(lambda queue: queue.scheduled),
)

# --- executions of this process ---------------------------------------------------------------

_family(
    "ensuite_process_executions_running",
    "gauge",
    "Executions that this process works on; `ENSUITE_CONCURRENCY` is the most.",
    lambda reading: _one(reading.of.dispatcher.load[0]),
)
_family(
    "ensuite_process_executions_waiting",
    "gauge",
    "Executions that this process holds and has no place for yet.",
    lambda reading: _one(reading.of.dispatcher.load[1]),
)
_family(
    "ensuite_executions_ended_total",
    "counter",
    "Executions that ended in this process, by the state that they ended in.",
    _ended,
    ("state",),
)
_family(
    "ensuite_execution_start_delay_seconds",
    "histogram",
    "From the capture of an execution to its first start.",
    lambda reading: _buckets(reading.of.dispatcher.means.measures.start_delays),
)
_family(
    "ensuite_node_duration_seconds",
    "histogram",
    "How long a node's turn took, without its commit, by the type of the node.",
    _turns,
    ("type",),
)
_family(
    "ensuite_node_retries_total",
    "counter",
    "Turns that a node had once more since the one before had failed.",
    lambda reading: _one(reading.of.dispatcher.means.measures.retries),
)
_family(
    "ensuite_leases_lost_total",
    "counter",
    "Executions that were cancelled or taken over while this process was at them.",
    lambda reading: _one(reading.of.dispatcher.means.measures.lost),
)
_family(
    "ensuite_leases_taken_over_total",
    "counter",
    "Executions that this process took over from one that gave no sign of life any more.",
    lambda reading: _one(reading.of.dispatcher.means.measures.taken_over),
)
_family(
    "ensuite_rows_expired_total",
    "counter",
    "Rows that this process deleted since they were over their age; executions without their jobs.",
    lambda reading: _one(reading.of.housekeeper.deleted if reading.of.housekeeper else 0),
)

# --- the database, from this process ----------------------------------------------------------

_family(
    "ensuite_lane_flight_jobs",
    "histogram",
    "Writes that shared one commit: `_count` is the number of commits, `_sum` that of writes.",
    lambda reading: _buckets(reading.of.database.lanes.sizes),
)
_family(
    "ensuite_lane_waiting",
    "gauge",
    "Writes that wait for a commit.",
    lambda reading: _one(reading.of.database.lanes.waiting),
)
_family(
    "ensuite_connections_in_use",
    "gauge",
    "Connections for reads and larger transactions that are in use; `ENSUITE_CONNECTIONS` is the most.",  # noqa: E501
    lambda reading: _one(reading.of.database.in_use),
)
_family(
    "ensuite_connections_waiting",
    "gauge",
    "Reads and larger transactions that wait for a connection.",
    lambda reading: _one(reading.of.database.waiting),
)

# --- requests ---------------------------------------------------------------------------------

_family(
    "ensuite_http_requests_total",
    "counter",
    "Requests to the API that were answered, by the class of the status.",
    _answers,
    ("status",),
)
_family(
    "ensuite_http_request_duration_seconds",
    "histogram",
    "From a request's headers to its answer; a stream counts until it begins.",
    lambda reading: _buckets(reading.of.endpoint.requests.seconds),
)
_family(
    "ensuite_streams",
    "gauge",
    "Streams that are open.",
    lambda reading: _one(len(reading.of.watcher)),
)

# --- the process ------------------------------------------------------------------------------

_family(
    "ensuite_event_loop_lag_seconds",
    "histogram",
    "How late the process comes to what is due, looked at four times a second.",
    lambda reading: _buckets(reading.of.lag),
)
_family(
    "ensuite_build_info",
    "gauge",
    "Always 1; the version is a label.",
    lambda _: _by("version", {__version__: 1}),
    ("version",),
)
_family(
    "process_resident_memory_bytes",
    "gauge",
    "Resident memory of the process.",
    lambda reading: _one(reading.of.process.memory_info().rss),
)
_family(
    "process_cpu_seconds_total",
    "counter",
    "Processor time that the process has used.",
    lambda reading: _one(sum(reading.of.process.cpu_times()[:2])),
)
_family(
    "process_start_time_seconds",
    "gauge",
    "When the process started, in seconds since 1970.",
    lambda reading: _one(reading.of.process.create_time()),
)
