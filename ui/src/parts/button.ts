/** Buttons that start workflows, as the API shows them. */

export interface Label {
  en: string;
  fr: string;
}

export type Scope = "form" | "record" | "selection" | "table";

export interface BoundButton {
  id: number;
  collection: string;
  label: Label;
  icon: string | null;
  style: "default" | "primary" | "danger";
  scope: Scope;
  visibleWhen: Record<string, unknown> | null;
  roles: string[];
  confirm: Label | null;
  workflows: { key: string; path: string }[];
  values: Record<string, unknown> | null;
}

/** The value of `triggerWorkflows` for a button. */
export const triggers = (button: Pick<BoundButton, "workflows">) =>
  button.workflows.map(({ key, path }) => (path ? `${key}!${path}` : key)).join(",");

const ACTIONS: Record<Scope, string> = {
  form: "create",
  record: "update/{id}",
  selection: "update",
  table: "update",
};

const WHICH: Record<Scope, string> = {
  form: "",
  record: "",
  selection: "filterByTk=[…]&",
  table: "filter={…}&",
};

/** The call that a button makes. */
export const callOf = (button: Pick<BoundButton, "workflows" | "scope" | "collection">) =>
  `POST /api/${button.collection}:${ACTIONS[button.scope]}?${WHICH[button.scope]}triggerWorkflows=${triggers(button)}`;
