import { Textarea } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { shown } from "./shown";
import type { WidgetProps } from "./types";
import styles from "./VariableField.module.css";

interface Props {
  label: ReactNode;
  description?: ReactNode;
  error?: string;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** A value as JSON; what is no JSON yet stays in the field and is not handed on. */
export function JsonField({ label, description, error, value, onChange }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState(() =>
    value === null || value === undefined ? "" : JSON.stringify(value, null, 2),
  );
  const [wrong, setWrong] = useState(false);
  return (
    <Textarea
      label={label}
      description={description}
      autosize
      minRows={2}
      maxRows={14}
      classNames={{ input: styles.mono }}
      value={text}
      error={wrong ? t("form:notJson") : error}
      onChange={(event) => {
        const typed = event.currentTarget.value;
        setText(typed);
        try {
          onChange(typed.trim() === "" ? null : JSON.parse(typed));
          setWrong(false);
        } catch {
          setWrong(true);
        }
      }}
    />
  );
}

/** What no other widget is for. */
export function JsonWidget(props: WidgetProps) {
  const { label, description, error } = shown(props);
  const { value, onChange } = props;
  return <JsonField {...{ label, description, error, value, onChange }} />;
}
