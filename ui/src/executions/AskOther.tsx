import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type ApiError, call } from "../api";
import { FormDialog } from "../parts/FormDialog";
import { UserSelect } from "./UserSelect";

interface Props {
  task: number;
  /** Whose answer is waited for; null: the account does not exist any more. */
  name: string | null;
  onClose: () => void;
}

/** Hands an open task on to somebody else. */
export function AskOther({ task, name, onClose }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [user, setUser] = useState<number>();
  const reassign = useMutation<unknown, ApiError>({
    mutationFn: () =>
      call(`workflowManualTasks:reassign/${task}`, { body: { userId: user ?? null } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["executions", "asked"] });
      await queries.invalidateQueries({ queryKey: ["tasks"] });
      onClose();
    },
  });
  return (
    <FormDialog
      title={t("executions:reassign")}
      submit={t("executions:reassign.do")}
      disabled={user === undefined}
      busy={reassign.isPending}
      error={reassign.error}
      onSubmit={() => reassign.mutate()}
      onClose={onClose}
    >
      <p style={{ margin: 0 }}>
        {name === null ? t("executions:reassign.orphan") : t("executions:reassign.hint", { name })}
      </p>
      <UserSelect value={user} onChange={setUser} />
    </FormDialog>
  );
}
