import { Select } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Joined } from "./Joined";
import { JsonField } from "./JsonField";
import { Rows } from "./Rows";
import { shown } from "./shown";
import { asObject, asText, type FormContext, type WidgetProps } from "./types";
import { VariableField } from "./VariableField";

const CALCULATORS = [
  "equal",
  "notEqual",
  "gt",
  "gte",
  "lt",
  "lte",
  "includes",
  "notIncludes",
  "startsWith",
  "notStartsWith",
  "endsWith",
  "notEndsWith",
];

interface Comparison {
  calculator: string;
  operands: [unknown, unknown];
}

interface Props {
  label: ReactNode;
  error?: string;
  value: unknown;
  onChange: (value: unknown) => void;
  context: FormContext;
}

const constant = (text: string): unknown => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text);

/** A condition of comparisons, all or any of which must hold. */
export function ConditionEditor({ label, error, value, onChange, context }: Props) {
  const { t } = useTranslation();
  const group = asObject(asObject(value).group);
  const calculations = Array.isArray(group.calculations) ? (group.calculations as unknown[]) : [];
  // Groups inside groups are more than rows can say.
  if (calculations.some((each) => "group" in asObject(each)))
    return <JsonField {...{ label, error, value, onChange }} />;
  const kind = group.type === "or" ? "or" : "and";
  const rows = calculations.map((each): Comparison => {
    const { calculator, operands } = asObject(each);
    const [left, right] = Array.isArray(operands) ? operands : [];
    return { calculator: String(calculator ?? "equal"), operands: [left ?? "", right ?? ""] };
  });
  const put = (type: string, items: Comparison[]) =>
    onChange({ group: { type, calculations: items } });
  return (
    <>
      <Rows
        label={label}
        items={rows}
        onChange={(items) => put(kind, items)}
        empty={(): Comparison => ({ calculator: "equal", operands: ["", ""] })}
        addLabel={t("form:addCondition")}
        error={error}
      >
        {(row, change) => (
          <>
            <VariableField
              ariaLabel={t("form:leftValue")}
              value={asText(row.operands[0])}
              variables={context.variables}
              onChange={(text) => change({ ...row, operands: [constant(text), row.operands[1]] })}
            />
            <Select
              aria-label={t("form:operator")}
              value={row.calculator}
              data={CALCULATORS.map((each) => ({
                value: each,
                label: t(`form:calculator.${each}`),
              }))}
              onChange={(calculator) => calculator && change({ ...row, calculator })}
            />
            <VariableField
              ariaLabel={t("form:rightValue")}
              value={asText(row.operands[1])}
              variables={context.variables}
              onChange={(text) => change({ ...row, operands: [row.operands[0], constant(text)] })}
            />
          </>
        )}
      </Rows>
      {rows.length > 1 && (
        <Joined value={kind} all="and" any="or" onChange={(chosen) => put(chosen, rows)} />
      )}
    </>
  );
}

/** The same as a field's widget. */
export function ConditionWidget(props: WidgetProps) {
  return <ConditionEditor {...props} label={shown(props).label} />;
}
