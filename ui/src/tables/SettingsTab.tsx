import { Button, Group, Select, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Collection, call } from "../api";
import { Problem } from "../parts/Problem";
import { titleOf } from "../queries";
import { DeleteTable } from "./DeleteTable";
import styles from "./Tables.module.css";

interface Props {
  collection: Collection;
  etag: string | null;
}

/** What a table is called and how it shows, and the way to be rid of it. */
export function SettingsTab({ collection, etag }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [draft, setDraft] = useState({
    title: collection.title ?? "",
    description: String(collection.description ?? ""),
    titleField: collection.titleField ?? "",
    hidden: collection.hidden === true,
    logging: collection.logging !== false,
  });
  const [deleting, setDeleting] = useState(false);
  const set = (part: Partial<typeof draft>) => setDraft({ ...draft, ...part });
  const save = useMutation({
    mutationFn: () => call(`collections:update/${collection.name}`, { body: draft, match: etag }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["collections"] }),
  });
  return (
    <div className={styles.settings}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <Stack gap={14}>
          <TextInput
            label={t("title")}
            value={draft.title}
            onChange={(event) => set({ title: event.currentTarget.value })}
          />
          <Textarea
            label={t("tables:description")}
            description={t("tables:descriptionHint")}
            autosize
            value={draft.description}
            onChange={(event) => set({ description: event.currentTarget.value })}
          />
          <Select
            label={t("tables:titleField")}
            description={t("tables:titleFieldHint")}
            value={draft.titleField}
            data={[
              { value: "", label: t("tables:titleFieldAuto") },
              ...collection.fields
                .filter((each) => !each.target && !each.hidden)
                .map((each) => ({ value: each.name, label: titleOf(each) })),
            ]}
            onChange={(titleField) => set({ titleField: titleField ?? "" })}
          />
          <Switch
            label={t("tables:logging")}
            description={t("tables:loggingHint")}
            checked={draft.logging}
            onChange={(event) => set({ logging: event.currentTarget.checked })}
          />
          <Switch
            label={t("tables:hide")}
            description={t("tables:hideHint")}
            checked={draft.hidden}
            onChange={(event) => set({ hidden: event.currentTarget.checked })}
          />
          <Problem error={save.error} />
          <Group gap={8}>
            <Button type="submit" loading={save.isPending}>
              {t("save")}
            </Button>
            {save.isSuccess && (
              <span className="hint" role="status">
                {t("tables:saved")}
              </span>
            )}
          </Group>
        </Stack>
      </form>
      <section className={styles.danger}>
        <h2 className={styles.heading}>{t("tables:deleteTable")}</h2>
        <p className="dim">{t("tables:deleteText")}</p>
        <Button color="red" variant="default" c="var(--bad)" onClick={() => setDeleting(true)}>
          {t("tables:deleteTable")}
        </Button>
      </section>
      {deleting && (
        <DeleteTable collection={collection} etag={etag} onClose={() => setDeleting(false)} />
      )}
    </div>
  );
}
