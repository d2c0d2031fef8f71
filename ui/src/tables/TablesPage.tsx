import { Button, Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Empty } from "../parts/Empty";
import { PageBar } from "../parts/PageBar";
import { Problem } from "../parts/Problem";
import { titleOf, useCollections } from "../queries";
import { NewTable } from "./NewTable";

/** All tables, and the way to a new one. */
export function TablesPage() {
  const { t } = useTranslation();
  const [creating, setCreating] = useState(false);
  const { data, error, isPending, refetch } = useCollections();
  const create = (
    <Button leftSection={<Plus size={14} />} onClick={() => setCreating(true)}>
      {t("tables:new")}
    </Button>
  );
  return (
    <>
      <PageBar title={t("tables")}>{create}</PageBar>
      <Problem error={error} onRetry={() => void refetch()} />
      {isPending && <Skeleton height={144} m={12} />}
      {data?.length === 0 && <Empty action={create}>{t("tables:none")}</Empty>}
      {data && data.length > 0 && (
        <div style={{ overflow: "auto", flex: 1 }}>
          <table className="table">
            <thead>
              <tr>
                <th>{t("title")}</th>
                <th>{t("name")}</th>
                <th className="numeric">{t("tables:fields")}</th>
                <th className="numeric">{t("tables:relations")}</th>
                <th>{t("tables:records")}</th>
              </tr>
            </thead>
            <tbody>
              {data.map((each) => (
                <tr key={each.name}>
                  <td>
                    <Link to={"/tables/$name" as string} params={{ name: each.name } as never}>
                      {titleOf(each)}
                    </Link>
                  </td>
                  <td className="mono">{each.name}</td>
                  <td className="numeric">{each.fields.filter((field) => !field.target).length}</td>
                  <td className="numeric">{each.fields.filter((field) => field.target).length}</td>
                  <td>
                    <Link to={"/data/$table" as string} params={{ table: each.name } as never}>
                      {t("tables:open")}
                    </Link>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {creating && <NewTable onClose={() => setCreating(false)} />}
    </>
  );
}
