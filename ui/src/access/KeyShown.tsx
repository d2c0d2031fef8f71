import { Button, Checkbox, Group, Modal, Stack } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Copy } from "../parts/Copy";
import styles from "./Access.module.css";

/** A new key, the only time that it is readable; it is left when it is stored. */
export function KeyShown({ token, onClose }: { token: string; onClose: () => void }) {
  const { t } = useTranslation();
  const [stored, setStored] = useState(false);
  const curl = `curl -H 'Authorization: Bearer ${token}' '${window.location.origin}/api/auth:check'`;
  return (
    <Modal
      opened
      size="lg"
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      onClose={onClose}
      title={t("access:yourKey")}
    >
      <Stack gap={14}>
        <p className="dim" style={{ margin: 0 }}>
          {t("access:onlyOnce")}
        </p>
        <div className={styles.secret}>
          <code className="mono" data-testid="api-key">
            {token}
          </code>
          <Copy value={token} label={t("access:copyKey")} />
        </div>
        <div>
          <p className="hint" style={{ margin: "0 0 4px" }}>
            {t("access:tryIt")}
          </p>
          <div className={styles.secret}>
            <code className="mono">{curl}</code>
            <Copy value={curl} label={t("access:copyCommand")} />
          </div>
        </div>
        <Group justify="space-between" gap={8}>
          <Checkbox
            label={t("access:stored")}
            checked={stored}
            onChange={(event) => setStored(event.currentTarget.checked)}
          />
          <Button disabled={!stored} onClick={onClose}>
            {t("close")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
