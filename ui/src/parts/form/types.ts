import type { Collection } from "../../api";

export interface Label {
  en: string;
  fr: string;
}

interface Schema {
  type?: string;
  enum?: (string | number)[];
  minimum?: number;
  maximum?: number;
  [keyword: string]: unknown;
}

/** One field of a node's or trigger's configuration, as `workflow-types` describes it. */
export interface TypeField {
  name: string;
  title: Label;
  description: Label | null;
  widget: string;
  /** Fields of a section stand behind the others, folded away. */
  section: string | null;
  required: boolean;
  default: unknown;
  schema: Schema & { items?: Schema };
  /** The fields of the part, or of each item of the list. */
  fields: TypeField[] | null;
}

export interface WorkflowType {
  type: string;
  group: string;
  icon: string;
  title: Label;
  description: Label;
  branches: string[];
  fields: TypeField[];
}

/** A value that a configuration can name: `{{$context.data.title}}`. */
export interface VariableSource {
  group: string;
  label: string;
  path: string;
  /** What the last execution had there. */
  sample?: unknown;
}

/** What the widgets of one form share. */
export interface FormContext {
  collections: Collection[];
  variables: VariableSource[];
  /** The collection that `values`, `filter` and `field` widgets are about. */
  collection?: Collection;
  /** Nodes by key, for widgets that name one. */
  nodes: { key: string; title: string; type: string }[];
  /** What the server said of fields, by their path: `flow.key`. */
  errors?: Record<string, string>;
  /** Parts stand under their titles. */
  headings?: boolean;
}

export interface WidgetProps {
  field: TypeField;
  value: unknown;
  onChange: (value: unknown) => void;
  context: FormContext;
  error?: string;
}

export type Config = Record<string, unknown>;

export const asObject = (value: unknown): Config =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Config) : {};

export const asText = (value: unknown): string =>
  value === null || value === undefined
    ? ""
    : typeof value === "string"
      ? value
      : JSON.stringify(value);

/** A collection's name in a configuration: `main:posts` and `posts` are one. */
export const collectionName = (given: unknown): string => asText(given).replace(/^main:/, "");
