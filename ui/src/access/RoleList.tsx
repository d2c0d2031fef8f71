import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { Problem } from "../parts/Problem";
import { BUILT_IN, type Role } from "./access";
import { NewRole } from "./NewRole";
import styles from "./RoleList.module.css";

interface Props {
  roles: Role[];
  chosen: string | undefined;
  onChoose: (name: string) => void;
}

/** The roles: a new one, which one new users get, and the end of one. */
export function RoleList({ roles, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [creating, setCreating] = useState(false);
  const change = useMutation({
    mutationFn: ({ path, body }: { path: string; body?: unknown }) =>
      call(path, { body: body ?? {} }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["roles"] }),
  });
  const destroy = (role: Role) =>
    modals.openConfirmModal({
      title: t("access:deleteRole", { name: role.title || role.name }),
      children: t("access:deleteRoleHint"),
      labels: { confirm: t("delete"), cancel: t("cancel") },
      confirmProps: { variant: "outline", color: "var(--bad)" },
      onConfirm: () => change.mutate({ path: `roles:destroy/${role.name}` }),
    });

  return (
    <nav className={styles.list} aria-label={t("roles")}>
      {roles.map((each) => (
        <div
          key={each.name}
          className={styles.item}
          data-chosen={each.name === chosen || undefined}
        >
          <button
            type="button"
            className={styles.name}
            aria-current={each.name === chosen || undefined}
            onClick={() => onChoose(each.name)}
          >
            <span className={styles.label}>{each.title || each.name}</span>
            {each.default && (
              <Tooltip label={t("access:defaultHint")}>
                <span className="hint">{t("access:default")}</span>
              </Tooltip>
            )}
          </button>
          {each.name !== "root" && (
            <Menu position="bottom-end">
              <Menu.Target>
                <ActionIcon
                  size="sm"
                  aria-label={t("access:moreOf", { name: each.title || each.name })}
                >
                  <Ellipsis size={14} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item
                  disabled={each.default}
                  onClick={() =>
                    change.mutate({ path: `roles:update/${each.name}`, body: { default: true } })
                  }
                >
                  {t("access:makeDefault")}
                </Menu.Item>
                {!BUILT_IN.has(each.name) && (
                  <Menu.Item color="red" onClick={() => destroy(each)}>
                    {t("delete")}
                  </Menu.Item>
                )}
              </Menu.Dropdown>
            </Menu>
          )}
        </div>
      ))}
      <button type="button" className={styles.add} onClick={() => setCreating(true)}>
        <Plus size={14} />
        {t("access:newRole")}
      </button>
      <Problem error={change.error} />
      {creating && <NewRole onClose={() => setCreating(false)} onCreated={onChoose} />}
    </nav>
  );
}
