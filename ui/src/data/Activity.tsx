import { Button, Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import { Trans, useTranslation } from "react-i18next";
import type { Collection, Row } from "../api";
import { isActive, stateOf } from "../parts/executionState";
import { titleOfRecord } from "../parts/fields";
import { Pill } from "../parts/Pill";
import { Problem } from "../parts/Problem";
import { Since } from "../parts/Since";
import { Value } from "../parts/Value";
import { titleOf } from "../queries";
import styles from "./Activity.module.css";
import { type Change, Follow, type Started, useActivity } from "./useActivity";

/** What became of a record: its changes, and the executions that it started. */
export function Activity({
  collection,
  row,
  id,
}: {
  collection: Collection;
  row: Row;
  id: string;
}) {
  const { t } = useTranslation();
  const { happened, watches, filter, error, isPending, renew, showMore } = useActivity(
    collection,
    id,
  );
  const author = row.createdBy ? titleOfRecord(undefined, row.createdBy as Row) : "";
  return (
    <section aria-label={t("data:activity")}>
      {watches && <Follow filter={filter} onEvent={renew} />}
      <Problem error={error} />
      {isPending && <Skeleton height={96} />}
      <ol className={styles.timeline}>
        {happened.map((each) =>
          each.kind === "change" ? (
            <Changed
              key={`change ${each.change.id}`}
              collection={collection}
              change={each.change}
            />
          ) : (
            <Execution key={`execution ${each.execution.id}`} execution={each.execution} />
          ),
        )}
        {typeof row.createdAt === "string" && !showMore && (
          <li>
            <span>{author ? t("data:createdBy", { who: author }) : t("data:created")}</span>
            <Since at={row.createdAt} />
          </li>
        )}
      </ol>
      {showMore && (
        <Button variant="default" onClick={showMore}>
          {t("data:showMore")}
        </Button>
      )}
    </section>
  );
}

function Changed({ collection, change }: { collection: Collection; change: Change }) {
  const { t } = useTranslation();
  const known = change.user?.nickname || change.user?.username;
  const who = known || t(change.executionId ? "data:workflow" : "data:somebody");
  return (
    <li>
      <span>{t("data:changed", { who })}</span> <Since at={change.createdAt} />{" "}
      {change.executionId && (
        <Link to={`/executions/${change.executionId}` as string}>
          {t("data:execution", { id: change.executionId })}
        </Link>
      )}
      {change.changes.map(({ field: name, from, to }) => {
        const field = collection.fields.find((each) => each.name === name);
        const shown = (value: unknown) =>
          field && value !== null && value !== "" ? <Value field={field} value={value} /> : "–";
        return (
          <div key={name} className={styles.change}>
            <span className={styles.name}>{field ? titleOf(field) : name}</span>
            <span className={styles.old}>{shown(from)}</span>
            <ArrowRight size={12} aria-label={t("data:became")} />
            <span className={styles.fresh}>{shown(to)}</span>
          </div>
        );
      })}
    </li>
  );
}

function Execution({ execution }: { execution: Started }) {
  const { t } = useTranslation();
  const { tone, word } = stateOf(execution.status, execution.reason);
  return (
    <li>
      <span>
        <Trans
          i18nKey="data:started"
          values={{ name: execution.workflow?.title || execution.key }}
          components={{ to: <Link to={`/executions/${execution.id}` as string} /> }}
        />
      </span>{" "}
      <Since at={execution.createdAt} />{" "}
      <Pill tone={tone} live={isActive(execution.status)}>
        {t(`executions:state.${word}`)}
      </Pill>
    </li>
  );
}
