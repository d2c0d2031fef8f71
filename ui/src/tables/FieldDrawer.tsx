import { Select, Switch, TagsInput, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Collection, Field } from "../api";
import { Drawer } from "../parts/Drawer";
import { SaveFooter } from "../parts/SaveFooter";
import { titleOf } from "../queries";
import { FIELD_TYPES, nameFrom } from "./types";

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
export function FieldDrawer({
  initial,
  isNew,
  taken,
  collections,
  onSave,
  onDrop,
  onClose,
}: Props) {
  const { t } = useTranslation();
  const [field, setField] = useState<Field>(initial);
  const asks = FIELD_TYPES.find((each) => each.type === field.type)?.asks ?? [];
  const relation = asks.includes("target");
  const set = (part: Partial<Field>) => setField({ ...field, ...part });
  const clash = isNew && taken.includes(field.name);
  const tables = [
    ...collections.map((each) => ({ value: each.name, label: titleOf(each) })),
    { value: "users", label: t("users") },
  ];
  const choices = field.uiSchema?.enum ?? [];
  const valid = /^[A-Za-z][A-Za-z0-9_]*$/.test(field.name);
  const complete = (valid || !isNew) && !clash && (!relation || field.target);
  return (
    <Drawer
      label={t("tables:field")}
      title={titleOf(field) || t(`tables:type.${field.type}`)}
      onClose={onClose}
      footer={
        <SaveFooter
          save={t(isNew ? "add" : "tables:change")}
          disabled={!complete}
          remove={t("tables:drop")}
          onDelete={onDrop}
          onCancel={onClose}
          onSave={() => onSave(field)}
        />
      }
    >
      <p className="hint" style={{ margin: 0 }}>
        {t(`tables:type.${field.type}`)} · {t(`tables:about.${field.type}`)}
      </p>
      <TextInput
        label={t("title")}
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
        className="mono"
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
      {relation && (
        <Select
          label={t("tables:target")}
          required
          searchable
          disabled={!isNew}
          data={tables}
          value={field.target ?? null}
          onChange={(target) => set({ target: target ?? undefined })}
        />
      )}
      {(["through", "foreignKey", "otherKey"] as const)
        .filter((each) => asks.includes(each))
        .map((each) => (
          <TextInput
            key={each}
            label={t(`tables:option.${each}`)}
            description={t("tables:leftOut")}
            className="mono"
            disabled={!isNew}
            value={field[each] ?? ""}
            onChange={(event) => set({ [each]: event.currentTarget.value || undefined })}
          />
        ))}
      {asks.includes("choices") && (
        <TagsInput
          label={t("tables:choices")}
          description={t("tables:choicesHint")}
          value={choices.map((each) => String(each.value))}
          onChange={(values) =>
            set({
              uiSchema: {
                ...field.uiSchema,
                enum: values.map(
                  (value) =>
                    choices.find((each) => String(each.value) === value) ?? { value, label: value },
                ),
              },
            })
          }
        />
      )}
      {!relation && (
        <>
          <Switch
            label={t("tables:required")}
            checked={field.allowNull === false}
            onChange={(event) => set({ allowNull: !event.currentTarget.checked })}
          />
          <Switch
            label={t("tables:unique")}
            checked={field.unique === true}
            onChange={(event) => set({ unique: event.currentTarget.checked })}
          />
          <Switch
            label={t("tables:index")}
            description={t("tables:indexHint")}
            checked={field.index === true}
            onChange={(event) => set({ index: event.currentTarget.checked })}
          />
        </>
      )}
    </Drawer>
  );
}
