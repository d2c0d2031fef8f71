import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Cause } from "./Cause";
import { ExecutionLink } from "./ExecutionLink";
import type { Execution } from "./execution";
import styles from "./Panel.module.css";
import type { useChain } from "./useChain";

interface Props {
  execution: Execution;
  chain: ReturnType<typeof useChain>;
}

/** How an execution came about, from the call or the button on, and what it started in turn. */
export function Chain({ execution, chain: { causes, titleOf, started } }: Props) {
  const { t } = useTranslation();
  const stack = execution.stack ?? [];
  const first = causes.find((each) => each.id === stack[0]?.executionId);
  return (
    <>
      {stack.length > 0 && (
        <>
          <h3 className={styles.head}>{t("executions:chain")}</h3>
          <ol className={styles.chain} aria-label={t("executions:chain")}>
            {first && (
              <li>
                <Cause execution={first} />
              </li>
            )}
            {stack.map(({ executionId: id, key, nodeKey }) => {
              const found = causes.find((each) => each.id === id);
              return (
                <li key={id}>
                  {found ? <ExecutionLink id={id} found={found} /> : `${key} ${id}`}
                  {nodeKey && (
                    <span className={styles.by}>
                      <Link
                        to={"/executions/$id" as string}
                        params={{ id: String(id) } as never}
                        search={{ step: nodeKey } as never}
                      >
                        {titleOf(nodeKey)}
                      </Link>
                    </span>
                  )}
                </li>
              );
            })}
            <li aria-current="true">{t("executions:thisOne")}</li>
          </ol>
        </>
      )}
      {started.length > 0 && (
        <>
          <h3 className={styles.head}>{t("executions:startedByIt")}</h3>
          <ul className={styles.chain} aria-label={t("executions:startedByIt")}>
            {started.map((each) => (
              <li key={each.id}>
                <ExecutionLink id={each.id} found={each} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}
