import { Button, Skeleton, VisuallyHidden } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { Empty } from "../parts/Empty";
import { PageBar } from "../parts/PageBar";
import { Problem } from "../parts/Problem";
import styles from "./Access.module.css";
import { type ApiKey, KeyRow } from "./KeyRow";
import { NewKey } from "./NewKey";
import { Pager } from "./Pager";

/** The own keys for programs: made, shown once, revoked. */
export function ApiKeysPage() {
  const { t } = useTranslation();
  const [creating, setCreating] = useState(false);
  const [page, setPage] = useState(1);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["apiKeys", page],
    queryFn: () =>
      call<ApiKey[]>("apiKeys:list", { query: { sort: ["-createdAt"], pageSize: 50, page } }),
  });
  const button = (
    <Button leftSection={<Plus size={14} />} onClick={() => setCreating(true)}>
      {t("access:newKey")}
    </Button>
  );

  return (
    <>
      <PageBar title={t("apiKeys")}>{button}</PageBar>
      <Problem error={error} onRetry={() => void refetch()} />
      {isPending && <Skeleton height={36 * 3} m={12} />}
      {data?.data.length === 0 && <Empty action={button}>{t("access:noKeys")}</Empty>}
      {data && data.data.length > 0 && (
        <div className={styles.scroll}>
          <table className="table">
            <thead>
              <tr>
                <th>{t("name")}</th>
                <th>{t("access:prefix")}</th>
                <th>{t("access:actsAs")}</th>
                <th>{t("access:created")}</th>
                <th>{t("access:expires")}</th>
                <th>
                  <VisuallyHidden>{t("more")}</VisuallyHidden>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.data.map((each) => (
                <KeyRow key={each.id} value={each} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Pager meta={data?.meta} onPage={setPage} />
      {creating && <NewKey onClose={() => setCreating(false)} />}
    </>
  );
}
