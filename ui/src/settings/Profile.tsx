import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, call } from "../api";
import { Problem } from "../parts/Problem";
import type { Me } from "../queries";
import { Section } from "./Section";
import styles from "./Settings.module.css";

/** How others see the account. */
export function Profile({ me }: { me: Me }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [edited, setEdited] = useState<string | null>(null);
  const nickname = edited ?? me.nickname ?? "";
  const save = useMutation({
    mutationFn: () => call("users:updateProfile", { body: { nickname } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["me"] });
      setEdited(null);
    },
  });
  const wrong = save.error instanceof ApiError ? save.error.byField.nickname : undefined;
  return (
    <Section title={t("settings:profile")}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <TextInput
          label={t("settings:nickname")}
          autoComplete="nickname"
          value={nickname}
          error={wrong}
          onChange={(event) => {
            save.reset();
            setEdited(event.currentTarget.value);
          }}
        />
        <TextInput label={t("email")} value={me.email ?? ""} readOnly variant="filled" />
        {!wrong && <Problem error={save.error} />}
        <span className={styles.row}>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={edited === null || edited === (me.nickname ?? "")}
          >
            {t("save")}
          </Button>
          {save.isSuccess && (
            <span role="status" className={styles.done}>
              {t("settings:saved")}
            </span>
          )}
        </span>
      </form>
    </Section>
  );
}
