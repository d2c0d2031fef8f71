import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { format } from "../i18n";
import { FormDialog } from "../parts/FormDialog";
import type { Action } from "./useChanges";

/** How many the server takes in one call. */
const MOST: Record<Action, number> = { cancel: 1000, failed: 1000, start: 1000, destroy: 5000 };

interface Props {
  action: Action;
  filter: object;
  busy: boolean;
  error: unknown;
  onDo: () => void;
  onClose: () => void;
}

/** Asks whether something is to be done to all that match, and says how many those are. */
export function AskBulk({ action, filter, busy, error, onDo, onClose }: Props) {
  const { t } = useTranslation();
  const found = useQuery({
    queryKey: ["executions", "count", filter],
    queryFn: async () =>
      (await call("executions:list", { query: { filter, fields: ["id"], pageSize: 1 } })).meta
        ?.count ?? 0,
  });
  const count = found.data ?? 0;
  return (
    <FormDialog
      title={t(`executions:ask.${action}`)}
      submit={t(`executions:do.${action}`)}
      disabled={count === 0}
      busy={busy}
      error={error ?? found.error}
      onSubmit={onDo}
      onClose={onClose}
    >
      {found.isPending ? (
        <Skeleton height={20} />
      ) : (
        <p style={{ margin: 0 }} role="status">
          {t("executions:ask.count", { count, shown: format.number(count) })}{" "}
          {count > MOST[action] && t("executions:ask.most", { shown: format.number(MOST[action]) })}
        </p>
      )}
    </FormDialog>
  );
}
