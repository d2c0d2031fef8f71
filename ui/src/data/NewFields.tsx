import type { RefObject } from "react";
import { ApiError, type Collection, type Field } from "../api";
import { kindOf, mayFill, shownFields, toSend } from "../parts/fields";
import { titleOf } from "../queries";
import styles from "./Grid.module.css";
import { Input } from "./Input";

export type Values = Record<string, unknown>;

/** What the form of a new record asks for. */
export const askedFields = (collection: Collection) =>
  shownFields(collection).filter((each) => mayFill(each) && kindOf(each) !== "many");

/** What was filled in, as the server takes it. */
export const bodyOf = (fields: Field[], values: Values, all: Collection[] | undefined) =>
  Object.fromEntries(
    fields
      .filter((each) => each.name in values)
      .map((each) => [
        each.name,
        toSend(
          each,
          values[each.name],
          all?.find(({ name }) => name === each.target),
        ),
      ]),
  );

interface Props {
  fields: Field[];
  values: Values;
  error: unknown;
  onChange: (values: Values) => void;
  onSubmit: () => void;
  form?: RefObject<HTMLFormElement | null>;
}

/** The fields of a record that is not there yet, each with what is wrong with it. */
export function NewFields({ fields, values, error, onChange, onSubmit, form }: Props) {
  const issues = error instanceof ApiError ? error.byField : {};
  return (
    <form
      ref={form}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {fields.map((each) => (
        <div key={each.name} className={styles.field}>
          <span className={styles.label}>{titleOf(each)}</span>
          <Input
            field={each}
            label={titleOf(each)}
            value={each.name in values ? values[each.name] : each.defaultValue}
            error={issues[each.name]}
            onChange={(value) => onChange({ ...values, [each.name]: value })}
          />
        </div>
      ))}
      <button type="submit" hidden />
    </form>
  );
}
