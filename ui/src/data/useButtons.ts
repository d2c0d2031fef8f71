import { useQuery } from "@tanstack/react-query";
import { call } from "../api";

export interface Button {
  id: number;
  collection: string;
  label: { en?: string; fr?: string };
  icon: string | null;
  style: "default" | "primary" | "danger";
  scope: "form" | "record" | "selection" | "table";
  visibleWhen: Record<string, unknown> | null;
  confirm: { en?: string; fr?: string } | null;
  workflows: { key: string; path: string }[];
  values: Record<string, unknown> | null;
}

export const useButtons = (table: string) =>
  useQuery({
    queryKey: ["buttons", table],
    queryFn: async () =>
      (await call<Button[]>("buttons:list", { query: { collection: table } })).data,
  }).data ?? [];

/** `wf_a,wf_b!category` */
export const triggers = (button: Button) =>
  button.workflows.map((each) => (each.path ? `${each.key}!${each.path}` : each.key)).join(",");
