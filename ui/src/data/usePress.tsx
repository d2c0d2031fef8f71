import { modals } from "@mantine/modals";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Came, call, cameOf, cameOfError, type Query } from "../api";
import { local } from "../i18n";
import { type Button, triggers } from "./useButtons";

interface Press {
  button: Button;
  /** Which records the button is for. */
  query: Query;
}

/** Pressing a button: the question it asks, the call it stands for, and what came of it. */
export function usePress(table: string) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const sent = useMutation({
    mutationFn: async ({ button, query }: Press): Promise<Came> => {
      try {
        return cameOf(
          await call(`${table}:update`, {
            query: { ...query, triggerWorkflows: triggers(button) },
            body: button.values ?? {},
          }),
        );
      } catch (error) {
        const came = cameOfError(error);
        if (came) return came;
        throw error;
      }
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["records", table] }),
  });
  const press = (button: Button, query: Query, question?: string) => {
    const asked = local(button.confirm) || question;
    const go = () => sent.mutate({ button, query });
    if (!asked) return go();
    modals.openConfirmModal({
      title: local(button.label),
      children: asked,
      labels: { confirm: local(button.label), cancel: t("cancel") },
      confirmProps: { color: button.style === "danger" ? "red" : undefined },
      onConfirm: go,
    });
  };
  return { press, came: sent.data, error: sent.error, reset: sent.reset, busy: sent.isPending };
}
