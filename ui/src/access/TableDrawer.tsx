import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Collection } from "../api";
import { Drawer } from "../parts/Drawer";
import { titleOf } from "../queries";
import { ActionFields } from "./ActionFields";
import { ACTIONS, type Permissions } from "./permissions";

interface Props {
  collection: Collection;
  /** Whether the role has permissions of its own in this table. */
  own: boolean;
  permissions: Permissions;
  onChange: (permissions: Permissions | null) => void;
  onClose: () => void;
}

/** What a role may do in one table: the fields and the records of each action. */
export function TableDrawer({ collection, own, permissions, onChange, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Drawer
      title={titleOf(collection)}
      label={t("access:detailsOf", { name: titleOf(collection) })}
      onClose={onClose}
      footer={
        own && (
          <Button variant="default" onClick={() => onChange(null)}>
            {t("access:useGeneral")}
          </Button>
        )
      }
    >
      {!own && (
        <p className="hint" style={{ margin: 0 }}>
          {t("access:inheritsHint")}
        </p>
      )}
      {ACTIONS.map((action) => (
        <ActionFields
          key={action}
          action={action}
          collection={collection}
          permission={permissions[action]}
          onChange={(changed) => {
            const { [action]: _, ...others } = permissions;
            onChange(changed ? { ...others, [action]: changed } : others);
          }}
        />
      ))}
    </Drawer>
  );
}
