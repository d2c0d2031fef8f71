import { ActionIcon, Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Collection, call, type Field, type Row } from "../api";
import { keyName } from "../parts/fields";
import { Problem } from "../parts/Problem";
import { RecordLink } from "../parts/RecordLink";
import { may, titleOf, useAbilities, useCollections } from "../queries";
import styles from "./Grid.module.css";
import { NewRelated } from "./NewRelated";
import { RelationPicker } from "./RelationPicker";

interface Props {
  collection: Collection;
  field: Field;
  id: string;
  editable: boolean;
}

/** The records that an association holds, and the way to link others. */
export function Related({ collection, field, id, editable }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const target = useCollections().data?.find((each) => each.name === field.target);
  const address = `${collection.name}/${id}/${field.name}`;
  const key = target ? keyName(target) : "id";
  const abilities = useAbilities().data;
  const [making, setMaking] = useState(false);
  const renew = () => queries.invalidateQueries({ queryKey: ["records"] });
  const { data, error } = useQuery({
    queryKey: ["records", collection.name, "related", id, field.name],
    queryFn: async () => (await call<Row[]>(`${address}:list`, { query: { pageSize: 50 } })).data,
  });
  const link = useMutation({
    mutationFn: ({ action, row }: { action: "add" | "remove"; row: Row }) =>
      call(`${address}:${action}`, { method: "POST", query: { filterByTk: String(row[key]) } }),
    onSuccess: () => renew(),
  });
  return (
    <section aria-label={titleOf(field)}>
      <table className="table">
        <thead>
          <tr>
            <th colSpan={2}>{titleOf(field)}</th>
          </tr>
        </thead>
        <tbody>
          {data?.map((row) => (
            <tr key={String(row[key])}>
              <td>
                <RecordLink target={target} row={row} />
              </td>
              <td className="numeric">
                {editable && (
                  <ActionIcon
                    aria-label={t("remove")}
                    onClick={() => link.mutate({ action: "remove", row })}
                  >
                    <X size={14} />
                  </ActionIcon>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Problem error={error ?? link.error} />
      {editable && (
        <div className={styles.adding}>
          <RelationPicker
            key={data?.length}
            target={field.target ?? ""}
            label={t("data:link", { name: titleOf(field) })}
            placeholder={t("add")}
            value={null}
            onChange={(row) => row && link.mutate({ action: "add", row })}
          />
          {target && may(abilities, target.name, "create") && (
            <Button variant="default" onClick={() => setMaking(true)}>
              {t("data:newRecord")}
            </Button>
          )}
        </div>
      )}
      {making && target && (
        <NewRelated
          address={address}
          field={field}
          target={target}
          onMade={() => void renew()}
          onClose={() => setMaking(false)}
        />
      )}
    </section>
  );
}
