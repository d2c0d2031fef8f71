import { useTranslation } from "react-i18next";

const CALLS = ["create", "update", "destroy"];

interface Props {
  execution: {
    manually: boolean | null;
    action: string | null;
    causeExecutionId?: number | null;
  };
}

/** What started an execution, in words. */
export function Cause({ execution: { manually, action, causeExecutionId } }: Props) {
  const { t } = useTranslation();
  if (causeExecutionId) return <>{t("executions:cause.execution")}</>;
  if (manually) return <>{t("executions:cause.hand")}</>;
  if (action && CALLS.includes(action)) return <>{t(`executions:cause.${action}`)}</>;
  return <>{action ?? "–"}</>;
}
