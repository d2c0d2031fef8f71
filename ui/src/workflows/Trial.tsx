import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import type { Config } from "../parts/form/types";
import { JsonTree } from "../parts/JsonTree";
import { Pill } from "../parts/Pill";
import styles from "./Trial.module.css";

export interface Sample {
  context?: unknown;
  jobs?: Record<string, unknown>;
}

interface Result {
  status: number;
  result: unknown;
  log: string | null;
}

interface Props {
  type: string;
  config: Config;
  sample: Sample;
  /** Gets what went wrong with trying; null: nothing. */
  onEnd: (error: unknown) => void;
}

/** Tries a step as it is in the form, on what the last execution had. */
export function Trial({ type, config, sample, onEnd }: Props) {
  const { t } = useTranslation();
  const trial = useMutation({
    mutationFn: async () =>
      (await call<Result>("flow_nodes:test", { body: { type, config, ...sample } })).data,
    onSettled: (_, error) => onEnd(error),
  });
  const { status, result, log } = trial.data ?? {};
  const state = status === 1 ? "worked" : status === 0 ? "waits" : "failed";
  return (
    <section className={styles.trial} aria-label={t("workflows:trial")}>
      <div className={styles.head}>
        <Button variant="default" loading={trial.isPending} onClick={() => trial.mutate()}>
          {t("workflows:trial")}
        </Button>
        {trial.data && (
          <Pill tone={status === 1 ? "ok" : status === 0 ? "run" : "bad"}>
            {t(`workflows:trial.${state}`)}
          </Pill>
        )}
      </div>
      <span className="hint">
        {t(sample.context ? "workflows:trialHint" : "workflows:trialWithoutSample")}
      </span>
      <div role="status">
        {log && <p className={status === 1 ? styles.log : styles.failed}>{log}</p>}
        {trial.data && result !== null && <JsonTree value={result} />}
      </div>
    </section>
  );
}
