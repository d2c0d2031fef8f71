import { useQuery } from "@tanstack/react-query";
import { call } from "../api";

export interface Info {
  version: string;
  sessionDays: number;
}

/** What the server tells everybody of itself. */
export const useInfo = () =>
  useQuery({
    queryKey: ["info"],
    queryFn: async () => (await call<Info>("app:getInfo")).data,
  });
