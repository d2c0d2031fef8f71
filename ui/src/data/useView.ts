import { useNavigate, useSearch } from "@tanstack/react-router";
import { useViews } from "./views";

/** What the grid shows; all of it is in the URL. */
export interface View {
  q?: string;
  filter?: Record<string, unknown>;
  sort?: string;
  page?: number;
  size?: number;
  hide?: string[];
  /** The columns that stay at the left, and how wide columns are, in pixels. */
  pin?: string[];
  widths?: Record<string, number>;
  record?: string;
  /** The saved view that was chosen; 0: none. Without it the default one shows. */
  view?: number;
}

interface Shown {
  view: View;
  change: (change: Partial<View>) => void;
  /** Whether it is known which view shows. */
  ready: boolean;
}

export function useView(table: string): Shown {
  const navigate = useNavigate();
  const found = useSearch({ strict: false }) as View;
  const { data: saved, isPending } = useViews(table);
  const says = Object.keys(found).some((name) => name !== "record");
  const chosen = says ? undefined : saved?.find((each) => each.isDefault);
  const all: View = { ...chosen?.config, ...(chosen && { view: chosen.id }), ...found };
  const view: View = {
    ...all,
    q: all.q === undefined ? undefined : String(all.q),
    record: all.record === undefined ? undefined : String(all.record),
  };
  // The URL of a view that was changed says all of it, even that it is empty.
  const change = (next: Partial<View>) =>
    void navigate({
      to: ".",
      search: { ...view, view: view.view ?? 0, ...next } as never,
      replace: !("record" in next),
    });
  return { view, change, ready: says || !isPending };
}
