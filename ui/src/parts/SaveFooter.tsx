import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";

interface Props {
  onCancel: () => void;
  onSave: () => void;
  /** What the main button says; "Save" by default. */
  save?: string;
  busy?: boolean;
  disabled?: boolean;
  onDelete?: () => void;
  /** What the button that takes away says; "Delete" by default. */
  remove?: string;
}

/** The foot of a drawer: take away at the left, cancel and save at the right. */
export function SaveFooter(props: Props) {
  const { t } = useTranslation();
  return (
    <>
      {props.onDelete && (
        <Button variant="default" c="var(--bad)" mr="auto" onClick={props.onDelete}>
          {props.remove ?? t("delete")}
        </Button>
      )}
      <Button variant="default" onClick={props.onCancel}>
        {t("cancel")}
      </Button>
      <Button loading={props.busy} disabled={props.disabled} onClick={props.onSave}>
        {props.save ?? t("save")}
      </Button>
    </>
  );
}
