/** What the list is asked for: the URL's words, and the API's filters for them. */
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

interface State {
  filter: object;
  holds: (status: number | null) => boolean;
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
    filter: { status: { $in: CANCELLED } },
    holds: (status) => CANCELLED.includes(status ?? 0),
  },
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
export function isAskedFor(asked: Asked, { status, createdAt }: Execution): boolean {
  const time = TIMES[asked.time ?? ""];
  if (time && new Date(createdAt) < new Date(new Date().setHours(-24 * time.days, 0, 0, 0)))
    return false;
  return STATES[asked.state ?? ""]?.holds(status) ?? true;
}
