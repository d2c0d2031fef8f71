import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { local } from "../../i18n";
import { titleOf } from "../../queries";
import { Joined } from "./Joined";
import { JsonField } from "./JsonField";
import { Rows } from "./Rows";
import { asObject, asText, type WidgetProps } from "./types";
import { VariableField } from "./VariableField";

const OPERATORS = [
  "$eq",
  "$ne",
  "$gt",
  "$gte",
  "$lt",
  "$lte",
  "$includes",
  "$notIncludes",
  "$empty",
  "$notEmpty",
] as const;
const WITHOUT_VALUE = new Set<string>(["$empty", "$notEmpty"]);

interface Condition {
  name: string;
  operator: string;
  value: unknown;
}

/** The rows that a filter stands for; null: it says more than rows can. */
function toRows(filter: unknown): { kind: "$and" | "$or"; rows: Condition[] } | null {
  if (filter === null || filter === undefined) return { kind: "$and", rows: [] };
  const given = asObject(filter);
  const keys = Object.keys(given);
  const kind = keys.length === 1 && keys[0] === "$or" ? "$or" : "$and";
  const listed = keys.length === 1 && (keys[0] === "$and" || keys[0] === "$or");
  const parts = listed ? given[kind] : keys.map((key) => ({ [key]: given[key] }));
  if (!Array.isArray(parts)) return null;
  const rows: Condition[] = [];
  for (const part of parts) {
    const [[path, operand] = ["", null], ...others] = Object.entries(asObject(part));
    if (others.length > 0 || path === "" || path.startsWith("$")) return null;
    const [name = "", dotted] = path.split(".$");
    if (dotted) rows.push({ name, operator: `$${dotted}`, value: operand });
    else {
      const [[operator, value] = ["$eq", operand], ...more] = Object.entries(asObject(operand));
      if (more.length > 0 || (!operator.startsWith("$") && typeof operand === "object"))
        return null;
      rows.push(
        typeof operand === "object" && operand !== null
          ? { name, operator, value }
          : { name, operator: "$eq", value: operand },
      );
    }
  }
  return rows.every((row) => (OPERATORS as readonly string[]).includes(row.operator))
    ? { kind, rows }
    : null;
}

const toFilter = (kind: "$and" | "$or", rows: Condition[]) =>
  rows.length === 0
    ? null
    : {
        [kind]: rows.map((row) => ({
          [row.name]: { [row.operator]: WITHOUT_VALUE.has(row.operator) ? true : row.value },
        })),
      };

/** Which records are meant: rows of field, operator and value, or the filter itself. */
export function FilterEditor({ field, value, onChange, context }: WidgetProps) {
  const { t } = useTranslation();
  const known = toRows(value);
  if (known === null || !context.collection)
    return <JsonField label={local(field.title)} value={value} onChange={onChange} />;
  const { kind, rows } = known;
  const columns = context.collection.fields.filter((each) => !each.hidden);
  return (
    <>
      <Rows
        label={local(field.title)}
        items={rows}
        onChange={(items) => onChange(toFilter(kind, items))}
        empty={() => ({ name: columns[0]?.name ?? "id", operator: "$eq", value: "" })}
        addLabel={t("form:addCondition")}
      >
        {(row, change) => (
          <>
            <Select
              aria-label={t("form:field")}
              searchable
              value={row.name}
              data={columns.map((each) => ({ value: each.name, label: titleOf(each) }))}
              onChange={(name) => name && change({ ...row, name })}
            />
            <Select
              aria-label={t("form:operator")}
              value={row.operator}
              data={OPERATORS.map((each) => ({
                value: each,
                label: t(`form:operator.${each.slice(1)}`),
              }))}
              onChange={(operator) => operator && change({ ...row, operator })}
            />
            {!WITHOUT_VALUE.has(row.operator) && (
              <VariableField
                ariaLabel={t("form:value")}
                value={asText(row.value)}
                variables={context.variables}
                onChange={(text) => change({ ...row, value: text })}
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
