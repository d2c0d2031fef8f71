import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { Problem } from "../parts/Problem";
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
    <Modal opened onClose={onClose} title={t("access:newRole")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Stack gap={14}>
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
          <Problem error={create.error} />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={create.isPending} disabled={!title.trim()}>
              {t("create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
