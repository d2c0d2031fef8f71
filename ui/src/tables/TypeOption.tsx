import { Autocomplete, NumberInput, Select, Switch, TagsInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Collection } from "../api";
import { local } from "../i18n";
import { type FieldOption, titleOf } from "../queries";

interface Props {
  option: FieldOption;
  value: unknown;
  /** The field exists: what is fixed stays. */
  exists: boolean;
  collections: Collection[];
  onChange: (value: unknown) => void;
}

/** The control of one option that the field's type has; emptied, the option has its default. */
export function TypeOption({ option, value, exists, collections, onChange }: Props) {
  const { t } = useTranslation();
  const same = {
    label: local(option.label),
    description: exists && option.fixed ? t("tables:fixed") : local(option.hint),
    disabled: exists && option.fixed,
    required: option.required,
  };
  const given = value ?? option.default;
  const text = given === null || given === undefined ? "" : String(given);
  switch (option.kind) {
    case "boolean":
      return (
        <Switch
          {...same}
          required={false}
          checked={given === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "integer":
    case "number":
      return (
        <NumberInput
          {...same}
          allowDecimal={option.kind === "number"}
          min={option.minimum}
          max={option.maximum}
          value={text}
          onChange={(next) => onChange(next === "" ? null : next)}
        />
      );
    case "choice":
      return (
        <Select
          {...same}
          value={text || null}
          data={(option.choices ?? []).map((each) => ({
            value: each.value,
            label: local(each.label),
          }))}
          onChange={onChange}
        />
      );
    case "list":
      return (
        <TagsInput
          {...same}
          value={Array.isArray(given) ? given.map(String) : []}
          onChange={(next) => onChange(next.length > 0 ? next : null)}
        />
      );
    case "collection":
      return option.required ? (
        <Select
          {...same}
          searchable
          data={[
            ...collections.map((each) => ({ value: each.name, label: titleOf(each) })),
            { value: "users", label: t("users") },
          ]}
          value={text || null}
          onChange={onChange}
        />
      ) : (
        <Autocomplete
          {...same}
          classNames={{ input: "mono" }}
          data={collections.map((each) => each.name)}
          value={text}
          onChange={(next) => onChange(next || null)}
        />
      );
    default:
      return (
        <TextInput
          {...same}
          classNames={{ input: "mono" }}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value || null)}
        />
      );
  }
}
