/** Calls of the HTTP API: one function, one error, and what the answers look like. */
import { timeZone } from "./i18n";

export interface Issue {
  message: string;
  code?: string;
  field?: string;
}

/** A problem (RFC 9457) as an exception; `detail` says what to do. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly issues: Issue[],
    readonly request: string | null,
    /** What the answer would have been; a record may be saved although a workflow failed. */
    readonly body: Envelope<unknown> | null,
  ) {
    super(detail);
  }

  /** Messages by the field that they are about, for forms. */
  get byField(): Record<string, string> {
    return Object.fromEntries(
      this.issues.flatMap((each) => (each.field ? [[each.field, each.message]] : [])),
    );
  }
}

export interface Envelope<T> {
  data: T;
  meta?: Meta;
  messages?: { message: string }[];
}

export interface Meta {
  count?: number;
  page?: number;
  pageSize?: number;
  totalPage?: number;
  workflows?: WorkflowOutcome[];
}

/** What an operation did with one workflow. */
export interface WorkflowOutcome {
  key: string;
  path?: string;
  state: "queued" | "succeeded" | "waiting" | "failed" | "skipped";
  executionId?: number;
  executionIds?: number[];
  reason?: string;
}

/** What came of a call: each of its workflows, and what they said to whoever waits. */
export interface Came {
  workflows: WorkflowOutcome[];
  said: string[];
}

export const cameOf = ({ meta, messages }: Envelope<unknown>): Came => ({
  workflows: meta?.workflows ?? [],
  said: (messages ?? []).map((each) => each.message),
});

/** What came of a call that a workflow has refused although its record is saved; else null. */
export function cameOfError(error: unknown): Came | null {
  const workflows = error instanceof ApiError ? error.body?.meta?.workflows : undefined;
  if (!workflows) return null;
  return { workflows, said: (error as ApiError).issues.map((each) => each.message) };
}

export type Row = Record<string, unknown> & { id?: number | string };

export interface Field {
  name: string;
  type: string;
  interface?: string | null;
  title?: string;
  target?: string;
  foreignKey?: string;
  targetKey?: string;
  sourceKey?: string;
  otherKey?: string;
  through?: string;
  unique?: boolean;
  index?: boolean;
  allowNull?: boolean;
  primaryKey?: boolean;
  autoIncrement?: boolean;
  hidden?: boolean;
  defaultValue?: unknown;
  description?: string | null;
  uiSchema?: { title?: string; enum?: { label: string; value: string | number }[] };
  [option: string]: unknown;
}

export interface Collection {
  name: string;
  title?: string | null;
  titleField?: string | null;
  filterTargetKey?: string | string[];
  fields: Field[];
  [option: string]: unknown;
}

const TOKEN = "ensuite.token";
const ROLE = "ensuite.role";

export const session = {
  get token(): string | null {
    return localStorage.getItem(TOKEN);
  },
  set token(value: string | null) {
    if (value === null) localStorage.removeItem(TOKEN);
    else localStorage.setItem(TOKEN, value);
  },
  /** The role to act in; null: the account's default. */
  get role(): string | null {
    return sessionStorage.getItem(ROLE);
  },
  set role(value: string | null) {
    if (value === null) sessionStorage.removeItem(ROLE);
    else sessionStorage.setItem(ROLE, value);
  },
};

export type Query = Record<
  string,
  string | number | boolean | string[] | object | null | undefined
>;

export function search(query: Query): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === "") continue;
    if (Array.isArray(value)) for (const each of value) parts.append(`${name}[]`, String(each));
    else parts.append(name, typeof value === "object" ? JSON.stringify(value) : String(value));
  }
  const text = parts.toString();
  return text && `?${text}`;
}

export interface Sent {
  query?: Query;
  /** A body makes the call a POST. */
  body?: unknown;
  method?: "GET" | "POST";
  /** The `ETag` that the change is based on. */
  match?: string | null;
  signal?: AbortSignal;
}

export interface Answered<T> extends Envelope<T> {
  etag: string | null;
}

/** One call: `call<Row[]>("posts:list", { query: { page: 1 } })`. */
export async function call<T = unknown>(path: string, sent: Sent = {}): Promise<Answered<T>> {
  const posts = sent.method === "POST" || (sent.method === undefined && sent.body !== undefined);
  const headers: Record<string, string> = {
    "X-Locale": document.documentElement.lang,
    "X-Timezone": timeZone.chosen ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
  if (session.token) headers.Authorization = `Bearer ${session.token}`;
  if (session.role) headers["X-Role"] = session.role;
  if (sent.match) headers["If-Match"] = sent.match;
  if (posts) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(`/api/${path}${search(sent.query ?? {})}`, {
      method: posts ? "POST" : "GET",
      headers,
      body: posts ? JSON.stringify(sent.body ?? {}) : undefined,
      signal: sent.signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "OFFLINE", "", [], null, null);
  }
  const renewed = response.headers.get("x-new-token");
  if (renewed) session.token = renewed;
  const text = await response.text();
  let body: unknown = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    body = null;
  }
  if (response.ok) {
    const envelope = (body ?? { data: null }) as Envelope<T>;
    return { ...envelope, etag: response.headers.get("etag") };
  }
  const problem = (body ?? {}) as Partial<Envelope<unknown>> & {
    code?: string;
    detail?: string;
    title?: string;
    errors?: Issue[];
  };
  if (response.status === 401 && path !== "auth:signIn") {
    session.token = null;
    window.dispatchEvent(new Event("ensuite:signed-out"));
  }
  throw new ApiError(
    response.status,
    problem.code ?? String(response.status),
    problem.detail ?? problem.title ?? response.statusText,
    problem.errors ?? [],
    response.headers.get("x-request-id"),
    problem.data === undefined ? null : (problem as Envelope<unknown>),
  );
}
