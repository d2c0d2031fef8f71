import { Button, Popover, ScrollArea, TextInput, UnstyledButton } from "@mantine/core";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Tables.module.css";
import { FIELD_TYPES } from "./types";

/** The types of fields, by kind and with a line about each; typing narrows them. */
export function AddField({ onChoose }: { onChoose: (type: string) => void }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [wanted, setWanted] = useState("");
  const words = (type: string) =>
    `${t(`tables:type.${type}`)} ${t(`tables:about.${type}`)} ${type}`;
  const matching = FIELD_TYPES.filter((each) =>
    words(each.type).toLowerCase().includes(wanted.toLowerCase()),
  );
  const choose = (type: string) => {
    setOpen(false);
    onChoose(type);
  };
  return (
    <Popover opened={open} onChange={setOpen} width={420} position="bottom-end" trapFocus>
      <Popover.Target>
        <Button leftSection={<Plus size={14} />} onClick={() => setOpen(!open)}>
          {t("tables:addField")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={4}>
        <TextInput
          data-autofocus
          placeholder={t("search")}
          aria-label={t("search")}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && matching[0]) choose(matching[0].type);
          }}
        />
        <ScrollArea.Autosize mah={420} type="auto" scrollbars="y">
          {(["basic", "relation", "special"] as const).map((group) => {
            const inGroup = matching.filter((each) => each.group === group);
            return inGroup.length === 0 ? null : (
              <div key={group}>
                <div className={styles.group}>{t(`tables:group.${group}`)}</div>
                <div className={styles.types}>
                  {inGroup.map((each) => (
                    <UnstyledButton
                      key={each.type}
                      className={styles.type}
                      onClick={() => choose(each.type)}
                    >
                      <b>{t(`tables:type.${each.type}`)}</b>
                      <small>{t(`tables:about.${each.type}`)}</small>
                    </UnstyledButton>
                  ))}
                </div>
              </div>
            );
          })}
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
