import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Collection, call } from "../api";
import { Problem } from "../parts/Problem";
import { titleOf } from "../queries";

interface Props {
  collection: Collection;
  etag: string | null;
  onClose: () => void;
}

/** Says what is lost with a table, and deletes it once its name is typed. */
export function DeleteTable({ collection, etag, onClose }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { name } = collection;
  const [typed, setTyped] = useState("");
  const { data: count } = useQuery({
    queryKey: ["records", name, "count"],
    retry: false,
    queryFn: async () => (await call(`${name}:list`, { query: { pageSize: 1 } })).meta?.count ?? 0,
  });
  const destroy = useMutation({
    mutationFn: () => call(`collections:destroy/${name}`, { body: {}, match: etag }),
    onSuccess: async () => {
      // Nothing that shows may ask for the table again: neither the list nor its own page.
      queries.setQueryData<Collection[]>(["collections"], (all) =>
        all?.filter((each) => each.name !== name),
      );
      await navigate({ to: "/tables" });
      queries.removeQueries({ queryKey: ["collections", "one", name] });
      await queries.invalidateQueries({ queryKey: ["collections"] });
    },
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("tables:deleteTitle", { title: titleOf(collection) })}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === name) destroy.mutate();
        }}
      >
        <Stack gap={14}>
          <p style={{ margin: 0 }}>
            {count === undefined ? t("tables:deleteText") : t("tables:deleteCount", { count })}
          </p>
          <TextInput
            label={t("tables:typeName", { name })}
            autoComplete="off"
            data-autofocus
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
          <Problem error={destroy.error} />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" color="red" loading={destroy.isPending} disabled={typed !== name}>
              {t("delete")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
