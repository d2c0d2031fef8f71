import { ActionIcon, Skeleton } from "@mantine/core";
import { ArrowLeft } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { format } from "../i18n";
import { Pill } from "../parts/Pill";
import { Problem } from "../parts/Problem";
import { Since } from "../parts/Since";
import { Answered } from "./Answered";
import { AnswerForm } from "./AnswerForm";
import styles from "./Inbox.module.css";
import { RecordFields } from "./RecordFields";
import { isOpen, type Task, toneOf } from "./task";
import { useTask } from "./useTasks";

interface Props {
  id: number;
  /** The task as the list has it. */
  listed: Task | undefined;
  /** Whether who reads came here by a key or a click. */
  focused: boolean;
  onBack?: () => void;
  onAnswered: () => void;
}

/** One task: what it is about, and the answer. */
export function TaskPane({ id, listed, focused, onBack, onAnswered }: Props) {
  const { t } = useTranslation();
  const read = useTask(id);
  const task = read.data ?? listed;
  const head = useRef<HTMLHeadingElement>(null);
  const shown = task !== undefined;
  useEffect(() => {
    if (shown && focused) head.current?.focus();
  }, [shown, focused]);

  if (!task && read.error)
    return <Problem error={read.error} onRetry={() => void read.refetch()} />;
  if (!task) return <Skeleton height={200} m={16} />;
  return (
    <section className={styles.pane} aria-label={t("inbox:task")}>
      <div className={styles.head}>
        {onBack && (
          <ActionIcon aria-label={t("inbox:back")} onClick={onBack}>
            <ArrowLeft size={16} />
          </ActionIcon>
        )}
        <h2 ref={head} tabIndex={-1}>
          {task.title}
        </h2>
        {!isOpen(task) && <Pill tone={toneOf(task)}>{t(`inbox:status.${task.status}`)}</Pill>}
      </div>
      <p className="hint">
        {task.workflow?.title || task.workflow?.key} · <Since at={task.createdAt} />
        {isOpen(task) && task.expiresAt && (
          <> · {t("inbox:until", { moment: format.moment(task.expiresAt) })}</>
        )}
      </p>
      {task.description && <p className={styles.description}>{task.description}</p>}
      <RecordFields task={task} />
      {isOpen(task) ? <AnswerForm task={task} onAnswered={onAnswered} /> : <Answered task={task} />}
    </section>
  );
}
