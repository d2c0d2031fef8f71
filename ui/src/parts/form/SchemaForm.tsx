import { MultiSelect, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { local } from "../../i18n";
import { titleOf } from "../../queries";
import { ConditionEditor } from "./ConditionEditor";
import { FilterEditor } from "./FilterEditor";
import { JsonField } from "./JsonField";
import { Rows } from "./Rows";
import {
  asObject,
  asText,
  type Config,
  collectionName,
  type FormContext,
  type TypeField,
  type WidgetProps,
} from "./types";
import { ValuesEditor } from "./ValuesEditor";
import { VariableField } from "./VariableField";
import { widgets } from "./widgets";

interface Props {
  fields: TypeField[];
  value: Config;
  onChange: (value: Config) => void;
  context: FormContext;
}

/** A form made of what the server says of a type: a new type needs no change here. */
export function SchemaForm({ fields, value, onChange, context }: Props) {
  const named = value.collection ?? value.associatedCollection;
  const collection =
    typeof named === "string" && named
      ? context.collections.find((each) => each.name === collectionName(named))
      : context.collection;
  const inner = { ...context, collection };
  return fields
    .filter((field) => field.widget !== "hidden" && applies(field, value))
    .map((field) => (
      <Widget
        key={field.name}
        field={field}
        value={value[field.name] ?? field.default}
        onChange={(changed) => onChange({ ...value, [field.name]: changed })}
        context={inner}
      />
    ));
}

/** Of the two ways to write a condition, the one that its engine reads. */
function applies(field: TypeField, value: Config): boolean {
  if (field.widget === "conditions") return (value.engine ?? "basic") === "basic";
  if (field.widget === "expression" && "calculation" in value) return value.engine === "cel";
  if (field.widget === "expression" && value.engine === "basic") return false;
  if (field.name === "association") return value.associated === true;
  if (field.widget === "options") return value.type === "select";
  if (field.name === "deadlineStatus") return Boolean(value.deadline);
  return true;
}

function Widget(props: WidgetProps) {
  const { t } = useTranslation();
  const { field, value, onChange, context } = props;
  const label = local(field.title);
  const description = field.description ? local(field.description) : undefined;
  const common = { label, description, required: field.required };
  const columns = context.collection?.fields ?? [];
  switch (field.widget) {
    case "switch":
      return (
        <Switch
          label={label}
          description={description}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "select":
    case "end-status":
    case "direction": {
      const choices = field.schema.enum ?? (field.widget === "direction" ? ["asc", "desc"] : []);
      return (
        <Select
          {...common}
          value={value === null || value === undefined ? null : String(value)}
          data={choices.map((each) => ({
            value: String(each),
            label: t(`form:choice.${field.name}.${each}`, { defaultValue: String(each) }),
          }))}
          onChange={(chosen) => onChange(choices.find((each) => String(each) === chosen))}
        />
      );
    }
    case "number":
      return typeof value === "string" && value.includes("{{") ? (
        <VariableField
          {...common}
          value={value}
          onChange={onChange}
          variables={context.variables}
        />
      ) : (
        <NumberInput
          {...common}
          value={asText(value)}
          onChange={(typed) => onChange(typed === "" ? null : typed)}
        />
      );
    case "collection":
      return (
        <Select
          {...common}
          searchable
          value={collectionName(value) || null}
          data={context.collections.map((each) => ({ value: each.name, label: titleOf(each) }))}
          onChange={onChange}
        />
      );
    case "field":
      return (
        <Select
          {...common}
          searchable
          value={asText(value) || null}
          data={columns.map((each) => ({ value: each.name, label: titleOf(each) }))}
          onChange={onChange}
        />
      );
    case "association":
    case "appends": {
      const associations = columns
        .filter((each) => each.target)
        .map((each) => ({ value: each.name, label: titleOf(each) }));
      return field.widget === "association" ? (
        <Select {...common} value={asText(value) || null} data={associations} onChange={onChange} />
      ) : (
        <MultiSelect
          {...common}
          value={Array.isArray(value) ? value.map(String) : []}
          data={associations}
          onChange={onChange}
        />
      );
    }
    case "actions":
      return (
        <MultiSelect
          {...common}
          value={Array.isArray(value) ? value.map(String) : []}
          data={["create", "update", "destroy"].map((each) => ({
            value: each,
            label: t(`form:action.${each}`),
          }))}
          onChange={onChange}
        />
      );
    case "values":
      return <ValuesEditor {...props} />;
    case "filter":
      return <FilterEditor {...props} />;
    case "conditions":
      return <ConditionEditor label={label} value={value} onChange={onChange} context={context} />;
    case "expression":
      return (
        <VariableField
          {...common}
          mono
          rows={3}
          value={asText(value)}
          onChange={onChange}
          variables={context.variables}
          write={(path) =>
            path
              .replace("$context", "context")
              .replace("$jobsMapByNodeKey", "jobs")
              .replace("$system", "system")
          }
        />
      );
    case "template":
      return (
        <VariableField
          {...common}
          value={asText(value)}
          onChange={onChange}
          variables={context.variables}
        />
      );
    case "template-text":
      return (
        <VariableField
          {...common}
          rows={3}
          value={asText(value)}
          onChange={onChange}
          variables={context.variables}
        />
      );
    case "variable":
      return (
        <Select
          {...common}
          clearable
          value={asText(value) || null}
          data={context.nodes
            .filter((each) => each.type === "variable")
            .map((each) => ({ value: each.key, label: each.title }))}
          onChange={onChange}
        />
      );
    case "object":
      return (
        <SchemaForm
          fields={field.fields ?? []}
          value={asObject(value)}
          onChange={onChange}
          context={context}
        />
      );
    case "cases":
    case "pairs":
    case "sort":
    case "questions":
    case "answers":
      return (
        <Rows
          label={label}
          items={Array.isArray(value) ? value.map(asObject) : []}
          onChange={onChange}
          empty={(): Config => (field.widget === "cases" ? { engine: "basic" } : {})}
          addLabel={t(`form:add.${field.widget}`)}
        >
          {(item, change) => (
            <SchemaForm
              fields={field.fields ?? []}
              value={item}
              onChange={change}
              context={context}
            />
          )}
        </Rows>
      );
    case "text":
      return (
        <TextInput
          {...common}
          value={asText(value)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    default: {
      const Own = widgets[field.widget];
      return Own ? (
        <Own {...props} />
      ) : (
        <JsonField label={label} description={description} value={value} onChange={onChange} />
      );
    }
  }
}
