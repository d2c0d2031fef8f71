import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { local } from "../../i18n";
import { titleOf } from "../../queries";
import { Rows } from "./Rows";
import { asObject, asText, type WidgetProps } from "./types";
import { VariableField } from "./VariableField";

/** What the server fills in by itself. */
const STAMPS = new Set(["createdAt", "updatedAt", "createdById", "updatedById"]);
const NUMBERS = new Set(["integer", "bigInt", "double", "float", "decimal"]);

/** What a text stands for in a field of this type; templates stay text. */
function typed(text: string, type: string | undefined): unknown {
  if (text.includes("{{")) return text;
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  if (type && NUMBERS.has(type) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  return text;
}

/** The fields of a record and the values that they get. */
export function ValuesEditor({ field, value, onChange, context, error }: WidgetProps) {
  const { t } = useTranslation();
  const columns = (context.collection?.fields ?? []).filter(
    (each) => !each.hidden && !each.primaryKey && !each.target && !STAMPS.has(each.name),
  );
  const pairs = Object.entries(asObject(value));
  const typeOf = (name: string) => columns.find((each) => each.name === name)?.type;
  return (
    <Rows
      label={local(field.title)}
      items={pairs}
      onChange={(items) => onChange(Object.fromEntries(items))}
      empty={(): [string, unknown] => [
        columns.find((each) => !pairs.some(([name]) => name === each.name))?.name ?? "",
        "",
      ]}
      addLabel={t("form:addValue")}
      error={error}
    >
      {([name, given], change) => (
        <>
          <Select
            aria-label={t("form:field")}
            searchable
            value={name || null}
            data={columns.map((each) => ({ value: each.name, label: titleOf(each) }))}
            onChange={(chosen) => chosen && change([chosen, given])}
          />
          <VariableField
            ariaLabel={t("form:value")}
            value={asText(given)}
            variables={context.variables}
            onChange={(text) => change([name, typed(text, typeOf(name))])}
          />
        </>
      )}
    </Rows>
  );
}
