import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { local } from "../../i18n";
import { titleOf, useFieldTypes } from "../../queries";
import { type Condition, needsSeveral, needsValue, offered, toFilter, toRows } from "./filter";
import { Joined } from "./Joined";
import { JsonField } from "./JsonField";
import { Operand } from "./Operand";
import { Rows } from "./Rows";
import type { WidgetProps } from "./types";

/** Which records are meant: rows of field, operator and value, or the filter itself. */
export function FilterEditor({ field, value, onChange, context, error }: WidgetProps) {
  const { t } = useTranslation();
  const types = useFieldTypes().data ?? [];
  const known = toRows(value);
  if (known === null || !context.collection)
    return <JsonField label={local(field.title)} {...{ error, value, onChange }} />;
  const { kind, rows } = known;
  const typeOf = (type: string | undefined) => types.find((each) => each.type === type);
  const columns = context.collection.fields.filter(
    (each) => !each.hidden && each.type !== "password" && !typeOf(each.type)?.association,
  );
  const fieldOf = (name: string) => columns.find((each) => each.name === name);
  const operatorsOf = (name: string) => offered(typeOf(fieldOf(name)?.type)?.operators);
  /** The row with another field: what does not fit that is let go. */
  const about = (row: Condition, name: string): Condition => {
    const operators = operatorsOf(name);
    const operator = operators.includes(row.operator) ? row.operator : (operators[0] ?? "$eq");
    return { name, operator, value: "" };
  };
  return (
    <>
      <Rows
        label={local(field.title)}
        items={rows}
        onChange={(items) => onChange(toFilter(kind, items))}
        empty={() => about({ name: "", operator: "$eq", value: "" }, columns[0]?.name ?? "id")}
        addLabel={t("form:addCondition")}
        error={error}
      >
        {(row, change) => (
          <>
            <Select
              aria-label={t("form:field")}
              comboboxProps={{ withinPortal: false }}
              searchable
              value={row.name}
              data={columns.map((each) => ({ value: each.name, label: titleOf(each) }))}
              onChange={(name) => name && name !== row.name && change(about(row, name))}
            />
            <Select
              aria-label={t("form:operator")}
              comboboxProps={{ withinPortal: false }}
              value={row.operator}
              data={[...new Set([...operatorsOf(row.name), row.operator])].map((each) => ({
                value: each,
                label: t(`form:operator.${each.slice(1)}`),
              }))}
              onChange={(operator) =>
                operator &&
                change({
                  ...row,
                  operator,
                  value:
                    needsValue(row.operator) &&
                    needsSeveral(operator) === needsSeveral(row.operator)
                      ? row.value
                      : "",
                })
              }
            />
            {needsValue(row.operator) && (
              <Operand
                field={fieldOf(row.name)}
                kind={typeOf(fieldOf(row.name)?.type)?.kind}
                operator={row.operator}
                value={row.value}
                variables={context.variables}
                onChange={(next) => change({ ...row, value: next })}
              />
            )}
          </>
        )}
      </Rows>
      {rows.length > 1 && (
        <Joined
          value={kind}
          all="$and"
          any="$or"
          onChange={(chosen) => onChange(toFilter(chosen, rows))}
        />
      )}
    </>
  );
}
