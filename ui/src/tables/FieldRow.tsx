import { useTranslation } from "react-i18next";
import type { Field } from "../api";
import { FieldIcon } from "../parts/FieldIcon";
import { asText } from "../parts/form/types";
import { titleOf, useFieldTypes } from "../queries";
import styles from "./Tables.module.css";
import { labelOf } from "./types";

interface Props {
  field: Field;
  /** Whether a change of it waits. */
  waits: boolean;
  onOpen: () => void;
}

/** A field in the list of a table's fields. */
export function FieldRow({ field, waits, onOpen }: Props) {
  const { t } = useTranslation();
  const { data: types = [] } = useFieldTypes();
  const choices = field.uiSchema?.enum ?? [];
  const value = field.defaultValue;
  const initial =
    typeof value === "boolean"
      ? t(`tables:default.${value}`)
      : (choices.find((each) => each.value === value)?.label ?? asText(value));
  return (
    <tr data-waits={waits || undefined}>
      <td>
        <span className={styles.titled}>
          <FieldIcon field={field} />
          <button
            type="button"
            className={styles.link}
            disabled={field.primaryKey}
            title={field.description || undefined}
            onClick={onOpen}
          >
            {titleOf(field)}
          </button>
        </span>
      </td>
      <td className="mono">{field.name}</td>
      <td className="dim">{labelOf(t, types, field)}</td>
      <td>{field.primaryKey || field.allowNull === false ? <Yes /> : ""}</td>
      <td>{field.primaryKey || field.unique ? <Yes /> : ""}</td>
      <td className="dim">{initial}</td>
      <td className="mono">{field.target ?? ""}</td>
    </tr>
  );
}

function Yes() {
  const { t } = useTranslation();
  return (
    <span role="img" aria-label={t("tables:yes")}>
      ●
    </span>
  );
}
