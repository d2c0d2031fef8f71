import { Menu } from "@mantine/core";
import type { ReactElement } from "react";
import { useTranslation } from "react-i18next";
import type { Row } from "../api";
import { local, timeZone } from "../i18n";
import { ButtonIcon } from "../parts/ButtonIcon";
import { MenuPlace } from "../parts/MenuPlace";
import { passes } from "./passes";
import type { Button } from "./useButtons";

interface Props {
  row: Row;
  buttons: Button[];
  /** What opens the menu; or where it stands, open. */
  target: ReactElement | { x: number; y: number };
  onClose?: () => void;
  onOpen?: () => void;
  onPress: (button: Button) => void;
  onDuplicate?: () => void;
  onDelete?: () => void;
}

/** What can be done with one record. */
export function RowMenu(props: Props) {
  const { row, buttons, target, onClose, onOpen, onPress, onDuplicate, onDelete } = props;
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end" opened={"x" in target || undefined} onClose={onClose}>
      {"x" in target ? <MenuPlace at={target} /> : <Menu.Target>{target}</Menu.Target>}
      <Menu.Dropdown>
        {onOpen && <Menu.Item onClick={onOpen}>{t("data:open")}</Menu.Item>}
        {buttons
          .filter(
            (each) => each.scope === "record" && passes(each.visibleWhen, row, timeZone.chosen),
          )
          .map((each) => (
            <Menu.Item
              key={each.id}
              leftSection={<ButtonIcon name={each.icon} />}
              onClick={() => onPress(each)}
            >
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
