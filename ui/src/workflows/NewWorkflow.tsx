import { Select, Switch, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { local } from "../i18n";
import { FormDialog } from "../parts/FormDialog";
import { refused } from "../parts/form/refused";
import { SchemaForm } from "../parts/form/SchemaForm";
import type { Config } from "../parts/form/types";
import { useCollections, useTypes, type Workflow } from "../queries";

/** A new workflow: its title, what starts it, and whether the caller waits for it. */
export function NewWorkflow({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { data: types } = useTypes();
  const { data: collections = [] } = useCollections();
  const [title, setTitle] = useState("");
  const [sync, setSync] = useState(false);
  const [config, setConfig] = useState<Config>({});
  const [type, setType] = useState("action");
  const trigger = types?.triggers.find((each) => each.type === type);
  const create = useMutation({
    mutationFn: async () =>
      (
        await call<Workflow>("workflows:create", {
          body: { title, type, sync, config },
        })
      ).data,
    onSuccess: async ({ key }) => {
      await queries.invalidateQueries({ queryKey: ["workflows"] });
      void navigate({ to: `/workflows/${key}` });
    },
  });
  const { errors, rest } = refused(create.error, "config", trigger?.fields ?? [], config);
  return (
    <FormDialog
      title={t("workflows:new")}
      disabled={!config.collection}
      busy={create.isPending}
      error={create.error}
      rest={rest}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <TextInput
        label={t("title")}
        required
        data-autofocus
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <Select
        label={t("workflows:trigger")}
        description={trigger && local(trigger.description)}
        allowDeselect={false}
        value={type}
        data={types?.triggers.map((each) => ({ value: each.type, label: local(each.title) })) ?? []}
        onChange={(chosen) => setType(chosen ?? type)}
      />
      {trigger && (
        <SchemaForm
          fields={trigger.fields}
          value={config}
          onChange={setConfig}
          context={{ collections, variables: [], nodes: [], errors }}
        />
      )}
      <Switch
        label={t("workflows:sync")}
        description={t("workflows:syncHint")}
        checked={sync}
        onChange={(event) => setSync(event.currentTarget.checked)}
      />
    </FormDialog>
  );
}
