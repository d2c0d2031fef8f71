import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Collection, call, type Field } from "../api";
import { FormDialog } from "../parts/FormDialog";
import { titleOf, useCollections } from "../queries";
import { askedFields, bodyOf, NewFields, type Values } from "./NewFields";

interface Props {
  /** `posts/12/comments`: what is made there is linked at once. */
  address: string;
  field: Field;
  target: Collection;
  onMade: () => void;
  onClose: () => void;
}

/** A new record that is linked to the one it is made from. */
export function NewRelated({ address, field, target, onMade, onClose }: Props) {
  const { t } = useTranslation();
  const all = useCollections().data;
  const [values, setValues] = useState<Values>({});
  // The way back is filled in by the server.
  const fields = askedFields(target).filter(
    (each) => each.name !== field.foreignKey && each.foreignKey !== field.foreignKey,
  );
  const create = useMutation({
    mutationFn: () => call(`${address}:create`, { body: bodyOf(fields, values, all) }),
    onSuccess: () => {
      onMade();
      onClose();
    },
  });
  return (
    <FormDialog
      title={t("data:newIn", { name: titleOf(field) })}
      busy={create.isPending}
      error={create.error}
      onSubmit={() => create.mutate()}
      onClose={onClose}
    >
      <NewFields
        fields={fields}
        values={values}
        error={create.error}
        onChange={setValues}
        onSubmit={() => create.mutate()}
      />
    </FormDialog>
  );
}
