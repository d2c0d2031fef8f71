import { Button, Group, Modal, SegmentedControl, Select, Stack } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call, type Row } from "../api";
import { JsonField } from "../parts/form/JsonField";
import { asText, collectionName } from "../parts/form/types";
import { Problem } from "../parts/Problem";
import type { Workflow } from "../queries";
import { useCollections, useMe } from "../queries";

/** Execute a version by hand with a chosen record, and watch it. */
export function TestRun({ workflow, onClose }: { workflow: Workflow; onClose: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data: me } = useMe();
  const { data: collections = [] } = useCollections();
  const [chosen, setChosen] = useState<string | null>(null);
  const [source, setSource] = useState("record");
  const [own, setOwn] = useState<unknown>({});
  const table = collectionName(workflow.config.collection);
  const text = collections
    .find((each) => each.name === table)
    ?.fields.find((each) => each.type === "string" || each.type === "text")?.name;
  const { data: records = [] } = useQuery({
    queryKey: ["records", table, "latest"],
    queryFn: async () =>
      (await call<Row[]>(`${table}:list`, { query: { pageSize: 100, sort: ["-id"] } })).data,
  });
  const start = useMutation({
    mutationFn: async () => {
      const record = records.find((each) => String(each.id) === chosen);
      const data = source === "record" ? (record ?? null) : own;
      const body = { data, userId: me?.id, roleName: me?.currentRole };
      return (
        await call<{ execution: { id: number } }>(`workflows:execute/${workflow.id}`, { body })
      ).data;
    },
    onSuccess: ({ execution }) => void navigate({ to: `/executions/${execution.id}` }),
  });
  return (
    <Modal opened onClose={onClose} title={t("workflows:test")}>
      <Stack gap={14}>
        <SegmentedControl
          aria-label={t("workflows:testWith")}
          value={source}
          onChange={setSource}
          data={[
            { value: "record", label: t("workflows:testRecord") },
            { value: "own", label: t("workflows:testData") },
          ]}
        />
        {source === "record" ? (
          <Select
            label={t("workflows:record")}
            description={t("workflows:testHint")}
            searchable
            value={chosen}
            onChange={setChosen}
            nothingFoundMessage={t("nothingFound")}
            data={records.map((each) => ({
              value: String(each.id),
              label: text && each[text] ? `${asText(each[text])} · ${each.id}` : String(each.id),
            }))}
          />
        ) : (
          <JsonField
            label={t("workflows:data")}
            description={t("workflows:dataHint")}
            value={own}
            onChange={setOwn}
          />
        )}
        <Problem error={start.error} />
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            {t("cancel")}
          </Button>
          <Button
            disabled={source === "record" && !chosen}
            loading={start.isPending}
            onClick={() => start.mutate()}
          >
            {t("workflows:execute")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
