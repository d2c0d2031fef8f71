import { ActionIcon, Button as Plain } from "@mantine/core";
import { Ellipsis } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Query, Row } from "../api";
import { local } from "../i18n";
import { ButtonIcon } from "../parts/ButtonIcon";
import { Copy } from "../parts/Copy";
import { RowMenu } from "./RowMenu";
import { type Button, passes } from "./useButtons";

interface Props {
  id: string;
  row: Row | null | undefined;
  buttons: Button[];
  onPress: (button: Button, query: Query) => void;
  onDelete?: (id: string) => void;
}

/** A record's key, and what can be done with it. */
export function RecordActions({ id, row, buttons, onPress, onDelete }: Props) {
  const { t } = useTranslation();
  const own = row
    ? buttons.filter((each) => each.scope === "record" && passes(each.visibleWhen, row))
    : [];
  return (
    <>
      <span className="mono">{id}</span>
      <Copy value={id} />
      {own.slice(0, 2).map((each) => (
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
      {row && (
        <RowMenu
          target={
            <ActionIcon aria-label={t("more")}>
              <Ellipsis size={16} />
            </ActionIcon>
          }
          row={row}
          buttons={own.slice(2)}
          onPress={(each) => onPress(each, { filterByTk: id })}
          onDelete={onDelete && (() => onDelete(id))}
        />
      )}
    </>
  );
}
