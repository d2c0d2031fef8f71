import { ActionIcon, Skeleton, Tabs, Tooltip } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Maximize2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Collection } from "../api";
import { Drawer } from "../parts/Drawer";
import { Empty } from "../parts/Empty";
import { titleOfRecord } from "../parts/fields";
import { Outcomes } from "../parts/Outcomes";
import { Problem } from "../parts/Problem";
import { Activity } from "./Activity";
import { NewRecord } from "./NewRecord";
import { RecordActions, RecordButtons } from "./RecordActions";
import { RecordBody } from "./RecordBody";
import type { Button } from "./useButtons";
import { usePress } from "./usePress";
import { useRecord } from "./useRecord";

interface Props {
  collection: Collection;
  id: string;
  buttons: Button[];
  onClose: () => void;
  onOpen: (id: string) => void;
  onDelete?: (id: string) => void;
}

/** One record beside the grid. */
export function RecordDrawer(props: Props) {
  const { collection, id, buttons, onClose, onDelete } = props;
  const { t } = useTranslation();
  const { press, came, error: refused, reset } = usePress(collection.name);
  const { data, error, isPending, refetch } = useRecord(collection, id);
  if (id === "new") return <NewRecord {...props} />;
  const row = data?.row;
  const name = row ? titleOfRecord(collection, row) : id;
  return (
    <Drawer
      width={560}
      label={name}
      title={name}
      onClose={onClose}
      actions={
        <>
          <RecordActions id={id} row={row} buttons={buttons} onPress={press} onDelete={onDelete} />
          <Tooltip label={t("data:fullPage")}>
            <ActionIcon
              component={Link}
              to={`/data/${collection.name}/${encodeURIComponent(id)}` as string}
              aria-label={t("data:fullPage")}
            >
              <Maximize2 size={14} />
            </ActionIcon>
          </Tooltip>
        </>
      }
    >
      <RecordButtons id={id} row={row} buttons={buttons} onPress={press} />
      <Problem error={error ?? refused} onRetry={error ? () => void refetch() : undefined} />
      {came && <Outcomes came={came} onClose={reset} />}
      {isPending && <Skeleton height={160} />}
      {row === null && <Empty>{t("data:noRecord")}</Empty>}
      {row && (
        <Tabs defaultValue="record" keepMounted={false}>
          <Tabs.List mb={12}>
            <Tabs.Tab value="record">{t("data:record")}</Tabs.Tab>
            <Tabs.Tab value="activity">{t("data:activity")}</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="record">
            <RecordBody collection={collection} row={row} id={id} />
          </Tabs.Panel>
          <Tabs.Panel value="activity">
            <Activity collection={collection} row={row} id={id} />
          </Tabs.Panel>
        </Tabs>
      )}
    </Drawer>
  );
}
