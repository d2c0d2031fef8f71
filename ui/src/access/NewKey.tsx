import { Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { FormDialog } from "../parts/FormDialog";
import { useMe } from "../queries";
import { KeyShown } from "./KeyShown";

const EXPIRIES = ["7d", "30d", "90d", "365d", "never"] as const;

/** A new key: its name, the role it acts in, and how long; then the key, once. */
export function NewKey({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: me } = useMe();
  const [name, setName] = useState("");
  const [role, setRole] = useState<string | null>(null);
  const [expiresIn, setExpiresIn] = useState<string>("90d");
  const acting = role ?? me?.currentRole ?? null;
  const create = useMutation({
    mutationFn: async () =>
      (
        await call<{ token: string }>("apiKeys:create", {
          body: { name, role: { name: acting }, expiresIn },
        })
      ).data,
    onSuccess: () => queries.invalidateQueries({ queryKey: ["apiKeys"] }),
  });
  if (create.data) return <KeyShown token={create.data.token} onClose={onClose} />;
  return (
    <FormDialog
      title={t("access:newKey")}
      disabled={!name.trim() || !acting}
      busy={create.isPending}
      error={create.error}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <TextInput
        label={t("name")}
        description={t("access:keyNameHint")}
        required
        withAsterisk={false}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Select
        label={t("access:actsAs")}
        description={t("access:actsAsHint")}
        value={acting}
        data={(me?.roles ?? []).map((each) => ({
          value: each.name,
          label: each.title || each.name,
        }))}
        onChange={setRole}
      />
      <Select
        label={t("access:expires")}
        value={expiresIn}
        data={EXPIRIES.map((each) => ({
          value: each,
          label:
            each === "never"
              ? t("access:never")
              : t("access:inDays", { count: Number.parseInt(each, 10) }),
        }))}
        onChange={(chosen) => chosen && setExpiresIn(chosen)}
      />
    </FormDialog>
  );
}
