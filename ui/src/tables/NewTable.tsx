import { Checkbox, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { FormDialog } from "../parts/FormDialog";
import { nameFrom } from "./names";

export const KEY = { name: "id", type: "snowflakeId", primaryKey: true, allowNull: false };
export const PRESETS: Record<string, object> = {
  createdAt: { name: "createdAt", type: "date", interface: "createdAt" },
  updatedAt: { name: "updatedAt", type: "date", interface: "updatedAt" },
  createdBy: {
    name: "createdBy",
    type: "belongsTo",
    target: "users",
    foreignKey: "createdById",
    interface: "createdBy",
  },
  updatedBy: {
    name: "updatedBy",
    type: "belongsTo",
    target: "users",
    foreignKey: "updatedById",
    interface: "updatedBy",
  },
};

/** A new table: a title, the name that calls use, and what the server keeps by itself. */
export function NewTable({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [title, setTitle] = useState("");
  const [typed, setTyped] = useState<string | null>(null);
  const [presets, setPresets] = useState(Object.keys(PRESETS));
  const name = typed ?? nameFrom(title);
  const create = useMutation({
    mutationFn: () =>
      call("collections:create", {
        body: {
          name,
          title,
          fields: [KEY, ...presets.map((each) => PRESETS[each])],
        },
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["collections"] });
      void navigate({ to: `/tables/${name}` });
    },
  });
  return (
    <FormDialog
      title={t("tables:new")}
      submit={t("tables:create")}
      busy={create.isPending}
      error={create.error}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <TextInput
        label={t("title")}
        data-autofocus
        required
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <TextInput
        label={t("name")}
        description={t("tables:nameHint")}
        classNames={{ input: "mono" }}
        required
        pattern="[A-Za-z][A-Za-z0-9_]*"
        value={name}
        onChange={(event) => setTyped(event.currentTarget.value)}
      />
      <Checkbox.Group label={t("tables:presets")} value={presets} onChange={setPresets}>
        <Stack gap={6} mt={6}>
          {Object.keys(PRESETS).map((each) => (
            <Checkbox key={each} value={each} label={t(`field.${each}`)} />
          ))}
        </Stack>
      </Checkbox.Group>
    </FormDialog>
  );
}
