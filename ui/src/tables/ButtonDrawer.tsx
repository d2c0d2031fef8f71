import { MultiSelect, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, type Collection, call } from "../api";
import { local } from "../i18n";
import { type BoundButton, callOf } from "../parts/button";
import { Copy } from "../parts/Copy";
import { Drawer } from "../parts/Drawer";
import { FilterEditor } from "../parts/form/FilterEditor";
import { ValuesEditor } from "../parts/form/ValuesEditor";
import { Problem } from "../parts/Problem";
import { SaveFooter } from "../parts/SaveFooter";
import { ButtonPreview } from "./ButtonPreview";
import { IconChooser } from "./IconChooser";
import { StartedRows } from "./StartedRows";
import styles from "./Tables.module.css";

type Draft = Omit<BoundButton, "id"> & { id?: number };

interface Props {
  initial: Draft;
  collection: Collection;
  error: unknown;
  busy: boolean;
  onSave: (button: Draft) => void;
  onDelete?: () => void;
  onClose: () => void;
}

/** One button: its words, where it stands and when, and what it starts. */
export function ButtonDrawer({
  initial,
  collection,
  error,
  busy,
  onSave,
  onDelete,
  onClose,
}: Props) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<Draft>(initial);
  const set = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const { data: roles = [] } = useQuery({
    queryKey: ["roles", "names"],
    queryFn: async () =>
      (
        await call<{ name: string; title: string | null }[]>("roles:list", {
          query: { pageSize: 200 },
        })
      ).data,
  });
  const context = { collections: [collection], collection, variables: [], nodes: [] };
  const known = error instanceof ApiError ? error.byField : {};
  const shape = (name: string, widget: string) => ({
    name,
    title: { en: t(`tables:${name}`), fr: t(`tables:${name}`) },
    description: null,
    widget,
    required: false,
    section: null,
    default: null,
    schema: {},
    fields: null,
  });
  return (
    <Drawer
      label={t("tables:button")}
      title={local(draft.label) || t("tables:newButton")}
      onClose={onClose}
      footer={
        <SaveFooter
          busy={busy}
          onDelete={onDelete}
          onCancel={onClose}
          onSave={() => onSave(draft)}
        />
      }
    >
      {(["en", "fr"] as const).map((each) => (
        <TextInput
          key={each}
          label={t(`tables:label.${each}`)}
          required
          error={known.label ?? known[`label.${each}`]}
          value={draft.label[each]}
          onChange={(event) =>
            set({ label: { ...draft.label, [each]: event.currentTarget.value } })
          }
        />
      ))}
      <Select
        label={t("tables:scope")}
        value={draft.scope}
        data={(["form", "record", "selection", "table"] as const).map((each) => ({
          value: each,
          label: t(`tables:scope.${each}`),
        }))}
        onChange={(scope) => set({ scope: scope as Draft["scope"], values: null })}
      />
      <Select
        label={t("tables:style")}
        value={draft.style}
        data={(["default", "primary", "danger"] as const).map((each) => ({
          value: each,
          label: t(`tables:style.${each}`),
        }))}
        onChange={(style) => set({ style: style as Draft["style"] })}
      />
      <IconChooser value={draft.icon} onChange={(icon) => set({ icon })} />
      <ButtonPreview button={draft} />
      <StartedRows
        collection={collection}
        value={draft.workflows}
        onChange={(bound) => set({ workflows: bound })}
      />
      <div className={styles.call}>
        {callOf(draft)}
        <span className={styles.copy}>
          <Copy value={callOf(draft)} />
        </span>
      </div>
      {(draft.scope === "record" || draft.scope === "selection") && (
        <>
          <ValuesEditor
            field={shape("values", "values")}
            value={draft.values ?? {}}
            onChange={(values) => set({ values: values as Draft["values"] })}
            context={context}
          />
          <FilterEditor
            field={shape("visibleWhen", "filter")}
            value={draft.visibleWhen}
            onChange={(visibleWhen) => set({ visibleWhen: visibleWhen as Draft["visibleWhen"] })}
            context={context}
          />
        </>
      )}
      <MultiSelect
        label={t("tables:roles")}
        description={t("tables:rolesHint")}
        value={draft.roles}
        data={roles.map((each) => ({ value: each.name, label: each.title || each.name }))}
        onChange={(chosen) => set({ roles: chosen })}
      />
      {(["en", "fr"] as const).map((each) => (
        <TextInput
          key={each}
          label={t(`tables:confirm.${each}`)}
          value={draft.confirm?.[each] ?? ""}
          onChange={(event) => {
            const confirm = { en: "", fr: "", ...draft.confirm, [each]: event.currentTarget.value };
            set({ confirm: confirm.en || confirm.fr ? confirm : null });
          }}
        />
      ))}
      <Problem error={error} />
    </Drawer>
  );
}
