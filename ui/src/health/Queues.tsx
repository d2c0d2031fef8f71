import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { format } from "../i18n";
import styles from "./Health.module.css";
import type { Waiting } from "./useHealth";
import { Wait } from "./Wait";

/** What waits of each workflow. */
export function Queues({ workflows }: { workflows: Waiting[] }) {
  const { t } = useTranslation();
  return (
    <section aria-labelledby="health-queues">
      <h2 id="health-queues" className={styles.title}>
        {t("health:queues")}
      </h2>
      {workflows.length === 0 ? (
        <p className="dim">{t("health:nothingWaits")}</p>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th>{t("health:workflow")}</th>
              <th className="numeric">{t("health:waiting")}</th>
              <th className="numeric">{t("health:oldest")}</th>
            </tr>
          </thead>
          <tbody>
            {workflows.map((each) => (
              <tr key={each.key}>
                <td>
                  <Link
                    to={"/executions" as string}
                    search={{ workflow: each.key, state: "active" } as never}
                  >
                    {each.title || each.key}
                  </Link>
                </td>
                <td className="numeric">{format.number(each.waiting)}</td>
                <td className="numeric">
                  <Wait seconds={each.oldestWaitingSeconds} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
