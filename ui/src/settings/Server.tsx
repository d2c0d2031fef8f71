import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ApiError, call } from "../api";
import { format } from "../i18n";
import { Pill } from "../parts/Pill";
import { Problem } from "../parts/Problem";
import { mayManage, useAbilities } from "../queries";
import { Fact } from "./Fact";
import { Section } from "./Section";
import styles from "./Settings.module.css";
import { useInfo } from "./useInfo";

interface Health {
  database: string;
  queue: { waiting: number; oldestWaitingSeconds: number | null };
  executions: { running: number; scheduled: number };
  workers: { owner: string; executions: number }[];
  streams: number;
}

const REFRESH = 10_000;

/** The server's version, and how it is for those who may know. */
export function Server() {
  const { t } = useTranslation();
  const { data: abilities } = useAbilities();
  const info = useInfo();
  const health = useQuery({
    queryKey: ["health"],
    enabled: mayManage(abilities, "pm.system-settings"),
    refetchInterval: REFRESH,
    queryFn: async () => (await call<Health>("system:health")).data,
  });
  const gone = health.error instanceof ApiError && health.error.status === 503;
  const { queue, executions, workers, streams } = health.data ?? {};
  const oldest = queue?.oldestWaitingSeconds ?? null;
  return (
    <Section title={t("settings:server")}>
      <dl className={styles.facts}>
        <Fact name={t("settings:version")}>
          <span className="mono">{info.data?.version}</span>
        </Fact>
        {(gone || health.data) && (
          <Fact name={t("settings:database")}>
            <Pill tone={gone ? "bad" : "ok"}>{t(gone ? "settings:gone" : "settings:works")}</Pill>
          </Fact>
        )}
        {queue && executions && workers && (
          <>
            <Fact name={t("settings:queue")}>
              {t("settings:waiting", { count: queue.waiting })}
            </Fact>
            <Fact name={t("settings:oldest")}>
              {oldest === null
                ? "–"
                : t("settings:seconds", { seconds: format.number(Math.round(oldest)) })}
            </Fact>
            <Fact name={t("settings:running")}>{format.number(executions.running)}</Fact>
            <Fact name={t("settings:scheduled")}>{format.number(executions.scheduled)}</Fact>
            <Fact name={t("settings:workers")}>
              {workers.length === 0
                ? t("settings:noWorkers")
                : workers.map((each) => t("settings:worker", { ...each })).join(", ")}
            </Fact>
            <Fact name={t("settings:streams")}>{format.number(streams ?? 0)}</Fact>
          </>
        )}
      </dl>
      {!gone && <Problem error={health.error ?? info.error} />}
    </Section>
  );
}
