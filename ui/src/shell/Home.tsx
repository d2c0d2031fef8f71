import { Navigate } from "@tanstack/react-router";
import { may, mayManage, useAbilities, useCollections } from "../queries";

/** What one may do where there is no table that one may read, and its page. */
const OTHERS = [
  ["pm.workflow.workflows", "/workflows"],
  ["pm.users", "/users"],
  ["pm.acl.roles", "/roles"],
] as const;

/** The first page: the tables for who may design them, else the first table that one may read;
 * for who may do nothing but answer, the inbox. */
export function Home() {
  const { data: abilities } = useAbilities();
  const { data: collections } = useCollections();
  if (!abilities || !collections) return null;
  if (mayManage(abilities, "pm.data-source-manager.main")) return <Navigate to="/tables" replace />;
  const first = collections.find(
    (each) => each.hidden !== true && may(abilities, each.name, "view"),
  );
  if (first) return <Navigate to="/data/$table" params={{ table: first.name } as never} replace />;
  const other = OTHERS.find(([snippet]) => mayManage(abilities, snippet));
  return <Navigate to={other?.[1] ?? "/inbox"} replace />;
}
