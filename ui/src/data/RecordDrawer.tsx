import { Button as Plain, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Zap } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Collection, call, type Row } from "../api";
import { local } from "../i18n";
import { Copy } from "../parts/Copy";
import { Drawer } from "../parts/Drawer";
import { Empty } from "../parts/Empty";
import { Outcomes } from "../parts/Outcomes";
import { Problem } from "../parts/Problem";
import { may, useAbilities } from "../queries";
import { associationNames, kindOf, shownFields, titleOfRecord } from "./fields";
import { NewRecord } from "./NewRecord";
import { RecordField } from "./RecordField";
import { Related } from "./Related";
import { RowMenu } from "./RowMenu";
import { type Button, passes } from "./useButtons";
import { usePress } from "./usePress";

interface Props {
  collection: Collection;
  id: string;
  buttons: Button[];
  onClose: () => void;
  onOpen: (id: string) => void;
  onDelete?: (id: string) => void;
}

/** One record beside the grid: looking at it is changing it. */
export function RecordDrawer(props: Props) {
  const { collection, id, buttons, onClose, onDelete } = props;
  const { t } = useTranslation();
  const table = collection.name;
  const editable = may(useAbilities().data, table, "update");
  const { press, outcomes, error: refused, reset } = usePress(table);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["records", table, "one", id],
    enabled: id !== "new",
    queryFn: async () =>
      (
        await call<Row | null>(`${table}:get`, {
          query: { filterByTk: id, appends: associationNames(collection) },
        })
      ).data,
  });
  if (id === "new") return <NewRecord {...props} />;
  const fields = shownFields(collection);
  const name = data ? titleOfRecord(collection, data) : id;
  const own = data
    ? buttons.filter((each) => each.scope === "record" && passes(each.visibleWhen, data))
    : [];
  return (
    <Drawer
      width={560}
      label={name}
      title={name}
      onClose={onClose}
      actions={
        <>
          <span className="mono">{id}</span>
          <Copy value={id} />
          {own.slice(0, 2).map((each) => (
            <Plain
              key={each.id}
              variant={each.style === "primary" ? "filled" : "default"}
              color={each.style === "danger" ? "red" : undefined}
              leftSection={<Zap size={14} />}
              onClick={() => press(each, { filterByTk: id })}
            >
              {local(each.label)}
            </Plain>
          ))}
          {data && (
            <RowMenu
              row={data}
              buttons={own.slice(2)}
              onPress={(each) => press(each, { filterByTk: id })}
              onDelete={onDelete && (() => onDelete(id))}
            />
          )}
        </>
      }
    >
      <Problem error={error ?? refused} onRetry={error ? () => void refetch() : undefined} />
      {outcomes && <Outcomes outcomes={outcomes} onClose={reset} />}
      {isPending && <Skeleton height={160} />}
      {data === null && <Empty>{t("data:noRecord")}</Empty>}
      {data && (
        <div>
          {fields
            .filter((each) => kindOf(each) !== "many")
            .map((each) => (
              <RecordField
                key={each.name}
                collection={collection}
                field={each}
                row={data}
                editable={editable}
              />
            ))}
        </div>
      )}
      {data &&
        fields
          .filter((each) => kindOf(each) === "many")
          .map((each) => (
            <Related
              key={each.name}
              collection={collection}
              field={each}
              id={id}
              editable={editable}
            />
          ))}
    </Drawer>
  );
}
