import { Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Collection, Field } from "../api";
import { Drawer } from "../parts/Drawer";
import { SaveFooter } from "../parts/SaveFooter";
import { titleOf, useFieldTypes } from "../queries";
import { areDistinct, Choices, keptChoices } from "./Choices";
import { DefaultValue } from "./DefaultValue";
import { nameFrom } from "./names";
import styles from "./Tables.module.css";
import { TypeOption } from "./TypeOption";
import { aboutOf, CHOOSING, labelOf, USES_OF_TEXT } from "./types";

interface Props {
  /** The field as it is; a new one has no name yet. */
  initial: Field;
  isNew: boolean;
  taken: string[];
  collections: Collection[];
  onSave: (field: Field) => void;
  onDrop?: () => void;
  onClose: () => void;
}

/** One field: its words, its type's options, and its rules. */
export function FieldDrawer(props: Props) {
  const { initial, isNew, taken, collections, onSave, onDrop, onClose } = props;
  const { t } = useTranslation();
  const { data: types = [] } = useFieldTypes();
  const [field, setField] = useState<Field>(initial);
  const type = types.find((each) => each.type === field.type);
  const options = type?.options ?? [];
  const keys = options.filter((each) => each.kind === "field" || (!each.required && isTable(each)));
  const set = (part: Partial<Field>) => setField({ ...field, ...part });
  const clash = isNew && taken.includes(field.name);
  const choices = field.uiSchema?.enum ?? [];
  const chooses = CHOOSING.has(field.interface ?? "") || choices.length > 0;
  const valid = /^[A-Za-z][A-Za-z0-9_]*$/.test(field.name);
  const complete =
    (valid || !isNew) &&
    !clash &&
    areDistinct(keptChoices(choices)) &&
    options.every((each) => !each.required || field[each.name]);
  const option = (each: (typeof options)[number]) => (
    <TypeOption
      key={each.name}
      option={each}
      value={field[each.name]}
      exists={!isNew}
      collections={collections}
      onChange={(value) => set({ [each.name]: value === each.default ? undefined : value })}
    />
  );
  const save = () => {
    const kept = keptChoices(choices);
    const { enum: _, ...words } = field.uiSchema ?? {};
    onSave({ ...field, uiSchema: kept.length > 0 ? { ...words, enum: kept } : words });
  };
  return (
    <Drawer
      label={t("tables:field")}
      title={titleOf(field) || labelOf(t, types, field)}
      onClose={onClose}
      footer={
        <SaveFooter
          save={t(isNew ? "add" : "tables:change")}
          disabled={!complete}
          remove={t("tables:drop")}
          onDelete={onDrop}
          onCancel={onClose}
          onSave={save}
        />
      }
    >
      <p className="hint" style={{ margin: 0 }}>
        {labelOf(t, types, field)} · {aboutOf(t, types, field)}
      </p>
      <TextInput
        label={t("title")}
        data-autofocus
        value={field.uiSchema?.title ?? ""}
        onChange={(event) => {
          const title = event.currentTarget.value;
          set({
            uiSchema: { ...field.uiSchema, title },
            ...(isNew && field.name === nameFrom(field.uiSchema?.title ?? "")
              ? { name: nameFrom(title) }
              : {}),
          });
        }}
      />
      <TextInput
        label={t("name")}
        description={isNew ? t("tables:nameHint") : t("tables:nameStays")}
        classNames={{ input: "mono" }}
        required
        disabled={!isNew}
        error={
          clash
            ? t("tables:nameTaken")
            : field.name && isNew && !valid
              ? t("tables:nameHint")
              : undefined
        }
        value={field.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      {field.type === "string" && (
        <Select
          label={t("tables:use")}
          value={USES_OF_TEXT.includes(field.interface ?? "") ? field.interface : "input"}
          data={USES_OF_TEXT.map((each) => ({
            value: each,
            label: labelOf(t, types, { type: "string", interface: each }),
          }))}
          onChange={(use) => set({ interface: use })}
        />
      )}
      {options.filter((each) => !keys.includes(each)).map(option)}
      {keys.length > 0 && (
        <details className={styles.keys}>
          <summary>{t("tables:keys")}</summary>
          {keys.map(option)}
        </details>
      )}
      {chooses && (
        <Choices
          choices={choices}
          onChange={(next) => set({ uiSchema: { ...field.uiSchema, enum: next } })}
        />
      )}
      {type && !["none", "exact"].includes(type.kind) && (
        <DefaultValue
          field={field}
          kind={type.kind}
          onChange={(defaultValue) => set({ defaultValue })}
        />
      )}
      <Textarea
        label={t("tables:description")}
        description={t("tables:descriptionHint")}
        autosize
        value={field.description ?? ""}
        onChange={(event) => set({ description: event.currentTarget.value || null })}
      />
      {type && !type.association && (
        <>
          <Switch
            label={t("tables:required")}
            checked={field.allowNull === false}
            onChange={(event) =>
              set({ allowNull: event.currentTarget.checked ? false : undefined })
            }
          />
          <Switch
            label={t("tables:unique")}
            checked={field.unique === true}
            onChange={(event) => set({ unique: event.currentTarget.checked || undefined })}
          />
          <Switch
            label={t("tables:index")}
            description={t("tables:indexHint")}
            checked={field.index === true}
            onChange={(event) => set({ index: event.currentTarget.checked || undefined })}
          />
        </>
      )}
    </Drawer>
  );
}

const isTable = (option: { kind: string }) => option.kind === "collection";
