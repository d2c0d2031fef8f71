import { MultiSelect, Select, Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Collection } from "../api";
import { FilterEditor } from "../parts/form/FilterEditor";
import { titleOf } from "../queries";
import styles from "./ActionFields.module.css";
import type { Action, Permission, Scope } from "./permissions";

interface Props {
  action: Action;
  collection: Collection;
  permission: Permission | undefined;
  onChange: (permission: Permission | null) => void;
}

const WHOLE: Permission = { fields: [], scope: { kind: "all" } };

/** One action in one table: whether it is allowed, with which fields, on which records. */
export function ActionFields({ action, collection, permission, onChange }: Props) {
  const { t } = useTranslation();
  const hasOwner = collection.fields.some((each) => each.name === "createdById");
  const kinds = ["all", ...(hasOwner ? ["own"] : []), "filter"];
  const word = t(`access:action.${action}`);
  const { fields, scope } = permission ?? WHOLE;
  const setScope = (changed: Scope) => onChange({ fields, scope: changed });
  const filterField = {
    name: "filter",
    title: { en: t("access:condition"), fr: t("access:condition") },
    description: null,
    widget: "filter",
    required: false,
    section: null,
    default: null,
    schema: {},
    fields: null,
  };
  const variables = ["id", "username", "email"].map((each) => ({
    group: t("access:currentUser"),
    label: each,
    path: `ctx.state.currentUser.${each}`,
  }));

  return (
    <section className={styles.action} aria-label={word}>
      <Switch
        label={word}
        checked={permission !== undefined}
        onChange={(event) => onChange(event.currentTarget.checked ? WHOLE : null)}
      />
      {permission && (
        <div className={styles.details}>
          {action !== "destroy" && (
            <MultiSelect
              label={t("access:fields")}
              placeholder={fields.length ? undefined : t("access:allFields")}
              searchable
              clearable
              value={fields}
              data={collection.fields
                .filter((each) => !each.hidden)
                .map((each) => ({ value: each.name, label: titleOf(each) }))}
              onChange={(chosen) => onChange({ fields: chosen, scope })}
            />
          )}
          {action !== "create" && (
            <Select
              label={t("access:records")}
              value={scope.kind}
              data={kinds.map((each) => ({ value: each, label: t(`access:scope.${each}`) }))}
              onChange={(kind) =>
                setScope(
                  kind === "filter" ? { kind, filter: null } : { kind: kind as "all" | "own" },
                )
              }
            />
          )}
          {scope.kind === "filter" && (
            <FilterEditor
              field={filterField}
              value={scope.filter}
              onChange={(filter) => setScope({ kind: "filter", filter })}
              context={{ collections: [collection], collection, variables, nodes: [] }}
            />
          )}
        </div>
      )}
    </section>
  );
}
