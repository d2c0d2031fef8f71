import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Collection } from "../api";
import { Drawer } from "../parts/Drawer";
import { refused } from "../parts/form/refused";
import { SchemaForm } from "../parts/form/SchemaForm";
import { type Config, collectionName, type WorkflowType } from "../parts/form/types";
import { Problem } from "../parts/Problem";
import { SaveFooter } from "../parts/SaveFooter";
import type { Workflow } from "../queries";
import styles from "./TriggerDrawer.module.css";

interface Props {
  workflow: Workflow;
  type: WorkflowType;
  collections: Collection[];
  error: unknown;
  busy: boolean;
  onSave: (body: { title: string; config: Config }) => void;
  onClose: () => void;
}

/** What starts the workflow, and the call that does it. */
export function TriggerDrawer({
  workflow,
  type,
  collections,
  error,
  busy,
  onSave,
  onClose,
}: Props) {
  const { t } = useTranslation();
  const [title, setTitle] = useState(workflow.title ?? "");
  const [config, setConfig] = useState<Config>(workflow.config);
  const table = collectionName(config.collection);
  const { errors, rest } = refused(error, "config", type.fields, config);
  return (
    <Drawer
      label={t("workflows:trigger")}
      title={t("workflows:trigger")}
      error={error}
      onClose={onClose}
      footer={
        <SaveFooter busy={busy} onCancel={onClose} onSave={() => onSave({ title, config })} />
      }
    >
      <TextInput
        label={t("title")}
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <SchemaForm
        fields={type.fields}
        value={config}
        onChange={setConfig}
        context={{ collections, variables: [], nodes: [], errors }}
      />
      {table && workflow.type === "action" && config.global !== true && (
        <div>
          <div className={styles.label}>{t("workflows:theCall")}</div>
          <code
            className={styles.call}
          >{`POST /api/${table}:create?triggerWorkflows=${workflow.key}`}</code>
        </div>
      )}
      <Problem error={rest} />
    </Drawer>
  );
}
