import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueries, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, type Collection, call } from "../api";
import { Problem } from "../parts/Problem";
import { titleOf } from "../queries";
import type { FieldChange } from "./changes";
import styles from "./Tables.module.css";

interface Props {
  collection: Collection;
  changes: FieldChange[];
  etag: string | null;
  onClose: () => void;
  /** Called with the changes that are left: none, or the one that failed and those after it. */
  onDone: (left: FieldChange[]) => Promise<void>;
}

/** What the changes will do, in words; what loses values asks for the table's name. */
export function Review({ collection, changes, etag, onClose, onDone }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  // What was reviewed: reading the table again must not make an old review look like a new one.
  const [base, setBase] = useState(etag);
  const dropped = changes.filter((each) => each.do === "drop");
  const counts = useQueries({
    queries: dropped.map((each) => ({
      queryKey: ["records", collection.name, "filled", each.name],
      retry: false,
      queryFn: async () =>
        (
          await call(`${collection.name}:list`, {
            query: { pageSize: 1, filter: { [each.name]: { $notEmpty: true } } },
          })
        ).meta?.count ?? 0,
    })),
  });
  const apply = useMutation({
    mutationFn: async () => {
      const fields = `collections/${collection.name}/fields`;
      let match = base;
      const left = [...changes];
      try {
        for (const change of changes) {
          const sent =
            change.do === "add"
              ? await call(`${fields}:create`, { body: change.field, match })
              : change.do === "update"
                ? await call(`${fields}:update/${change.name}`, { body: change.field, match })
                : await call(`${fields}:destroy/${change.name}`, { body: {}, match });
          match = sent.etag;
          left.shift();
          setBase(match);
        }
      } finally {
        await queries.invalidateQueries({ queryKey: ["collections"] });
        await onDone(left);
      }
    },
  });
  function lost(name: string): string {
    const count = counts[dropped.findIndex((each) => each.name === name)]?.data;
    return typeof count === "number"
      ? t("tables:willDrop", { name, count })
      : t("tables:willDropAll", { name });
  }
  const conflict = apply.error instanceof ApiError && apply.error.status === 412;
  return (
    <Modal opened onClose={onClose} title={t("tables:reviewTitle", { title: titleOf(collection) })}>
      <Stack gap={14}>
        <ul className={styles.changes}>
          {changes.map((change) => (
            <li key={change.do === "add" ? change.field.name : change.name}>
              {change.do === "add" &&
                t("tables:willAdd", {
                  name: change.field.name,
                  type: t(`tables:type.${change.field.type}`),
                })}
              {change.do === "update" && t("tables:willChange", { name: change.name })}
              {change.do === "drop" && lost(change.name)}
            </li>
          ))}
        </ul>
        {dropped.length > 0 && (
          <TextInput
            label={t("tables:typeName", { name: collection.name })}
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
        <Problem error={conflict ? t("tables:conflict") : apply.error} />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button
            loading={apply.isPending}
            color={dropped.length > 0 ? "red" : undefined}
            disabled={dropped.length > 0 && typed !== collection.name}
            onClick={() => apply.mutate()}
          >
            {t("tables:apply")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
