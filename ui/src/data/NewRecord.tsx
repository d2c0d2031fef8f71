import { ActionIcon, Menu, Button as Plain } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, type Came, type Collection, call, cameOf, cameOfError, type Row } from "../api";
import { local } from "../i18n";
import { Drawer } from "../parts/Drawer";
import { keyName } from "../parts/fields";
import { Outcomes } from "../parts/Outcomes";
import { Problem } from "../parts/Problem";
import { useCollections } from "../queries";
import { askedFields, bodyOf, NewFields, type Values } from "./NewFields";
import { type Button, triggers } from "./useButtons";

interface Props {
  collection: Collection;
  buttons: Button[];
  onClose: () => void;
  onOpen: (id: string) => void;
}

/** The form of a record that is not there yet. */
export function NewRecord({ collection, buttons, onClose, onOpen }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const all = useCollections().data;
  const form = useRef<HTMLFormElement>(null);
  const [values, setValues] = useState<Values>({});
  const [came, setCame] = useState<Came>({ workflows: [], said: [] });
  const [made, setMade] = useState<string | null>(null);
  const fields = askedFields(collection);
  const done = (row: Row | null, ran: Came) => {
    void queries.invalidateQueries({ queryKey: ["records", collection.name] });
    const id = row ? String(row[keyName(collection)]) : null;
    setCame(ran);
    setMade(id);
    if (id && ran.workflows.length === 0) onOpen(id);
  };
  const send = useMutation({
    mutationFn: (button: Button | undefined) =>
      call<Row>(`${collection.name}:create`, {
        query: { triggerWorkflows: button && triggers(button) },
        body: bodyOf(fields, values, all),
      }),
    onSuccess: (answer) => done(answer.data, cameOf(answer)),
    onError: (error) => {
      if (!(error instanceof ApiError)) return;
      const ran = cameOfError(error);
      // The record is saved although a workflow failed.
      if (ran) return done(error.body?.data as Row | null, ran);
      const first = fields.find((each) => each.name in error.byField);
      form.current?.querySelector<HTMLElement>(`[name="${first?.name}"]`)?.focus();
    },
  });
  const submits = buttons.filter((each) => each.scope === "form");
  return (
    <Drawer
      width={560}
      label={t("data:newRecord")}
      title={t("data:newRecord")}
      onClose={onClose}
      footer={
        made ? (
          <Plain onClick={() => onOpen(made)}>{t("data:open")}</Plain>
        ) : (
          <>
            <Plain loading={send.isPending} onClick={() => send.mutate(undefined)}>
              {t("create")}
            </Plain>
            {submits.length > 0 && (
              <Menu position="top-end">
                <Menu.Target>
                  <ActionIcon variant="filled" aria-label={t("more")}>
                    <ChevronDown size={14} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  {submits.map((each) => (
                    <Menu.Item key={each.id} onClick={() => send.mutate(each)}>
                      {t("data:createAnd", { label: local(each.label) })}
                    </Menu.Item>
                  ))}
                </Menu.Dropdown>
              </Menu>
            )}
          </>
        )
      }
    >
      {made && <Outcomes came={came} onClose={() => onOpen(made)} />}
      <Problem error={made ? null : send.error} />
      <NewFields
        form={form}
        fields={fields}
        values={values}
        error={send.error}
        onChange={setValues}
        onSubmit={() => {
          if (!made) send.mutate(undefined);
        }}
      />
    </Drawer>
  );
}
