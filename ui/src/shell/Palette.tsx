import {
  Spotlight,
  type SpotlightActionData,
  type SpotlightActionGroupData,
} from "@mantine/spotlight";
import "@mantine/spotlight/styles.layer.css";
import { useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { speak } from "../i18n";
import { may, mayManage, titleOf, useAbilities, useCollections, useWorkflows } from "../queries";
import { useFoundRecords } from "./useFoundRecords";

const SHOWN = 20;

/** Ctrl K: tables, records, workflows by title or key, executions by id, pages and actions. */
export function Palette() {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const { data: abilities } = useAbilities();
  const { data: collections = [] } = useCollections();
  const managesWorkflows = mayManage(abilities, "pm.workflow.workflows");
  const { data: workflows = [] } = useWorkflows({ enabled: managesWorkflows });

  const [typed, setTyped] = useState("");
  const records = useFoundRecords(typed);

  const action = (label: string, to: string, description?: string): SpotlightActionData => ({
    id: to,
    label,
    description,
    onClick: () => void navigate({ to }),
  });
  const other = i18n.language === "fr" ? "en" : "fr";
  const execution = /^\d{4,16}$/.test(typed.trim()) ? typed.trim() : null;
  const readable = collections.filter(
    (each) => each.hidden !== true && may(abilities, each.name, "view"),
  );
  const manages = (snippet: string) => mayManage(abilities, snippet);
  const pages: [string, string, boolean][] = [
    ["inbox", "/inbox", true],
    ["workflows", "/workflows", managesWorkflows],
    ["executions", "/executions", managesWorkflows],
    ["health", "/health", manages("pm.system-settings")],
    ["tables", "/tables", manages("pm.data-source-manager.main")],
    ["users", "/users", manages("pm.users")],
    ["roles", "/roles", manages("pm.acl.roles")],
    ["apiKeys", "/api-keys", true],
    ["settings", "/settings", true],
  ];
  const groups: SpotlightActionGroupData[] = [
    {
      group: t("tables"),
      actions: readable.map((each) => action(titleOf(each), `/data/${each.name}`, each.name)),
    },
    {
      group: t("records"),
      actions: records.map((each) => ({
        id: `${each.table}/${each.key}`,
        label: each.title,
        description: each.tableTitle,
        // The server has found what is typed in any of its fields.
        keywords: typed,
        onClick: () =>
          void navigate({ to: `/data/${each.table}`, search: { record: each.key } as never }),
      })),
    },
    {
      group: t("workflows"),
      actions: workflows.map((each) =>
        action(each.title || each.key, `/workflows/${each.key}`, each.key),
      ),
    },
    {
      group: t("executions"),
      actions:
        execution && managesWorkflows
          ? [action(t("openExecution", { id: execution }), `/executions/${execution}`)]
          : [],
    },
    {
      group: t("actions"),
      actions: [
        ...pages.filter(([, , may]) => may).map(([label, to]) => action(t(label), to)),
        { id: "language", label: t("switchLanguage"), onClick: () => speak(other) },
      ],
    },
  ];

  return (
    <Spotlight
      actions={groups.filter((each) => each.actions.length > 0)}
      query={typed}
      onQueryChange={setTyped}
      shortcut={["mod + K"]}
      nothingFound={t("nothingFound")}
      highlightQuery
      scrollable
      maxHeight={480}
      limit={SHOWN}
      searchProps={{
        leftSection: <Search size={16} />,
        placeholder: t("searchEverything"),
        "aria-label": t("searchEverything"),
      }}
    />
  );
}
