import { ActionIcon, VisuallyHidden } from "@mantine/core";
import { Ellipsis } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Collection } from "../api";
import { titleOf } from "../queries";
import { Cell } from "./Cell";
import styles from "./Matrix.module.css";
import {
  ACTIONS,
  type Action,
  inherited,
  levelOf,
  nextLevel,
  type Permissions,
  strategyLevel,
  withLevel,
  withStrategy,
} from "./permissions";
import editor from "./RoleEditor.module.css";

interface Props {
  collections: Collection[];
  strategy: string[];
  tables: Record<string, Permissions>;
  open: string | null;
  onStrategy: (strategy: string[]) => void;
  onTable: (name: string, permissions: Permissions) => void;
  onOpen: (name: string) => void;
}

/** Tables by actions; the first row is what holds in tables without permissions of their own. */
export function Matrix({
  collections,
  strategy,
  tables,
  open,
  onStrategy,
  onTable,
  onOpen,
}: Props) {
  const { t } = useTranslation();
  const hasOwner = (table: Collection) => table.fields.some((each) => each.name === "createdById");
  const general = (action: Action) => (
    <Cell
      level={strategyLevel(strategy, action)}
      table={t("access:general")}
      action={action}
      onClick={() => {
        const next = nextLevel(strategyLevel(strategy, action), action !== "create");
        onStrategy(withStrategy(strategy, action, next));
      }}
    />
  );
  const cell = (table: Collection, action: Action) => {
    const mine = tables[table.name];
    const permissions = mine ?? inherited(strategy, hasOwner(table));
    const level = levelOf(permissions[action]);
    return (
      <Cell
        level={level}
        inherited={!mine}
        table={titleOf(table)}
        action={action}
        onClick={() => {
          const next = nextLevel(level, action !== "create" && hasOwner(table));
          onTable(table.name, withLevel(permissions, action, next));
        }}
      />
    );
  };

  return (
    <section>
      <h3 className={editor.section}>{t("tables")}</h3>
      <p className="hint">{t("access:matrixHint")}</p>
      <table className={`table ${styles.matrix}`}>
        <thead>
          <tr>
            <th>{t("access:table")}</th>
            {ACTIONS.map((action) => (
              <th key={action} className={styles.action}>
                {t(`access:action.${action}`)}
              </th>
            ))}
            <th>
              <VisuallyHidden>{t("more")}</VisuallyHidden>
            </th>
          </tr>
        </thead>
        <tbody>
          <tr className={styles.general}>
            <td>{t("access:general")}</td>
            {ACTIONS.map((action) => (
              <td key={action} className={styles.action}>
                {general(action)}
              </td>
            ))}
            <td />
          </tr>
          {collections.map((table) => (
            <tr key={table.name} data-open={table.name === open || undefined}>
              <td>{titleOf(table)}</td>
              {ACTIONS.map((action) => (
                <td key={action} className={styles.action}>
                  {cell(table, action)}
                </td>
              ))}
              <td className={styles.more}>
                <ActionIcon
                  aria-label={t("access:detailsOf", { name: titleOf(table) })}
                  onClick={() => onOpen(table.name)}
                >
                  <Ellipsis size={16} />
                </ActionIcon>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
