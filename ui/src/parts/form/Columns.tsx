/** Widgets that name a table, or fields of one. */
import { MultiSelect, Select } from "@mantine/core";
import { titleOf } from "../../queries";
import { shown } from "./shown";
import { asText, collectionName, type FormContext, type WidgetProps } from "./types";

const titled = (each: { name: string }) => ({ value: each.name, label: titleOf(each) });
const associations = ({ collection }: FormContext) =>
  (collection?.fields ?? []).filter((each) => each.target).map(titled);

export function CollectionChoice(props: WidgetProps) {
  return (
    <Select
      {...shown(props)}
      searchable
      value={collectionName(props.value) || null}
      data={props.context.collections.map(titled)}
      onChange={props.onChange}
    />
  );
}

export function FieldChoice(props: WidgetProps) {
  return (
    <Select
      {...shown(props)}
      searchable
      value={asText(props.value) || null}
      data={(props.context.collection?.fields ?? []).map(titled)}
      onChange={props.onChange}
    />
  );
}

export function FieldChoices(props: WidgetProps) {
  return (
    <MultiSelect
      {...shown(props)}
      value={Array.isArray(props.value) ? props.value.map(String) : []}
      data={(props.context.collection?.fields ?? []).map(titled)}
      onChange={props.onChange}
    />
  );
}

export function AssociationChoice(props: WidgetProps) {
  return (
    <Select
      {...shown(props)}
      value={asText(props.value) || null}
      data={associations(props.context)}
      onChange={props.onChange}
    />
  );
}

export function AssociationChoices(props: WidgetProps) {
  return (
    <MultiSelect
      {...shown(props)}
      value={Array.isArray(props.value) ? props.value.map(String) : []}
      data={associations(props.context)}
      onChange={props.onChange}
    />
  );
}
