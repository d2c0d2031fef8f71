import { useTranslation } from "react-i18next";
import { local } from "../i18n";
import { ButtonIcon } from "../parts/ButtonIcon";
import type { BoundButton } from "../parts/button";
import styles from "./Buttons.module.css";

/** How the button looks, light and dark. */
export function ButtonPreview({
  button,
}: {
  button: Pick<BoundButton, "label" | "icon" | "style">;
}) {
  const { t } = useTranslation();
  return (
    <fieldset className={styles.previews}>
      <legend>{t("tables:preview")}</legend>
      {(["light", "dark"] as const).map((theme) => (
        <div
          key={theme}
          className={styles.preview}
          data-mantine-color-scheme={theme}
          title={t(`theme.${theme}`)}
        >
          <span className={styles.button} data-style={button.style}>
            <ButtonIcon name={button.icon} />
            {local(button.label) || t("tables:newButton")}
          </span>
        </div>
      ))}
    </fieldset>
  );
}
