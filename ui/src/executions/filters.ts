/** What the list is asked for: the URL's words, and the API's filters for them. */
import { SKIPPED } from "../parts/executionState";
import type { Execution } from "./execution";

export interface Asked {
  state?: string;
  time?: string;
  workflow?: string;
  table?: string;
  record?: string;
  user?: number;
  size?: number;
  page?: number;
}

export const SMALLEST = 20;
export const SIZES = [SMALLEST, 50, 100];

const FAILED = [-1, -2, -5, -6];
const CANCELLED = [-3, -4];
const ENDED = [1, ...FAILED, ...CANCELLED];

const isSkipped = (status: number | null, reason: string | null) =>
  status === -4 && reason !== null && SKIPPED.includes(reason);

interface State {
  filter: object;
  holds: (status: number | null, reason: string | null) => boolean;
}

const STATES: Record<string, State> = {
  active: {
    filter: { $or: [{ status: null }, { status: 0 }] },
    holds: (status) => status === null || status === 0,
  },
  succeeded: { filter: { status: 1 }, holds: (status) => status === 1 },
  failed: {
    filter: { status: { $in: FAILED } },
    holds: (status) => FAILED.includes(status ?? 0),
  },
  cancelled: {
    filter: {
      status: { $in: CANCELLED },
      $or: [{ reason: null }, { reason: { $notIn: SKIPPED } }],
    },
    holds: (status, reason) => CANCELLED.includes(status ?? 0) && !isSkipped(status, reason),
  },
  skipped: { filter: { status: -4, reason: { $in: SKIPPED } }, holds: isSkipped },
};

interface Time {
  filter: object;
  /** How many days it goes back from the beginning of today. */
  days: number;
}

const past = (days: number): Time => ({
  filter: {
    createdAt: { $dateOn: { type: "past", number: days, unit: "day", includeCurrent: true } },
  },
  days,
});
const TIMES: Record<string, Time> = {
  today: { filter: { createdAt: { $dateOn: { type: "today" } } }, days: 0 },
  week: past(7),
  month: past(30),
};

export const states = Object.keys(STATES);
export const times = Object.keys(TIMES);

/** What an execution has from its beginning to its end. */
const lasting = (asked: Asked): object[] => [
  ...(asked.workflow ? [{ key: asked.workflow }] : []),
  ...(asked.table ? [{ collection: asked.table }] : []),
  ...(asked.table && asked.record ? [{ recordKey: String(asked.record) }] : []),
  ...(asked.user ? [{ userId: asked.user }] : []),
];

const all = (conditions: object[]) => (conditions.length > 0 ? { $and: conditions } : {});

/** The filter of a page of the list. */
export const toFilter = (asked: Asked): object =>
  all([
    ...(asked.state && STATES[asked.state] ? [STATES[asked.state]?.filter as object] : []),
    ...(asked.time && TIMES[asked.time] ? [TIMES[asked.time]?.filter as object] : []),
    ...lasting(asked),
  ]);

/** The filter of the stream: without the state, so that it also tells who leaves that. */
export const toLiveFilter = (asked: Asked): object => all(lasting(asked));

/** Whether an execution of the stream belongs to what is asked for. */
export function isAskedFor(asked: Asked, { status, reason, createdAt }: Execution): boolean {
  const time = TIMES[asked.time ?? ""];
  if (time && new Date(createdAt) < new Date(new Date().setHours(-24 * time.days, 0, 0, 0)))
    return false;
  return STATES[asked.state ?? ""]?.holds(status, reason) ?? true;
}

/** Which executions can be cancelled, deleted, or run again from there. */
const OPEN_TO: Record<string, object> = {
  cancel: { $or: [{ status: null }, { status: 0 }] },
  failed: { status: { $in: ENDED.filter((each) => each !== 1) } },
  start: { status: { $in: ENDED } },
  destroy: { status: { $in: ENDED } },
};

/** All that match what is asked for, and that this can be done to. */
export const toBulkFilter = (asked: Asked, action: string): object => ({
  $and: [toFilter(asked), OPEN_TO[action] ?? {}],
});
