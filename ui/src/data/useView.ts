import { useNavigate, useSearch } from "@tanstack/react-router";

/** What the grid shows; all of it is in the URL. */
export interface View {
  q?: string;
  filter?: Record<string, unknown>;
  sort?: string;
  page?: number;
  size?: number;
  hide?: string[];
  record?: string;
}

export function useView(): [View, (change: Partial<View>) => void] {
  const navigate = useNavigate();
  const found = useSearch({ strict: false }) as View;
  const view: View = {
    ...found,
    q: found.q === undefined ? undefined : String(found.q),
    record: found.record === undefined ? undefined : String(found.record),
  };
  const change = (next: Partial<View>) =>
    void navigate({
      to: ".",
      search: ((old: View) => ({ ...old, ...next })) as never,
      replace: !("record" in next),
    });
  return [view, change];
}
