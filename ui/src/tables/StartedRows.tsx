import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Collection } from "../api";
import type { BoundButton } from "../parts/button";
import { Rows } from "../parts/form/Rows";
import { collectionName } from "../parts/form/types";
import { titleOf, useCollections, useWorkflows, type Workflow } from "../queries";
import { pathsFrom } from "./paths";

interface Props {
  collection: Collection;
  value: BoundButton["workflows"];
  onChange: (workflows: BoundButton["workflows"]) => void;
}

/** The workflows that a button starts, each for the record or for one that it leads to. */
export function StartedRows({ collection, value, onChange }: Props) {
  const { t } = useTranslation();
  const { data: workflows = [] } = useWorkflows();
  const { data: collections = [] } = useCollections();
  const paths = pathsFrom(collection, collections);
  const about = (workflow: Workflow) => collectionName(workflow.config.collection);
  const tableOf = (path: string) =>
    path ? paths.find((each) => each.path === path)?.target : collection.name;
  const choices = (path: string) => [
    { value: "", label: t("tables:thisRecord") },
    ...paths.map((each) => ({
      value: each.path,
      label: each.fields.map(titleOf).join(" › "),
    })),
    // A longer one than this page offers, made by a call.
    ...(path && !paths.some((each) => each.path === path) ? [{ value: path, label: path }] : []),
  ];
  return (
    <Rows
      label={t("tables:starts")}
      items={value}
      onChange={onChange}
      empty={() => ({ key: "", path: "" })}
      addLabel={t("tables:addWorkflow")}
    >
      {(row, change) => (
        <>
          <Select
            aria-label={t("tables:workflow")}
            placeholder={t("tables:workflow")}
            searchable
            value={row.key || null}
            data={workflows.map((each) => {
              const reason = !each.enabled
                ? t("tables:isOff")
                : each.type !== "action"
                  ? t("tables:startsByItself")
                  : about(each) !== tableOf(row.path)
                    ? t("tables:otherTable", { table: about(each) })
                    : "";
              return {
                value: each.key,
                label: [each.title || each.key, reason].filter(Boolean).join(" · "),
                disabled: reason !== "",
              };
            })}
            onChange={(key) => key && change({ ...row, key })}
          />
          <Select
            aria-label={t("tables:onWhat")}
            searchable
            value={row.path}
            data={choices(row.path)}
            onChange={(path) => change({ key: "", path: path ?? "" })}
          />
        </>
      )}
    </Rows>
  );
}
