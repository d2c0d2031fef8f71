/** Widgets that hold fields of their own: a part of a configuration, and a list of them. */
import { useTranslation } from "react-i18next";
import { errorsWithin } from "./fields";
import styles from "./Part.module.css";
import { Rows } from "./Rows";
import { SchemaForm } from "./SchemaForm";
import { shown } from "./shown";
import { asObject, type Config, type WidgetProps } from "./types";

export function Part(props: WidgetProps) {
  const { field, value, onChange, context, error } = props;
  const form = (
    <SchemaForm
      fields={field.fields ?? []}
      value={asObject(value)}
      onChange={onChange}
      context={context}
    />
  );
  if (!context.headings && !error) return form;
  return (
    <fieldset className={styles.part} data-wrong={error}>
      <legend className={styles.title}>{shown(props).label}</legend>
      {form}
      {error && (
        <span role="alert" className={styles.error}>
          {error}
        </span>
      )}
    </fieldset>
  );
}

export function PartList(props: WidgetProps) {
  const { t } = useTranslation();
  const { field, value, onChange, context, error } = props;
  return (
    <Rows
      label={shown(props).label}
      items={Array.isArray(value) ? value.map(asObject) : []}
      onChange={onChange}
      empty={(): Config => (field.widget === "cases" ? { engine: "basic" } : {})}
      addLabel={t(`form:add.${field.widget}`)}
      error={error}
    >
      {(item, change, place) => (
        <SchemaForm
          fields={field.fields ?? []}
          value={item}
          onChange={change}
          context={{ ...context, errors: errorsWithin(context.errors, String(place)) }}
        />
      )}
    </Rows>
  );
}
