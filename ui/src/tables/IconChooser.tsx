import { UnstyledButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { BUTTON_ICONS, ButtonIcon } from "../parts/ButtonIcon";
import styles from "./Buttons.module.css";

interface Props {
  value: string | null;
  onChange: (icon: string) => void;
}

/** The icons that a button can have, of which one is chosen. */
export function IconChooser({ value, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <fieldset className={styles.icons}>
      <legend>{t("tables:icon")}</legend>
      {BUTTON_ICONS.map((each) => (
        <UnstyledButton
          key={each}
          className={styles.icon}
          aria-label={t(`tables:icon.${each}`)}
          title={t(`tables:icon.${each}`)}
          aria-pressed={(value ?? BUTTON_ICONS[0]) === each}
          onClick={() => onChange(each)}
        >
          <ButtonIcon name={each} size={16} />
        </UnstyledButton>
      ))}
    </fieldset>
  );
}
