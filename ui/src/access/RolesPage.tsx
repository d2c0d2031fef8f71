import { Skeleton } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PageBar } from "../parts/PageBar";
import { Problem } from "../parts/Problem";
import styles from "./Access.module.css";
import { useRoles } from "./access";
import { RoleEditor } from "./RoleEditor";
import { RoleList } from "./RoleList";
import { type Draft, useResources } from "./useRole";

/** The roles at the left; at the right what the chosen one may do. */
export function RolesPage() {
  const { t } = useTranslation();
  const { data: roles, error, isPending, refetch } = useRoles();
  const [chosen, setChosen] = useState<string | null>(null);
  // What is not saved waits while one looks at another role.
  const [drafts, setDrafts] = useState<Record<string, Draft | null>>({});
  const role = roles?.find((each) => each.name === chosen) ?? roles?.[0];
  const resources = useResources(role?.name);

  return (
    <>
      <PageBar title={t("roles")} />
      <Problem error={error ?? resources.error} onRetry={() => void refetch()} />
      {isPending && <Skeleton height={36 * 4} m={12} />}
      <div className={styles.split}>
        {roles && <RoleList roles={roles} chosen={role?.name} onChoose={setChosen} />}
        {role && resources.data && (
          <RoleEditor
            key={role.name}
            role={role}
            resources={resources.data}
            edited={drafts[role.name] ?? null}
            onEdit={(draft) => setDrafts((others) => ({ ...others, [role.name]: draft }))}
          />
        )}
      </div>
    </>
  );
}
