import { useTranslation } from "react-i18next";
import { format } from "../i18n";
import { Pill } from "../parts/Pill";
import { Since } from "../parts/Since";
import styles from "./Health.module.css";
import type { Worker } from "./useHealth";

/** The processes that execute workflows, and when each was last heard of. */
export function Workers({ workers }: { workers: Worker[] }) {
  const { t } = useTranslation();
  return (
    <section aria-labelledby="health-workers">
      <h2 id="health-workers" className={styles.title}>
        {t("health:workers")}
      </h2>
      {workers.length === 0 ? (
        <p className="dim">{t("health:noWorkers")}</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th>{t("health:process")}</th>
              <th>{t("health:state")}</th>
              <th className="numeric">{t("health:executions")}</th>
              <th>{t("health:version")}</th>
              <th>{t("health:started")}</th>
              <th>{t("health:seen")}</th>
            </tr>
          </thead>
          <tbody>
            {workers.map((each) => (
              <tr key={each.owner} title={each.owner}>
                <td>
                  {each.kind && `${t(`health:kind.${each.kind}`, { defaultValue: each.kind })} `}
                  <span className="mono">
                    {each.host ? `${each.host} ${each.pid ?? ""}` : each.owner}
                  </span>
                </td>
                <td>
                  <Pill tone={each.alive ? "ok" : "bad"}>
                    {t(each.alive ? "health:alive" : "health:silent")}
                  </Pill>
                </td>
                <td className="numeric">{format.number(each.executions)}</td>
                <td className="mono">{each.version ?? "–"}</td>
                <td className="dim">{each.startedAt ? <Since at={each.startedAt} /> : "–"}</td>
                <td className="dim">{each.seenAt ? <Since at={each.seenAt} /> : "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
