import { Button, Group, Modal, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "./Problem";
import { useFirstWrong } from "./useFirstWrong";

interface Props {
  title: string;
  /** What the button says; "Create" by default. */
  submit?: string;
  disabled?: boolean;
  busy: boolean;
  error: unknown;
  /** The part of the error that no field shows; all of it by default. */
  rest?: unknown;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A dialog with a form: its fields, what went wrong, and the two ways out. */
export function FormDialog(props: Props) {
  const { t } = useTranslation();
  const { error, rest = error } = props;
  const form = useFirstWrong<HTMLFormElement>(error);
  return (
    <Modal
      opened
      onClose={props.onClose}
      title={props.title}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          props.onSubmit();
        }}
      >
        <Stack gap={14}>
          {props.children}
          <Problem error={rest} />
          <Group justify="flex-end" gap={8}>
            <Button variant="default" onClick={props.onClose}>
              {t("cancel")}
            </Button>
            <Button type="submit" loading={props.busy} disabled={props.disabled}>
              {props.submit ?? t("create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
