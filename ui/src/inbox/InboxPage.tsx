import { SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PageBar } from "../parts/PageBar";
import { Problem } from "../parts/Problem";
import styles from "./Inbox.module.css";
import { TaskList } from "./TaskList";
import { TaskPane } from "./TaskPane";
import { following } from "./task";
import { useTasks } from "./useTasks";

interface Asked {
  /** `1`: the tasks that are done. */
  done?: number;
  task?: number;
}

/** What executions ask of who is signed in: the tasks, and beside them the one that is open. */
export function InboxPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const asked = useSearch({ strict: false }) as Asked;
  const narrow = useMediaQuery("(max-width: 700px)", undefined, { getInitialValueInEffect: false });
  const done = asked.done === 1;
  const list = useTasks(done);
  const tasks = list.tasks ?? [];
  // Who opens a task, or comes to the next one, reads on there.
  const [moved, setMoved] = useState(false);
  const chosen = asked.task ?? (narrow ? undefined : tasks[0]?.id);
  const go = (search: Asked) => {
    setMoved(search.task !== undefined);
    void navigate({ to: "/inbox", search: search as never });
  };
  const open = (id: number | undefined) => go({ done: done ? 1 : undefined, task: id });
  const listed = !narrow || chosen === undefined;

  return (
    <>
      <PageBar title={t("inbox")}>
        <SegmentedControl
          aria-label={t("inbox:which")}
          value={done ? "done" : "open"}
          onChange={(next) => go({ done: next === "done" ? 1 : undefined })}
          data={["open", "done"].map((each) => ({ value: each, label: t(`inbox:which.${each}`) }))}
        />
      </PageBar>
      <Problem error={list.error} onRetry={() => void list.refetch()} />
      <div className={styles.stage}>
        {listed && (
          <TaskList
            tasks={list.tasks}
            done={done}
            chosen={chosen}
            onOpen={open}
            onMore={list.hasNextPage ? () => void list.fetchNextPage() : undefined}
          />
        )}
        {chosen !== undefined && (
          <TaskPane
            key={chosen}
            id={chosen}
            listed={tasks.find((each) => each.id === chosen)}
            focused={moved}
            onBack={narrow ? () => open(undefined) : undefined}
            onAnswered={() => open(narrow ? undefined : following(tasks, chosen)?.id)}
          />
        )}
      </div>
    </>
  );
}
