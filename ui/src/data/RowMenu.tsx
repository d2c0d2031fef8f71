import { ActionIcon, Menu } from "@mantine/core";
import { Ellipsis, Zap } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Row } from "../api";
import { local } from "../i18n";
import { type Button, passes } from "./useButtons";

interface Props {
  row: Row;
  buttons: Button[];
  onOpen?: () => void;
  onPress: (button: Button) => void;
  onDuplicate?: () => void;
  onDelete?: () => void;
}

/** What can be done with one record. */
export function RowMenu({ row, buttons, onOpen, onPress, onDuplicate, onDelete }: Props) {
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon aria-label={t("more")}>
          <Ellipsis size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {onOpen && <Menu.Item onClick={onOpen}>{t("data:open")}</Menu.Item>}
        {buttons
          .filter((each) => each.scope === "record" && passes(each.visibleWhen, row))
          .map((each) => (
            <Menu.Item key={each.id} leftSection={<Zap size={14} />} onClick={() => onPress(each)}>
              {local(each.label)}
            </Menu.Item>
          ))}
        {onDuplicate && <Menu.Item onClick={onDuplicate}>{t("data:duplicate")}</Menu.Item>}
        {onDelete && (
          <Menu.Item color="red" onClick={onDelete}>
            {t("delete")}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
