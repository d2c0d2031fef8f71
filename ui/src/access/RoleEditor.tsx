import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { session } from "../api";
import { Problem } from "../parts/Problem";
import { useCollections, useMe } from "../queries";
import type { Role } from "./access";
import { Matrix } from "./Matrix";
import { inherited, type Permissions, type Resource } from "./permissions";
import styles from "./RoleEditor.module.css";
import { SystemPermissions } from "./SystemPermissions";
import { TableDrawer } from "./TableDrawer";
import { type Draft, differ, draftOf, useSaveRole } from "./useRole";

interface Props {
  role: Role;
  resources: Resource[];
  /** What is not saved yet. */
  edited: Draft | null;
  onEdit: (draft: Draft | null) => void;
}

/** What one role may do: in the system, in general, and table by table. */
export function RoleEditor({ role, resources, edited, onEdit }: Props) {
  const { t } = useTranslation();
  const { data: me } = useMe();
  const { data: collections = [] } = useCollections();
  const [open, setOpen] = useState<string | null>(null);
  const save = useSaveRole(role, resources);
  const stored = draftOf(role, resources);
  const draft = edited ?? stored;
  const dirty = edited !== null && differ(edited, stored);
  const table = collections.find((each) => each.name === open);
  const change = (part: Partial<Draft>) => onEdit({ ...draft, ...part });
  const changeTable = (name: string, permissions: Permissions | null) => {
    const { [name]: _, ...others } = draft.tables;
    change({ tables: permissions ? { ...others, [name]: permissions } : others });
  };
  const isRoot = role.name === "root";

  return (
    <>
      <div className={styles.editor}>
        <header className={styles.head}>
          <h2 className={styles.title}>{role.title || role.name}</h2>
          <span className="mono">{role.name}</span>
          <span className="grow" />
          {me?.roles.some((each) => each.name === role.name) && session.role !== role.name && (
            <Button
              variant="default"
              disabled={dirty}
              onClick={() => {
                session.role = role.name;
                window.location.assign("/");
              }}
            >
              {t("access:viewAs")}
            </Button>
          )}
        </header>
        <div className={styles.body}>
          {isRoot ? (
            <p className="dim">{t("access:rootMay")}</p>
          ) : (
            <>
              <SystemPermissions
                snippets={draft.snippets}
                onChange={(snippets) => change({ snippets })}
              />
              <Matrix
                collections={collections}
                strategy={draft.strategy}
                tables={draft.tables}
                open={open}
                onStrategy={(strategy) => change({ strategy })}
                onTable={changeTable}
                onOpen={setOpen}
              />
            </>
          )}
        </div>
        <Problem error={save.error} />
        {dirty && (
          <footer className={styles.unsaved}>
            <span className="grow">{t("access:unsaved")}</span>
            <Button variant="default" onClick={() => onEdit(null)}>
              {t("access:discard")}
            </Button>
            <Button
              loading={save.isPending}
              onClick={() => save.mutate(draft, { onSuccess: () => onEdit(null) })}
            >
              {t("save")}
            </Button>
          </footer>
        )}
      </div>
      {table && !isRoot && (
        <TableDrawer
          key={table.name}
          collection={table}
          own={table.name in draft.tables}
          permissions={
            draft.tables[table.name] ??
            inherited(
              draft.strategy,
              table.fields.some((each) => each.name === "createdById"),
            )
          }
          onChange={(permissions) => changeTable(table.name, permissions)}
          onClose={() => setOpen(null)}
        />
      )}
    </>
  );
}
