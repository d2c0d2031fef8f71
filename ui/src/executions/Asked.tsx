import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { nameOf, type Person } from "../parts/person";
import { mayManage, useAbilities } from "../queries";
import { AskOther } from "./AskOther";
import type { Job } from "./execution";
import styles from "./Panel.module.css";

interface Task {
  id: number;
  status: number;
  user: Person | null;
  userId: number;
}

const OPEN = 0;

/** Whom a step has asked, and what became of it; nothing for a step that asks nobody. */
export function Asked({ job }: { job: Job }) {
  const { t } = useTranslation();
  const { data: abilities } = useAbilities();
  const [moving, setMoving] = useState<Task | null>(null);
  const { data: tasks = [] } = useQuery({
    // What is on record changes with every answer.
    queryKey: ["executions", "asked", job.id, job.status, job.result],
    placeholderData: (before) => before,
    queryFn: async () => {
      const query = { fields: ["id"], appends: ["tasks", "tasks.user"] };
      const found = await call<{ tasks: Task[] } | null>(`jobs:get/${job.id}`, { query });
      return found.data?.tasks ?? [];
    },
  });
  if (tasks.length === 0) return null;
  const reassigns = job.status === 0 && mayManage(abilities, "pm.workflow.workflows");
  return (
    <>
      <dt>{t("executions:asked")}</dt>
      {tasks.map((each) => (
        <dd key={each.id} className={styles.asked}>
          {each.user || each.status !== OPEN ? (
            <span>
              {nameOf(each.user ?? { id: each.userId })}
              <span className="dim"> · {t(`executions:task.${each.status}`)}</span>
            </span>
          ) : (
            <span className={styles.orphan}>{t("executions:noAssignee")}</span>
          )}
          {reassigns && each.status === OPEN && (
            <Button variant="default" size="compact-xs" onClick={() => setMoving(each)}>
              {t("executions:reassign")}
            </Button>
          )}
        </dd>
      ))}
      {moving && (
        <AskOther
          task={moving.id}
          name={moving.user && nameOf(moving.user)}
          onClose={() => setMoving(null)}
        />
      )}
    </>
  );
}
