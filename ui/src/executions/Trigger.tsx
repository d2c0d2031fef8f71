import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { nameOf } from "../parts/person";
import { titleOf, useCollections } from "../queries";
import type { Execution } from "./execution";

/** The record that an execution is about, as a link where there is a page for it. */
export function RecordLink({ execution }: { execution: Execution }) {
  const { t } = useTranslation();
  const { data: collections } = useCollections();
  const { collection: name, recordKey: key } = execution;
  if (!name) return <>–</>;
  const table = collections?.find((each) => each.name === name);
  const title = table ? titleOf(table) : name;
  if (key === null) return <>{title}</>;
  const words = t("executions:ofRecord", { table: title, key });
  const keys = table?.fields.filter((each) => each.primaryKey).map((each) => each.name) ?? [];
  const addressed = [table?.filterTargetKey ?? keys].flat();
  if (keys.length !== 1 || addressed[0] !== keys[0] || addressed.length !== 1) return <>{words}</>;
  return (
    <Link
      to={"/data/$table" as string}
      params={{ table: name } as never}
      search={{ record: key } as never}
    >
      {words}
    </Link>
  );
}

/** What started an execution, in words: "Posts #1042 · by Ada". */
export function Trigger({ execution }: { execution: Execution }) {
  const { t } = useTranslation();
  return (
    <>
      <RecordLink execution={execution} />
      {execution.user && (
        <span className="dim"> · {t("executions:by", { name: nameOf(execution.user) })}</span>
      )}
      {execution.rerunOfId && <span className="dim"> · {t("executions:isRerun")}</span>}
      {execution.manually && <span className="dim"> · {t("executions:byHand")}</span>}
    </>
  );
}
