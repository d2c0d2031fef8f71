import { Skeleton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { format } from "../i18n";
import { Empty } from "../parts/Empty";
import { PageBar } from "../parts/PageBar";
import { Pill } from "../parts/Pill";
import { Problem } from "../parts/Problem";
import styles from "./Health.module.css";
import { Queues } from "./Queues";
import { useHealth } from "./useHealth";
import { Wait } from "./Wait";
import { Workers } from "./Workers";

/** How the whole is doing: what waits and how long, what runs, and which processes work. */
export function HealthPage() {
  const { t } = useTranslation();
  const { data, error, gone, isPending, isEnabled, refetch } = useHealth();
  if (!isEnabled && isPending) return <Empty>{t("forbidden")}</Empty>;
  return (
    <>
      <PageBar
        title={t("health")}
        status={
          (gone || data) && (
            <Pill tone={gone ? "bad" : "ok"}>{t(gone ? "health:gone" : "health:works")}</Pill>
          )
        }
      />
      {!gone && <Problem error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton height={200} m={12} />}
      {data && (
        <div className={styles.page}>
          <dl className={styles.numbers}>
            {(
              [
                ["waiting", format.number(data.queue.waiting)],
                ["oldest", <Wait key="wait" seconds={data.queue.oldestWaitingSeconds} />],
                ["running", format.number(data.executions.running)],
                ["scheduled", format.number(data.executions.scheduled)],
                ["streams", format.number(data.streams)],
              ] as const
            ).map(([name, shown]) => (
              <div key={name}>
                <dt>{t(`health:${name}`)}</dt>
                <dd>{shown}</dd>
              </div>
            ))}
          </dl>
          {data.queue.workflows && <Queues workflows={data.queue.workflows} />}
          <Workers workers={data.workers} />
        </div>
      )}
    </>
  );
}
