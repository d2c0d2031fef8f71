import { TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { FormDialog } from "../parts/FormDialog";
import type { Role } from "./access";

interface Props {
  onClose: () => void;
  onCreated: (name: string) => void;
}

/** A new role: what people call it, and how programs name it. */
export function NewRole({ onClose, onCreated }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [title, setTitle] = useState("");
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: async () =>
      (
        await call<Role>("roles:create", {
          body: { title, ...(name && { name }), strategy: { actions: ["view"] } },
        })
      ).data,
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ["roles"] });
      onCreated(made.name);
      onClose();
    },
  });
  return (
    <FormDialog
      title={t("access:newRole")}
      disabled={!title.trim()}
      busy={create.isPending}
      error={create.error}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <TextInput
        label={t("title")}
        required
        withAsterisk={false}
        data-autofocus
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <TextInput
        label={t("access:roleName")}
        description={t("access:roleNameHint")}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
