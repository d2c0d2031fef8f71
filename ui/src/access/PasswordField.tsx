import { Button, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Copy } from "../parts/Copy";
import styles from "./Access.module.css";

interface Props {
  label: string;
  hint: string;
  required: boolean;
  value: string;
  error?: string;
  onChange: (value: string) => void;
}

/** Letters and digits that are not mistaken for each other. */
const SIGNS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const LENGTH = 20;
/** Larger random bytes would make the first signs likelier than the others. */
const FAIR = 256 - (256 % SIGNS.length);

function generated(): string {
  let made = "";
  while (made.length < LENGTH) {
    for (const byte of crypto.getRandomValues(new Uint8Array(LENGTH)))
      if (byte < FAIR && made.length < LENGTH) made += SIGNS[byte % SIGNS.length];
  }
  return made;
}

/** A password that somebody sets for another one: readable, so that it can be handed over. */
export function PasswordField({ label, hint, required, value, error, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <TextInput
      label={label}
      description={hint}
      autoComplete="new-password"
      spellCheck={false}
      required={required}
      withAsterisk={false}
      value={value}
      error={error}
      rightSection={value && <Copy value={value} />}
      onChange={(event) => onChange(event.currentTarget.value)}
      inputContainer={(input) => (
        <div className={styles.password}>
          {input}
          <Button variant="default" onClick={() => onChange(generated())}>
            {t("access:generate")}
          </Button>
        </div>
      )}
    />
  );
}
