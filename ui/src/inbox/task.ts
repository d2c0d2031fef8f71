/** What an execution asks of a person, as the API shows it. */
import type { Row } from "../api";
import type { Label } from "../parts/form/types";
import type { Tone } from "../parts/Pill";

export interface Question {
  name: string;
  label: Label;
  type: "text" | "longText" | "number" | "boolean" | "date" | "select";
  required: boolean;
  options: string[];
}

export interface Action {
  key: string;
  label: Label;
  /** 1 approves, -5 rejects, 0 keeps a draft. */
  status: number;
}

export type Values = Record<string, unknown>;

export interface Task {
  id: number;
  status: number;
  title: string | null;
  description: string;
  forms: { fields: Question[]; actions: Action[] };
  result: { form: Values; _: string } | null;
  createdAt: string;
  updatedAt: string;
  expiresAt: string | null;
  workflow: { id: number; key: string; title: string | null } | null;
  /** What the execution is about, as far as the role may view it. */
  collection: string | null;
  recordKey: string | null;
  record: Row | null;
}

export const isOpen = (task: Task) => task.status === 0;

const TONES: Record<number, Tone> = { 0: "run", 1: "ok", [-5]: "bad" };

export const toneOf = (task: Task): Tone => TONES[task.status] ?? "plain";

/** The one that opens after this has been answered: the next one, or the one before the end. */
export function following(tasks: Task[], id: number): Task | undefined {
  const at = tasks.findIndex((each) => each.id === id);
  const others = tasks.filter((each) => each.id !== id);
  return others[Math.min(Math.max(at, 0), others.length - 1)];
}
