import { Navigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Empty } from "../parts/Empty";
import { may, mayManage, useAbilities, useCollections } from "../queries";

/** The first page: the tables for who may design them, else the first table that one may read. */
export function Home() {
  const { t } = useTranslation();
  const { data: abilities } = useAbilities();
  const { data: collections } = useCollections();
  if (!abilities || !collections) return null;
  if (mayManage(abilities, "pm.data-source-manager.main")) return <Navigate to="/tables" replace />;
  const first = collections.find(
    (each) => each.hidden !== true && may(abilities, each.name, "view"),
  );
  if (first) return <Navigate to="/data/$table" params={{ table: first.name } as never} replace />;
  return <Empty>{t("nothingToSee")}</Empty>;
}
