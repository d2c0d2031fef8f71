import { ActionIcon } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Came, WorkflowOutcome } from "../api";
import { mayManage, useAbilities } from "../queries";
import { FollowedPill } from "./FollowedPill";
import styles from "./Outcomes.module.css";
import { Pill, type Tone } from "./Pill";

const TONES: Record<WorkflowOutcome["state"], Tone> = {
  queued: "run",
  succeeded: "ok",
  waiting: "run",
  failed: "bad",
  skipped: "plain",
};

/** What a call did with each of its workflows. */
export function Outcomes({
  came: { workflows, said },
  onClose,
}: {
  came: Came;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const follows = mayManage(useAbilities().data, "pm.workflow.workflows");
  if (workflows.length === 0) return null;
  return (
    <div className={styles.panel} role="status">
      <ul className={styles.list}>
        {workflows.map((each) => {
          const ids = each.executionIds ?? (each.executionId ? [each.executionId] : []);
          return (
            <li key={`${each.key}!${each.path ?? ""}`} className={styles.row}>
              {follows && each.state === "queued" && ids.length === 1 && ids[0] ? (
                <FollowedPill id={ids[0]} />
              ) : (
                <Pill tone={TONES[each.state]}>{t(`data:outcome.${each.state}`)}</Pill>
              )}
              <span className="mono">{each.path ? `${each.key}!${each.path}` : each.key}</span>
              {each.reason && <span>{t(`data:reason.${each.reason}`)}</span>}
              {ids.map((id) => (
                <Link key={id} to={`/executions/${id}` as string}>
                  {t("data:execution", { id })}
                </Link>
              ))}
            </li>
          );
        })}
        {said.map((each) => (
          <li key={each} className={styles.row}>
            {each}
          </li>
        ))}
      </ul>
      <ActionIcon aria-label={t("close")} onClick={onClose}>
        <X size={14} />
      </ActionIcon>
    </div>
  );
}
