import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { nameOf, type Person } from "../parts/person";
import type { Job } from "./execution";

interface Task {
  id: number;
  status: number;
  user: Person | null;
  userId: number;
}

/** Whom a step has asked, and what became of it; nothing for a step that asks nobody. */
export function Asked({ job }: { job: Job }) {
  const { t } = useTranslation();
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
  return (
    <>
      <dt>{t("executions:asked")}</dt>
      {tasks.map((each) => (
        <dd key={each.id}>
          {nameOf(each.user ?? { id: each.userId })}
          <span className="dim"> · {t(`executions:task.${each.status}`)}</span>
        </dd>
      ))}
    </>
  );
}
