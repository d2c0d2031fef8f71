import { useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./JsonTree.module.css";

const SHOWN = 100;

/** A JSON value that opens and closes; a click on a name copies its path. */
export function JsonTree({ value, path = "" }: { value: unknown; path?: string }) {
  return (
    <div className={styles.tree}>
      <Part value={value} path={path} open />
    </div>
  );
}

function Part({
  name,
  value,
  path,
  open: first,
}: {
  name?: string;
  value: unknown;
  path: string;
  open?: boolean;
}) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(first ?? false);
  const label = name !== undefined && (
    <button
      type="button"
      className={styles.name}
      title={t("copyPath", { path })}
      onClick={() => void navigator.clipboard?.writeText(path)}
    >
      {name}:
    </button>
  );
  if (typeof value !== "object" || value === null)
    return (
      <div>
        {label}{" "}
        <span data-type={value === null ? "null" : typeof value}>
          {JSON.stringify(value) ?? "–"}
        </span>
      </div>
    );
  const entries = Object.entries(value);
  const list = Array.isArray(value);
  return (
    <div>
      {label}{" "}
      <button
        type="button"
        className={styles.fold}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {list ? `[${entries.length}]` : `{${entries.length}}`}
      </button>
      {open && (
        <div className={styles.inner}>
          {entries.slice(0, SHOWN).map(([key, each]) => (
            <Part key={key} name={key} value={each} path={path ? `${path}.${key}` : key} />
          ))}
          {entries.length > SHOWN && <div>… {entries.length - SHOWN}</div>}
        </div>
      )}
    </div>
  );
}
