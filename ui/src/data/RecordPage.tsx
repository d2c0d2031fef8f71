import { Skeleton } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Collection } from "../api";
import { Empty } from "../parts/Empty";
import { titleOfRecord } from "../parts/fields";
import { Outcomes } from "../parts/Outcomes";
import { PageBar } from "../parts/PageBar";
import { Problem } from "../parts/Problem";
import { titleOf, useCollections } from "../queries";
import { Activity } from "./Activity";
import styles from "./Activity.module.css";
import { RecordActions, RecordButtons } from "./RecordActions";
import { RecordBody } from "./RecordBody";
import { useButtons } from "./useButtons";
import { usePress } from "./usePress";
import { useRecord } from "./useRecord";

/** One record on a page of its own. */
export function RecordPage() {
  const { t } = useTranslation();
  const { table = "", id = "" } = useParams({ strict: false }) as { table?: string; id?: string };
  const { data, error, isPending, refetch } = useCollections();
  const collection = data?.find((each) => each.name === table);
  if (collection) return <Whole key={`${table}/${id}`} collection={collection} id={id} />;
  return (
    <>
      <PageBar title={table} />
      <Problem error={error} onRetry={() => void refetch()} />
      {isPending ? <Skeleton height={144} m={12} /> : <Empty>{t("data:noTable")}</Empty>}
    </>
  );
}

function Whole({ collection, id }: { collection: Collection; id: string }) {
  const { t } = useTranslation();
  const table = collection.name;
  const { press, came, error: refused, reset } = usePress(table);
  const { data, error, isPending, refetch } = useRecord(collection, id);
  const buttons = useButtons(table);
  const row = data?.row;
  return (
    <>
      <PageBar
        crumb={{ label: titleOf(collection), to: `/data/${table}` }}
        title={row ? titleOfRecord(collection, row) : id}
      >
        <RecordActions id={id} row={row} buttons={buttons} onPress={press} />
        <RecordButtons id={id} row={row} buttons={buttons} onPress={press} />
      </PageBar>
      <Problem error={error ?? refused} onRetry={error ? () => void refetch() : undefined} />
      {came && <Outcomes came={came} onClose={reset} />}
      {isPending && <Skeleton height={160} m={16} />}
      {row === null && <Empty>{t("data:noRecord")}</Empty>}
      {row && (
        <div className={styles.page}>
          <div className={styles.main}>
            <RecordBody collection={collection} row={row} id={id} />
          </div>
          <aside className={styles.rail} aria-label={t("data:activity")}>
            <h2 className={styles.heading}>{t("data:activity")}</h2>
            <Activity collection={collection} row={row} id={id} />
          </aside>
        </div>
      )}
    </>
  );
}
