import { TextInput } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { local } from "../i18n";
import { Drawer } from "../parts/Drawer";
import { refused } from "../parts/form/refused";
import { SchemaForm } from "../parts/form/SchemaForm";
import type { Config, FormContext, WorkflowType } from "../parts/form/types";
import { Problem } from "../parts/Problem";
import { SaveFooter } from "../parts/SaveFooter";
import { type Sample, Trial } from "./Trial";

export interface Draft {
  title: string | null;
  config: Config;
}

interface Props {
  type: WorkflowType;
  initial: Draft;
  context: FormContext;
  /** What the last execution had. */
  sample: Sample;
  error: unknown;
  busy: boolean;
  /** Resolves to whether it was saved. */
  onSave: (draft: Draft) => Promise<boolean>;
  onDelete?: () => void;
  /** It is about to be inserted: the first thing to fill in is at hand. */
  isNew: boolean;
  onClose: () => void;
}

/** The settings of one step, as a form of what the server says of its type. */
export function StepDrawer({
  type,
  initial,
  context,
  sample,
  error,
  busy,
  onSave,
  onDelete,
  onClose,
  isNew,
}: Props) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<Draft>(initial);
  /** What trying came to, until the step is saved or tried again. */
  const [tried, setTried] = useState<unknown>(null);
  const save = () => {
    setTried(null);
    void onSave({ ...draft, title: draft.title || null });
  };
  const wrong = tried ?? error;
  const { errors, rest } = refused(wrong, "config", type.fields, draft.config);
  useHotkeys([["mod+S", save]], []);
  return (
    <Drawer
      label={t("workflows:stepSettings")}
      title={draft.title || local(type.title)}
      error={wrong}
      onClose={onClose}
      footer={<SaveFooter busy={busy} onDelete={onDelete} onCancel={onClose} onSave={save} />}
    >
      <p className="hint" style={{ margin: 0 }}>
        {local(type.description)}
      </p>
      <TextInput
        label={t("title")}
        placeholder={local(type.title)}
        autoFocus={isNew}
        value={draft.title ?? ""}
        onChange={(event) => setDraft({ ...draft, title: event.currentTarget.value })}
      />
      <SchemaForm
        fields={type.fields}
        value={draft.config}
        onChange={(config) => setDraft({ ...draft, config })}
        context={{ ...context, errors }}
      />
      <Problem error={rest} />
      <Trial type={type.type} config={draft.config} sample={sample} onEnd={setTried} />
    </Drawer>
  );
}
