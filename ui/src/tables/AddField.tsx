import { Button, Popover, ScrollArea, TextInput, UnstyledButton } from "@mantine/core";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { FieldIcon } from "../parts/FieldIcon";
import { useFieldTypes } from "../queries";
import styles from "./Tables.module.css";
import { aboutOf, type Kind, kindsOf, labelOf } from "./types";

/** The kinds of fields, in groups and with a line about each; typing narrows them. */
export function AddField({ onChoose }: { onChoose: (kind: Kind) => void }) {
  const { t } = useTranslation();
  const { data: types = [] } = useFieldTypes();
  const [open, setOpen] = useState(false);
  const [wanted, setWanted] = useState("");
  const words = (kind: Kind) =>
    `${labelOf(t, types, kind)} ${aboutOf(t, types, kind)} ${kind.type}`.toLowerCase();
  const matching = kindsOf(types).filter((each) => words(each).includes(wanted.toLowerCase()));
  const choose = (kind: Kind) => {
    setOpen(false);
    setWanted("");
    onChoose(kind);
  };
  return (
    <Popover opened={open} onChange={setOpen} width={460} position="bottom-end" trapFocus>
      <Popover.Target>
        <Button leftSection={<Plus size={14} />} onClick={() => setOpen(!open)}>
          {t("tables:addField")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={4} maw="100vw">
        <TextInput
          data-autofocus
          placeholder={t("search")}
          aria-label={t("search")}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && matching[0]) choose(matching[0]);
          }}
        />
        <ScrollArea.Autosize mah={480} type="auto" scrollbars="y">
          {matching.length === 0 && <p className={styles.group}>{t("nothingFound")}</p>}
          {(["basic", "relation", "special"] as const).map((group) => {
            const inGroup = matching.filter((each) => each.group === group);
            return inGroup.length === 0 ? null : (
              <div key={group}>
                <div className={styles.group}>{t(`tables:group.${group}`)}</div>
                <div className={styles.types}>
                  {inGroup.map((each) => (
                    <UnstyledButton
                      key={`${each.type} ${each.interface}`}
                      className={styles.type}
                      onClick={() => choose(each)}
                    >
                      <FieldIcon field={each} size={16} />
                      <span>
                        <b>{labelOf(t, types, each)}</b> <small>{aboutOf(t, types, each)}</small>
                      </span>
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
