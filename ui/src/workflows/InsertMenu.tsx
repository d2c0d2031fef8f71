import { Popover, ScrollArea, TextInput, UnstyledButton } from "@mantine/core";
import { ClipboardPaste } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { local } from "../i18n";
import { iconOf } from "../parts/flow/icons";
import type { WorkflowType } from "../parts/form/types";
import styles from "./InsertMenu.module.css";
import { type Copied, clipboard } from "./workflow";

interface Props {
  at: { x: number; y: number };
  types: WorkflowType[];
  onChoose: (type: WorkflowType) => void;
  onPaste: (copied: Copied) => void;
  onClose: () => void;
}

const GROUPS = ["logic", "data", "people", "call", "caller"];

/** The steps that can be inserted, found by typing; Enter takes the first. */
export function InsertMenu({ at, types, onChoose, onPaste, onClose }: Props) {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState("");
  const copied = clipboard.get();
  const matching = types.filter((each) =>
    `${local(each.title)} ${local(each.description)} ${each.type}`
      .toLowerCase()
      .includes(wanted.toLowerCase()),
  );
  const groups = [...GROUPS, ...types.map((each) => each.group)].filter(
    (group, n, all) => all.indexOf(group) === n && matching.some((each) => each.group === group),
  );
  const first = matching.find((each) => each.group === groups[0]);
  return (
    <Popover
      opened
      onChange={(open) => !open && onClose()}
      width={320}
      position="bottom-start"
      trapFocus
      withRoles={false}
    >
      <Popover.Target>
        <span className={styles.anchor} style={{ left: at.x, top: at.y }} />
      </Popover.Target>
      <Popover.Dropdown p={4} role="dialog" aria-label={t("insertStep")}>
        <TextInput
          data-autofocus
          placeholder={t("workflows:findStep")}
          aria-label={t("workflows:findStep")}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && first) onChoose(first);
          }}
        />
        <ScrollArea.Autosize mah={360} type="auto" scrollbars="y">
          {copied && wanted === "" && (
            <UnstyledButton className={styles.item} onClick={() => onPaste(copied)}>
              <ClipboardPaste size={16} />
              <span className={styles.words}>
                <b>{t("workflows:paste")}</b>
                <small>{copied.title || copied.type}</small>
              </span>
            </UnstyledButton>
          )}
          {groups.map((group) => (
            <div key={group}>
              <div className={styles.group}>
                {t(`workflows:group.${group}`, { defaultValue: group })}
              </div>
              {matching
                .filter((each) => each.group === group)
                .map((each) => {
                  const Icon = iconOf(each.icon);
                  return (
                    <UnstyledButton
                      key={each.type}
                      className={styles.item}
                      onClick={() => onChoose(each)}
                    >
                      <Icon size={16} strokeWidth={1.75} />
                      <span className={styles.words}>
                        <b>{local(each.title)}</b>
                        <small>{local(each.description)}</small>
                      </span>
                    </UnstyledButton>
                  );
                })}
            </div>
          ))}
          {groups.length === 0 && <div className={styles.group}>{t("nothingFound")}</div>}
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
