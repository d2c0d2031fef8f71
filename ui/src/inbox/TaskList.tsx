import { Button, Skeleton, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Empty } from "../parts/Empty";
import { titleOfRecord } from "../parts/fields";
import { Pill } from "../parts/Pill";
import { Since } from "../parts/Since";
import { titleOf, useCollections } from "../queries";
import styles from "./Inbox.module.css";
import { isOpen, type Task, toneOf } from "./task";

interface Props {
  /** None: they are not known yet. */
  tasks: Task[] | undefined;
  done: boolean;
  chosen: number | undefined;
  onOpen: (id: number) => void;
  onMore?: () => void;
}

/** The tasks, the newest first. */
export function TaskList({ tasks, done, chosen, onOpen, onMore }: Props) {
  const { t } = useTranslation();
  if (!tasks) return <Skeleton className={styles.list} height={120} m={12} />;
  if (tasks.length === 0)
    return (
      <div className={styles.list}>
        <Empty>{t(done ? "inbox:noneDone" : "inbox:noneOpen")}</Empty>
      </div>
    );
  return (
    <nav className={styles.list} aria-label={t("inbox:tasks")}>
      <ul>
        {tasks.map((each) => (
          <li key={each.id}>
            <UnstyledButton
              className={styles.item}
              aria-current={each.id === chosen || undefined}
              onClick={() => onOpen(each.id)}
            >
              <span className={styles.line}>
                <b className={styles.title}>{each.title}</b>
                <span className={styles.age}>
                  <Since at={isOpen(each) ? each.createdAt : each.updatedAt} />
                </span>
              </span>
              <span className={styles.line}>
                <span className={styles.about}>
                  <About task={each} />
                </span>
                {!isOpen(each) && (
                  <Pill tone={toneOf(each)}>{t(`inbox:status.${each.status}`)}</Pill>
                )}
              </span>
            </UnstyledButton>
          </li>
        ))}
      </ul>
      {onMore && (
        <Button variant="default" m={12} onClick={onMore}>
          {t("inbox:more")}
        </Button>
      )}
    </nav>
  );
}

/** Which workflow asks, and about which record. */
function About({ task }: { task: Task }) {
  const { data: collections = [] } = useCollections();
  const collection = collections.find((each) => each.name === task.collection);
  const record =
    collection && task.record
      ? `${titleOf(collection)} · ${titleOfRecord(collection, task.record)}`
      : null;
  return <>{[task.workflow?.title || task.workflow?.key, record].filter(Boolean).join(" — ")}</>;
}
