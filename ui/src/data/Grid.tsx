import { modals } from "@mantine/modals";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Collection, call, type Row } from "../api";
import { Copy } from "../parts/Copy";
import { Empty } from "../parts/Empty";
import { associationNames, mayFill, shownFields, toSend } from "../parts/fields";
import { complete } from "../parts/form/filter";
import { Outcomes } from "../parts/Outcomes";
import { Problem } from "../parts/Problem";
import { may, useAbilities } from "../queries";
import { narrowed } from "./columns";
import styles from "./Grid.module.css";
import { GridBar } from "./GridBar";
import { GridFooter } from "./GridFooter";
import { GridTable } from "./GridTable";
import { RecordDrawer } from "./RecordDrawer";
import { useButtons } from "./useButtons";
import { usePress } from "./usePress";
import { useView } from "./useView";

/** The grid with its bar, its footer and the record beside it. */
export function Grid({ collection }: { collection: Collection }) {
  const { t } = useTranslation();
  const table = collection.name;
  const queries = useQueryClient();
  const { view, change } = useView(table);
  const filter = complete(view.filter);
  const [filtering, setFiltering] = useState(false);
  const [selected, setSelected] = useState<string[]>([]);
  const abilities = useAbilities().data;
  const buttons = useButtons(table);
  const { press, came, error: refused, reset } = usePress(table);
  const { data, error, refetch } = useQuery({
    queryKey: ["records", table, "list", view.q, filter, view.sort, view.page, view.size],
    placeholderData: keepPreviousData,
    queryFn: () =>
      call<Row[]>(`${table}:list`, {
        query: {
          search: view.q,
          filter,
          sort: view.sort,
          page: view.page ?? 1,
          pageSize: view.size ?? 50,
          appends: associationNames(collection),
        },
      }),
  });
  const renew = () => queries.invalidateQueries({ queryKey: ["records", table] });
  const destroy = useMutation({
    mutationFn: (keys: string[]) =>
      call(`${table}:destroy`, { method: "POST", query: { filterByTk: keys } }),
    onSuccess: (_, keys) => {
      setSelected([]);
      if (view.record && keys.includes(view.record)) change({ record: undefined });
      return renew();
    },
  });
  const duplicate = useMutation({
    mutationFn: (row: Row) =>
      call(`${table}:create`, {
        body: Object.fromEntries(
          shownFields(collection)
            .filter((each) => mayFill(each) && !each.unique && row[each.name] !== undefined)
            .map((each) => [each.name, toSend(each, row[each.name], undefined)]),
        ),
      }),
    onSuccess: renew,
  });
  const askDelete = (keys: string[]) =>
    modals.openConfirmModal({
      title: t("data:deleteTitle", { count: keys.length }),
      children: t("data:deleteText"),
      labels: { confirm: t("delete"), cancel: t("cancel") },
      confirmProps: { color: "red" },
      onConfirm: () => destroy.mutate(keys),
    });
  const mayCreate = may(abilities, table, "create");
  const mayDelete = may(abilities, table, "destroy");
  const curl = `curl -X POST '${location.origin}/api/${table}:create' -H 'Authorization: Bearer KEY' -H 'Content-Type: application/json' -d '{}'`;
  const failed = error ?? destroy.error ?? duplicate.error ?? refused;
  return (
    <div className={styles.page}>
      <div className={styles.main}>
        <GridBar
          collection={collection}
          view={view}
          key={view.view}
          change={change}
          filtering={filtering}
          onFiltering={setFiltering}
          count={data?.meta?.count}
          selected={selected}
          buttons={buttons}
          onClear={() => setSelected([])}
          onPress={press}
          onDelete={mayDelete ? () => askDelete(selected) : undefined}
        />
        <Problem error={failed} onRetry={error ? () => void refetch() : undefined} />
        {came && <Outcomes came={came} onClose={reset} />}
        <div className={styles.scroll}>
          <GridTable
            collection={collection}
            view={view}
            rows={error ? [] : data?.data}
            sort={view.sort}
            selected={selected}
            editable={may(abilities, table, "update")}
            buttons={buttons}
            onSort={(sort) => change({ sort, page: undefined })}
            onFilter={(name) => {
              change({ filter: narrowed(view.filter, name), page: undefined });
              setFiltering(true);
            }}
            onHide={(name) => change({ hide: [...(view.hide ?? []), name] })}
            onPin={(name) => {
              const others = view.pin?.filter((each) => each !== name) ?? [];
              change({ pin: view.pin?.includes(name) ? others : [...others, name] });
            }}
            onWidth={(name, width) => change({ widths: { ...view.widths, [name]: width } })}
            onSelect={setSelected}
            onOpen={(record) => change({ record })}
            onPress={(button, key) => press(button, { filterByTk: key })}
            onDuplicate={mayCreate ? (row) => duplicate.mutate(row) : undefined}
            onDelete={mayDelete ? askDelete : undefined}
          />
          {data?.data.length === 0 && (view.q || view.filter) && <Empty>{t("nothingFound")}</Empty>}
          {data?.data.length === 0 && !view.q && !view.filter && (
            <Empty
              action={
                <span className={styles.code}>
                  <code className="mono">{curl}</code>
                  <Copy value={curl} />
                </span>
              }
            >
              {t("data:empty")}
            </Empty>
          )}
        </div>
        <GridFooter
          meta={data?.meta}
          onPage={(page) => change({ page })}
          onSize={(size) => change({ size, page: undefined })}
        />
      </div>
      {view.record && (
        <RecordDrawer
          key={view.record}
          collection={collection}
          id={view.record}
          buttons={buttons}
          onClose={() => change({ record: undefined })}
          onOpen={(record) => change({ record })}
          onDelete={mayDelete ? (key) => askDelete([key]) : undefined}
        />
      )}
    </div>
  );
}
