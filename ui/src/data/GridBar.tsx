import { ActionIcon, Button as Plain, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { Search, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Collection, Query } from "../api";
import { local } from "../i18n";
import { ButtonIcon } from "../parts/ButtonIcon";
import { columnsOf } from "../parts/fields";
import { complete } from "../parts/form/filter";
import { FieldsMenu } from "./FieldsMenu";
import { FilterButton } from "./FilterButton";
import styles from "./Grid.module.css";
import type { Button } from "./useButtons";
import type { View } from "./useView";
import { ViewsMenu } from "./ViewsMenu";

interface Props {
  collection: Collection;
  view: View;
  change: (change: Partial<View>) => void;
  filtering: boolean;
  onFiltering: (open: boolean) => void;
  count: number | undefined;
  selected: string[];
  buttons: Button[];
  onClear: () => void;
  onPress: (button: Button, query: Query, question?: string) => void;
  onDelete?: () => void;
}

/** What the grid shows, or, with rows selected, what to do with them. */
export function GridBar(props: Props) {
  const { collection, view, change, count = 0, selected, buttons, onPress } = props;
  const { t } = useTranslation();
  const filter = complete(view.filter);
  const [typed, setTyped] = useState(view.q ?? "");
  const find = useDebouncedCallback(
    (q: string) => change({ q: q || undefined, page: undefined }),
    200,
  );
  const scoped = (scope: Button["scope"], query: Query, question?: string) =>
    buttons
      .filter((each) => each.scope === scope)
      .map((each) => (
        <Plain
          key={each.id}
          variant={each.style === "primary" ? "filled" : "default"}
          color={each.style === "danger" ? "red" : undefined}
          leftSection={<ButtonIcon name={each.icon} />}
          onClick={() => onPress(each, query, question)}
        >
          {local(each.label)}
        </Plain>
      ));
  if (selected.length > 0)
    return (
      <div className={styles.bar}>
        <strong>{t("data:selected", { count: selected.length })}</strong>
        {scoped("selection", { filterByTk: selected })}
        {props.onDelete && (
          <Plain variant="default" onClick={props.onDelete}>
            {t("delete")}
          </Plain>
        )}
        <span className="grow" />
        <ActionIcon aria-label={t("data:clearSelection")} onClick={props.onClear}>
          <X size={16} />
        </ActionIcon>
      </div>
    );
  return (
    <div className={styles.bar}>
      <TextInput
        aria-label={t("search")}
        placeholder={t("search")}
        leftSection={<Search size={14} />}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          find(event.currentTarget.value.trim());
        }}
      />
      <FilterButton
        collection={collection}
        value={view.filter}
        opened={props.filtering}
        onOpen={props.onFiltering}
        onChange={(filter) => change({ filter, page: undefined })}
      />
      <FieldsMenu
        columns={columnsOf(collection).slice(1)}
        hidden={view.hide ?? []}
        onChange={(hide) => change({ hide: hide.length ? hide : undefined })}
      />
      <ViewsMenu table={collection.name} view={view} change={change} />
      <span className="grow" />
      {!view.q &&
        scoped("table", filter ? { filter } : { forceUpdate: true }, t("data:pressAll", { count }))}
    </div>
  );
}
