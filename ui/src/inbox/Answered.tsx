import { Check } from "lucide-react";
import { useTranslation } from "react-i18next";
import { format, local } from "../i18n";
import styles from "./Inbox.module.css";
import type { Question, Task } from "./task";

/** What was answered, to read. */
export function Answered({ task }: { task: Task }) {
  const { t } = useTranslation();
  if (!task.result || task.status === -3) return <p className="dim">{t("inbox:notNeeded")}</p>;
  const { form, _: key } = task.result;
  const action = task.forms.actions.find((each) => each.key === key);
  return (
    <dl aria-label={t("inbox:answer")}>
      <div className={styles.fact}>
        <dt>{t("inbox:answer")}</dt>
        <dd>{local(action?.label) || key}</dd>
      </div>
      {task.forms.fields
        .filter((each) => form[each.name] !== undefined)
        .map((each) => (
          <div key={each.name} className={styles.fact}>
            <dt>{local(each.label) || each.name}</dt>
            <dd>{said(each, form[each.name])}</dd>
          </div>
        ))}
    </dl>
  );
}

function said({ type }: Question, value: unknown) {
  if (type === "boolean") return value ? <Check size={14} aria-label="✓" /> : "–";
  if (type === "date") return format.day(String(value));
  return typeof value === "number" ? format.number(value) : String(value);
}
