/** What the screens of access read: users and roles. */
import { useQuery } from "@tanstack/react-query";
import { call } from "../api";

export interface Role {
  name: string;
  title: string | null;
  strategy: { actions: string[] } | null;
  snippets: string[];
  default: boolean;
  hidden: boolean;
}

export interface User {
  id: number;
  nickname: string | null;
  username: string | null;
  email: string | null;
  createdAt: string;
  roles?: { name: string; title: string | null }[];
}

export const useRoles = () =>
  useQuery({
    queryKey: ["roles"],
    queryFn: async () => (await call<Role[]>("roles:list", { query: { pageSize: 500 } })).data,
  });

export const nameOf = (user: User) =>
  user.nickname || user.username || user.email || String(user.id);

/** The roles that belong to the system: they stay. */
export const BUILT_IN = new Set(["root", "admin", "member"]);
