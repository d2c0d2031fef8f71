import { useQuery } from "@tanstack/react-query";
import { call } from "../api";
import type { View } from "./useView";

/** A way to look at a table that was given a name. */
export interface SavedView {
  id: number;
  name: string;
  config: View;
  isDefault: boolean;
}

export const useViews = (table: string) =>
  useQuery({
    queryKey: ["views", table],
    queryFn: async () =>
      (await call<SavedView[]>("views:list", { query: { collection: table } })).data,
  });
