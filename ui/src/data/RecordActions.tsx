import { ActionIcon, Button as Plain } from "@mantine/core";
import { Ellipsis } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Query, Row } from "../api";
import { local, timeZone } from "../i18n";
import { ButtonIcon } from "../parts/ButtonIcon";
import { Copy } from "../parts/Copy";
import styles from "./Grid.module.css";
import { passes } from "./passes";
import { RowMenu } from "./RowMenu";
import type { Button } from "./useButtons";

interface Props {
  id: string;
  row: Row | null | undefined;
  buttons: Button[];
  onPress: (button: Button, query: Query) => void;
  onDelete?: (id: string) => void;
}

/** As many buttons as stand beside a record; the others are in its menu. */
const SHOWN = 2;

const ownOf = (buttons: Button[], row: Row) =>
  buttons.filter(
    (each) => each.scope === "record" && passes(each.visibleWhen, row, timeZone.chosen),
  );

/** A record's key, and the menu of what can be done with it. */
export function RecordActions({ id, row, buttons, onPress, onDelete }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <span className="mono">{id}</span>
      <Copy value={id} />
      {row && (onDelete || ownOf(buttons, row).length > SHOWN) && (
        <RowMenu
          target={
            <ActionIcon aria-label={t("more")}>
              <Ellipsis size={16} />
            </ActionIcon>
          }
          row={row}
          buttons={ownOf(buttons, row).slice(SHOWN)}
          onPress={(each) => onPress(each, { filterByTk: id })}
          onDelete={onDelete && (() => onDelete(id))}
        />
      )}
    </>
  );
}

/** The buttons of a record that start workflows. */
export function RecordButtons({ id, row, buttons, onPress }: Props) {
  const own = row ? ownOf(buttons, row).slice(0, SHOWN) : [];
  if (own.length === 0) return null;
  return (
    <div className={styles.buttons}>
      {own.map((each) => (
        <Plain
          key={each.id}
          variant={each.style === "primary" ? "filled" : "default"}
          color={each.style === "danger" ? "red" : undefined}
          leftSection={<ButtonIcon name={each.icon} />}
          onClick={() => onPress(each, { filterByTk: id })}
        >
          {local(each.label)}
        </Plain>
      ))}
    </div>
  );
}
