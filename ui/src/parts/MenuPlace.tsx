import { Menu, UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** Where a menu stands that was opened elsewhere; nobody sees it or comes to it by the keyboard.
 *
 * A button, for only what can be pressed may say that its menu is open.
 */
export function MenuPlace({ at }: { at: { x: number; y: number } }) {
  const { t } = useTranslation();
  return (
    <Menu.Target>
      <UnstyledButton
        tabIndex={-1}
        aria-label={t("more")}
        style={{ position: "fixed", left: at.x, top: at.y, width: 1, height: 1 }}
      />
    </Menu.Target>
  );
}
