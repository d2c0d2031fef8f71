import { useTranslation } from "react-i18next";
import type { Collection } from "../api";
import { Copy } from "../parts/Copy";
import { collectionName } from "../parts/form/types";
import { useWorkflows } from "../queries";
import styles from "./Tables.module.css";

/** Ready calls for the table, and the keys of the workflows that they can start. */
export function ApiTab({ collection }: { collection: Collection }) {
  const { t } = useTranslation();
  const { data: workflows = [] } = useWorkflows();
  const own = workflows.filter(
    (each) => collectionName(each.config.collection) === collection.name,
  );
  const base = `${window.location.origin}/api/${collection.name}`;
  const auth = `-H "Authorization: Bearer $TOKEN"`;
  const text =
    collection.fields.find((each) => each.type === "string" || each.type === "text")?.name ??
    "name";
  const body = `-d '${JSON.stringify({ [text]: "…" })}'`;
  const keys = own.map((each) => each.key).join(",");
  const calls = [
    { label: t("tables:call.list"), text: `curl ${auth} '${base}:list?pageSize=20'` },
    { label: t("tables:call.create"), text: `curl ${auth} ${body} '${base}:create'` },
    { label: t("tables:call.update"), text: `curl ${auth} ${body} '${base}:update/1'` },
    { label: t("tables:call.destroy"), text: `curl -X POST ${auth} '${base}:destroy/1'` },
    ...(keys
      ? [
          {
            label: t("tables:call.start"),
            text: `curl ${auth} ${body} '${base}:create?triggerWorkflows=${keys}'`,
          },
        ]
      : []),
  ];
  return (
    <div style={{ padding: 16, overflow: "auto" }}>
      {calls.map((each) => (
        <section key={each.label}>
          <h2 className={styles.group} style={{ padding: "4px 0" }}>
            {each.label}
          </h2>
          <div className={styles.call}>
            {each.text}
            <span className={styles.copy}>
              <Copy value={each.text} />
            </span>
          </div>
        </section>
      ))}
      <p className="hint">{t("tables:callHint")}</p>
    </div>
  );
}
