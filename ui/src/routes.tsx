import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { session } from "./api";
import { Home } from "./shell/Home";
import { Shell } from "./shell/Shell";
import { SignInPage } from "./sign-in/SignInPage";

const root = createRootRoute({ component: Outlet });

const signIn = createRoute({ getParentRoute: () => root, path: "/sign-in", component: SignInPage });

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Shell,
  beforeLoad: ({ location }) => {
    if (!session.token)
      throw redirect({ to: "/sign-in", search: { next: location.href } as never });
  },
});

const home = createRoute({ getParentRoute: () => shell, path: "/", component: Home });

const page = <P extends string>(
  path: P,
  load: () => Promise<Record<string, unknown>>,
  name: string,
) =>
  createRoute({
    getParentRoute: () => shell,
    path,
    component: lazyRouteComponent(load as () => Promise<Record<string, never>>, name as never),
  });

const pages = [
  page("/inbox", () => import("./inbox/InboxPage"), "InboxPage"),
  page("/tables", () => import("./tables/TablesPage"), "TablesPage"),
  page("/tables/$name", () => import("./tables/DesignerPage"), "DesignerPage"),
  page("/data/$table", () => import("./data/GridPage"), "GridPage"),
  page("/data/$table/$id", () => import("./data/RecordPage"), "RecordPage"),
  page("/workflows", () => import("./workflows/WorkflowsPage"), "WorkflowsPage"),
  page("/workflows/$key", () => import("./workflows/EditorPage"), "EditorPage"),
  page("/executions", () => import("./executions/ExecutionsPage"), "ExecutionsPage"),
  page("/executions/$id", () => import("./executions/ExecutionPage"), "ExecutionPage"),
  page("/health", () => import("./health/HealthPage"), "HealthPage"),
  page("/users", () => import("./access/UsersPage"), "UsersPage"),
  page("/roles", () => import("./access/RolesPage"), "RolesPage"),
  page("/api-keys", () => import("./access/ApiKeysPage"), "ApiKeysPage"),
  page("/settings", () => import("./settings/SettingsPage"), "SettingsPage"),
];

export const router = createRouter({
  routeTree: root.addChildren([signIn, shell.addChildren([home, ...pages])]),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
