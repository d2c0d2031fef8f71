import {
  ActionIcon,
  Popover,
  ScrollArea,
  Textarea,
  TextInput,
  UnstyledButton,
} from "@mantine/core";
import { Braces } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { asText, type VariableSource } from "./types";
import styles from "./VariableField.module.css";

interface Props {
  label?: ReactNode;
  description?: ReactNode;
  required?: boolean;
  error?: string;
  value: string;
  onChange: (value: string) => void;
  variables: VariableSource[];
  /** How a chosen variable is written; `{{path}}` by default. */
  write?: (path: string) => string;
  rows?: number;
  mono?: boolean;
  placeholder?: string;
  ariaLabel?: string;
}

/** A text that may hold variables: `{` or the button offers what there is, with sample values. */
export function VariableField({
  value,
  onChange,
  variables,
  write,
  rows,
  mono,
  ariaLabel,
  ...shown
}: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [wanted, setWanted] = useState("");
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);

  function insert(path: string) {
    const text = (write ?? ((each) => `{{${each}}}`))(path);
    const at = input.current?.selectionStart ?? value.length;
    // The brace that opened the list is part of what is inserted.
    const before = value.slice(0, at).replace(/\{+$/, "");
    onChange(before + text + value.slice(at));
    setOpen(false);
    input.current?.focus();
  }

  const matching = variables.filter((each) =>
    `${each.group} ${each.label} ${each.path}`.toLowerCase().includes(wanted.toLowerCase()),
  );
  const groups = [...new Set(matching.map((each) => each.group))];
  const button = (
    <ActionIcon aria-label={t("form:insertVariable")} onClick={() => setOpen(!open)}>
      <Braces size={14} />
    </ActionIcon>
  );
  const common = {
    ...shown,
    ref: input,
    value,
    "aria-label": ariaLabel,
    rightSection: button,
    classNames: mono ? { input: styles.mono } : undefined,
    onChange: (event: { currentTarget: { value: string } }) => {
      const text = event.currentTarget.value;
      if (text.length > value.length && text.endsWith("{")) setOpen(true);
      onChange(text);
    },
  };
  return (
    <Popover
      opened={open}
      onChange={setOpen}
      position="bottom-end"
      width={320}
      withRoles={false}
      trapFocus={false}
      withinPortal
    >
      <Popover.Target>
        <div>
          {rows ? (
            <Textarea {...common} autosize minRows={rows} maxRows={12} />
          ) : (
            <TextInput {...common} />
          )}
        </div>
      </Popover.Target>
      <Popover.Dropdown p={4}>
        <TextInput
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
          placeholder={t("search")}
          aria-label={t("search")}
          mb={4}
        />
        <ScrollArea.Autosize mah={280} scrollbars="y">
          {groups.map((group) => (
            <div key={group}>
              <div className={styles.group}>{group}</div>
              {matching
                .filter((each) => each.group === group)
                .map((each) => (
                  <UnstyledButton
                    key={each.path}
                    className={styles.variable}
                    onClick={() => insert(each.path)}
                  >
                    <span>{each.label}</span>
                    <span className={styles.sample}>
                      {each.sample === undefined ? "" : asText(each.sample).slice(0, 40)}
                    </span>
                  </UnstyledButton>
                ))}
            </div>
          ))}
          {groups.length === 0 && <div className={styles.group}>{t("nothingFound")}</div>}
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
