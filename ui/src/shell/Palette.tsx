import { Spotlight, type SpotlightActionData } from "@mantine/spotlight";
import "@mantine/spotlight/styles.layer.css";
import { useNavigate } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useTranslation } from "react-i18next";
import { speak } from "../i18n";
import { mayManage, titleOf, useAbilities, useCollections, useWorkflows } from "../queries";

/** Ctrl K: tables, workflows by title or key, pages and actions. */
export function Palette() {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const { data: abilities } = useAbilities();
  const { data: collections = [] } = useCollections();
  const managesWorkflows = mayManage(abilities, "pm.workflow.workflows");
  const { data: workflows = [] } = useWorkflows({ enabled: managesWorkflows });

  const action = (label: string, to: string, description?: string): SpotlightActionData => ({
    id: to,
    label,
    description,
    onClick: () => void navigate({ to }),
  });
  const other = i18n.language === "fr" ? "en" : "fr";
  const actions: SpotlightActionData[] = [
    ...collections.map((each) => action(titleOf(each), `/data/${each.name}`, each.name)),
    ...workflows.map((each) => action(each.title || each.key, `/workflows/${each.key}`, each.key)),
    ...(managesWorkflows
      ? [action(t("workflows"), "/workflows"), action(t("executions"), "/executions")]
      : []),
    action(t("tables"), "/tables"),
    action(t("apiKeys"), "/api-keys"),
    action(t("settings"), "/settings"),
    { id: "language", label: t("switchLanguage"), onClick: () => speak(other) },
  ];

  return (
    <Spotlight
      actions={actions}
      shortcut={["mod + K"]}
      nothingFound={t("nothingFound")}
      highlightQuery
      limit={12}
      searchProps={{
        leftSection: <Search size={16} />,
        placeholder: t("searchEverything"),
        "aria-label": t("searchEverything"),
      }}
    />
  );
}
