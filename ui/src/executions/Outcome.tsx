import { useTranslation } from "react-i18next";
import { format } from "../i18n";
import styles from "./List.module.css";
import type { Done } from "./useChanges";

/** What became of running executions again: how many started, and which were left out. */
export function Outcome({ done }: { done: Done | undefined }) {
  const { t } = useTranslation();
  if (!done || (done.action !== "failed" && done.action !== "start")) return null;
  const { started, skipped, more } = done;
  const reasons = [...new Set(skipped.map((each) => each.reason))];
  return (
    <p className={styles.outcome} role="status">
      {t("executions:startedAgain", {
        count: started.length,
        shown: format.number(started.length),
      })}{" "}
      {skipped.length > 0 &&
        t("executions:leftOut", {
          count: skipped.length,
          shown: format.number(skipped.length),
          why: reasons
            .map((each) => t(`executions:why.${each}`, { defaultValue: each }))
            .join(", "),
        })}{" "}
      {more && t("executions:moreMatch")}
    </p>
  );
}
