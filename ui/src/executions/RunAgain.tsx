import { Button, Menu } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

interface Props {
  /** Whether there is a failed step to begin at. */
  failed: boolean;
  /** Whether it could also run in a newer version than it had. */
  newer?: boolean;
  disabled?: boolean;
  busy: boolean;
  onRun: (from: "failed" | "start", newest: boolean) => void;
}

/** Runs an execution again: from the failed step or from the start, in which version. */
export function RunAgain({ failed, newer = false, disabled, busy, onRun }: Props) {
  const { t } = useTranslation();
  const [newest, setNewest] = useState(false);
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          variant="default"
          disabled={disabled}
          loading={busy}
          rightSection={<ChevronDown size={14} />}
        >
          {t("executions:again")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(["failed", "start"] as const).map((from) => (
          <Menu.Item
            key={from}
            disabled={from === "failed" && !failed}
            onClick={() => onRun(from, newest)}
          >
            {t(`executions:again.${from}`)}
          </Menu.Item>
        ))}
        {newer && (
          <>
            <Menu.Divider />
            <Menu.CheckboxItem checked={newest} onChange={setNewest}>
              {t("executions:again.newest")}
            </Menu.CheckboxItem>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
