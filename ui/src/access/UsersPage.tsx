import { Avatar, Button, Skeleton, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { Empty } from "../parts/Empty";
import { PageBar } from "../parts/PageBar";
import { Problem } from "../parts/Problem";
import { Since } from "../parts/Since";
import styles from "./Access.module.css";
import { nameOf, type User } from "./access";
import { Pager } from "./Pager";
import { UserDrawer } from "./UserDrawer";

/** All accounts, and the roles they hold. */
export function UsersPage() {
  const { t } = useTranslation();
  const [wanted, setWanted] = useState("");
  const [search] = useDebouncedValue(wanted.trim(), 200);
  const [page, setPage] = useState(1);
  const [open, setOpen] = useState<User | "new" | null>(null);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["users", search, page],
    placeholderData: keepPreviousData,
    queryFn: () =>
      call<User[]>("users:list", {
        query: { appends: ["roles"], sort: ["createdAt"], pageSize: 50, page, search },
      }),
  });

  return (
    <>
      <PageBar title={t("users")}>
        <TextInput
          placeholder={t("search")}
          aria-label={t("search")}
          value={wanted}
          onChange={(event) => {
            setWanted(event.currentTarget.value);
            setPage(1);
          }}
        />
        <Button leftSection={<Plus size={14} />} onClick={() => setOpen("new")}>
          {t("access:newUser")}
        </Button>
      </PageBar>
      <div className={styles.page}>
        <div className={styles.list}>
          <Problem error={error} onRetry={() => void refetch()} />
          {isPending && <Skeleton height={36 * 4} m={12} />}
          {data?.data.length === 0 && <Empty>{t("access:noUsers")}</Empty>}
          {data && data.data.length > 0 && (
            <div className={styles.scroll}>
              <table className="table">
                <thead>
                  <tr>
                    <th>{t("name")}</th>
                    <th>{t("email")}</th>
                    <th>{t("roles")}</th>
                    <th>{t("access:created")}</th>
                  </tr>
                </thead>
                <tbody>
                  {data.data.map((each) => (
                    <tr key={each.id}>
                      <td>
                        <span className={styles.who}>
                          <Avatar size={24} radius="xl" name={nameOf(each)} />
                          <button
                            type="button"
                            className={styles.open}
                            onClick={() => setOpen(each)}
                          >
                            {nameOf(each)}
                          </button>
                        </span>
                      </td>
                      <td className="dim">{each.email}</td>
                      <td>
                        <span className={styles.chips}>
                          {each.roles?.map((role) => (
                            <span key={role.name} className={styles.chip}>
                              {role.title || role.name}
                            </span>
                          ))}
                        </span>
                      </td>
                      <td className="dim">
                        <Since at={each.createdAt} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
          <Pager meta={data?.meta} onPage={setPage} />
        </div>
        {open && (
          <UserDrawer
            key={open === "new" ? "new" : open.id}
            user={open === "new" ? null : open}
            onClose={() => setOpen(null)}
          />
        )}
      </div>
    </>
  );
}
