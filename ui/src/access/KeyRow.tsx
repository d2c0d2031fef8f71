import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, call } from "../api";
import { format } from "../i18n";
import { Pill } from "../parts/Pill";
import { Since } from "../parts/Since";
import styles from "./Access.module.css";

export interface ApiKey {
  id: number;
  name: string;
  roleName: string;
  prefix: string;
  expiresAt: string | null;
  createdAt: string;
  role: { name: string; title: string | null } | null;
}

/** One key; it is revoked where it stands, after one question. */
export function KeyRow({ value }: { value: ApiKey }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const revoke = useMutation({
    mutationFn: () => call(`apiKeys:destroy/${value.id}`, { method: "POST" }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["apiKeys"] }),
  });
  const ended = value.expiresAt !== null && new Date(value.expiresAt) < new Date();
  return (
    <tr>
      <td style={{ fontWeight: 500 }}>{value.name}</td>
      <td className="mono">{value.prefix}…</td>
      <td>
        <span className={styles.chip}>{value.role?.title || value.roleName}</span>
      </td>
      <td className="dim">
        <Since at={value.createdAt} />
      </td>
      <td className="dim">
        {ended && <Pill tone="bad">{t("access:ended")}</Pill>}
        {!ended && (value.expiresAt ? format.date(value.expiresAt) : t("access:never"))}
      </td>
      <td style={{ textAlign: "right" }}>
        {revoke.error && (
          <span role="alert" style={{ color: "var(--bad)" }}>
            {revoke.error instanceof ApiError && revoke.error.detail}
          </span>
        )}
        {asking ? (
          <span className={styles.asking}>
            <span className="dim">{t("access:revokeAsk")}</span>
            <Button
              size="compact-xs"
              variant="outline"
              color="var(--bad)"
              autoFocus
              loading={revoke.isPending}
              onClick={() => revoke.mutate()}
            >
              {t("access:revoke")}
            </Button>
            <Button size="compact-xs" variant="default" onClick={() => setAsking(false)}>
              {t("cancel")}
            </Button>
          </span>
        ) : (
          <Button
            size="compact-xs"
            variant="subtle"
            color="red"
            aria-label={t("access:revokeOf", { name: value.name })}
            onClick={() => setAsking(true)}
          >
            {t("access:revoke")}
          </Button>
        )}
      </td>
    </tr>
  );
}
