import { Button, Skeleton } from "@mantine/core";
import { useParams } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Collection } from "../api";
import { Empty } from "../parts/Empty";
import { PageBar } from "../parts/PageBar";
import { Problem } from "../parts/Problem";
import { may, titleOf, useAbilities, useCollections } from "../queries";
import { Grid } from "./Grid";
import { useView } from "./useView";

/** The records of a table. */
export function GridPage() {
  const { t } = useTranslation();
  const { table = "" } = useParams({ strict: false }) as { table?: string };
  const { data, error, isPending, refetch } = useCollections();
  const abilities = useAbilities().data;
  const { change, ready } = useView(table);
  const collection: Collection | undefined = data?.find((each) => each.name === table);
  return (
    <>
      <PageBar title={collection ? titleOf(collection) : table}>
        {collection && may(abilities, table, "create") && (
          <Button leftSection={<Plus size={14} />} onClick={() => change({ record: "new" })}>
            {t("data:newRecord")}
          </Button>
        )}
      </PageBar>
      <Problem error={error} onRetry={() => void refetch()} />
      {(isPending || !ready) && <Skeleton height={144} m={12} />}
      {data && !collection && <Empty>{t("data:noTable")}</Empty>}
      {collection && ready && <Grid key={table} collection={collection} />}
    </>
  );
}
