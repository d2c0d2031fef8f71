import { Switch } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { granted, SYSTEM, withSystem } from "./permissions";
import styles from "./RoleEditor.module.css";

interface Props {
  snippets: string[];
  onChange: (snippets: string[]) => void;
}

/** What a role may do with the system itself, as switches. */
export function SystemPermissions({ snippets, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <section>
      <h3 className={styles.section}>{t("access:system")}</h3>
      <div className={styles.switches}>
        {SYSTEM.map((name) => (
          <Switch
            key={name}
            label={t(`access:system.${name}`)}
            checked={granted(snippets, name)}
            onChange={(event) => onChange(withSystem(snippets, name, event.currentTarget.checked))}
          />
        ))}
      </div>
    </section>
  );
}
