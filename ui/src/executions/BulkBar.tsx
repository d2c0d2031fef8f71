import { Button, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { format } from "../i18n";
import { isActive } from "../parts/executionState";
import type { Execution } from "./execution";
import styles from "./List.module.css";
import { RunAgain } from "./RunAgain";
import type { Action, Change } from "./useChanges";

interface Props {
  picked: Execution[];
  /** How many match the filter in all, where that is more than are picked; else null. */
  matching: number | null;
  /** All that match are meant, not only those that are picked. */
  all: boolean;
  onAll: () => void;
  /** What is being done. */
  pending: Action | undefined;
  onChange: (change: Change) => void;
  /** Asks first, with how many there are. */
  onAsk: (action: Action) => void;
}

/** What can be done with the executions that are chosen. */
export function BulkBar(props: Props) {
  const { picked, matching, all, onAll, pending, onChange, onAsk } = props;
  const { t } = useTranslation();
  const active = picked.filter((each) => isActive(each.status));
  const ended = picked.filter((each) => !isActive(each.status));
  const failed = ended.filter((each) => each.status !== 1);
  const among = { cancel: active, failed, start: ended, destroy: ended };
  const run = (action: Action) =>
    all ? onAsk(action) : onChange({ action, which: among[action].map((each) => each.id) });
  const count = all && matching !== null ? matching : picked.length;
  return (
    <>
      <span className="dim">{t("executions:chosen", { count, shown: format.number(count) })}</span>
      {matching !== null && !all && (
        <UnstyledButton className={styles.all} onClick={onAll}>
          {t("executions:chooseMatching", { count: matching, shown: format.number(matching) })}
        </UnstyledButton>
      )}
      <Button
        variant="default"
        disabled={!all && active.length === 0}
        loading={pending === "cancel"}
        onClick={() => run("cancel")}
      >
        {t("executions:bulk.cancel")}
      </Button>
      <RunAgain
        failed={all || failed.length > 0}
        disabled={!all && ended.length === 0}
        busy={pending === "failed" || pending === "start"}
        onRun={run}
      />
      <Button
        variant="default"
        c="var(--bad)"
        disabled={!all && ended.length === 0}
        loading={pending === "destroy"}
        onClick={() => run("destroy")}
      >
        {t("executions:bulk.destroy")}
      </Button>
    </>
  );
}
