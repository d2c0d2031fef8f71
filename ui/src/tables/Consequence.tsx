import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { Collection, Field } from "../api";
import { local } from "../i18n";
import { type FieldType, useFieldTypes } from "../queries";
import type { FieldChange, Patch } from "./changes";
import { labelOf } from "./types";

interface Props {
  change: FieldChange;
  collection: Collection;
  /** How many values a dropped field has; unknown for one that cannot be asked for. */
  count: number | undefined;
}

const WORDS: Record<string, string> = {
  allowNull: "tables:required",
  unique: "tables:unique",
  index: "tables:index",
  defaultValue: "tables:default",
  description: "tables:description",
  interface: "tables:use",
};

/** What a change does, in a sentence. */
export function Consequence({ change, collection, count }: Props) {
  const { t, i18n } = useTranslation();
  const { data: types = [] } = useFieldTypes();
  if (change.do === "add")
    return t("tables:willAdd", {
      name: change.field.name,
      type: labelOf(t, types, change.field),
    });
  const { name } = change;
  if (change.do === "drop")
    return count === undefined
      ? t("tables:willDropAll", { name })
      : t("tables:willDrop", { name, count });
  const field = collection.fields.find((each) => each.name === name);
  const type = types.find((each) => each.type === field?.type);
  const what = changed(t, change.patch, field, type);
  return t("tables:willChange", {
    name,
    what: new Intl.ListFormat(i18n.language).format(what),
  });
}

/** What people call the options that change. */
function changed(
  t: TFunction,
  patch: Patch,
  field: Field | undefined,
  type: FieldType | undefined,
): string[] {
  return Object.keys(patch).flatMap((name) => {
    if (name !== "uiSchema")
      return WORDS[name]
        ? t(WORDS[name])
        : local(type?.options.find((each) => each.name === name)?.label) || name;
    const now = patch.uiSchema as Field["uiSchema"];
    return [
      ...(now?.title !== field?.uiSchema?.title ? [t("title")] : []),
      ...(JSON.stringify(now?.enum) !== JSON.stringify(field?.uiSchema?.enum)
        ? [t("tables:choices")]
        : []),
    ];
  });
}
