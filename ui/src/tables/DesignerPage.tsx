import { ActionIcon, Menu, SegmentedControl, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Ellipsis } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Collection, call, type Field } from "../api";
import { PageBar } from "../parts/PageBar";
import { Problem } from "../parts/Problem";
import { titleOf, useCollections } from "../queries";
import { ApiTab } from "./ApiTab";
import { ButtonsTab } from "./ButtonsTab";
import { FieldsTab } from "./FieldsTab";
import { SettingsTab } from "./SettingsTab";

const TABS = ["fields", "buttons", "api", "settings"] as const;

/** One table: its fields, its buttons, and how calls reach it. */
export function DesignerPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { name } = useParams({ strict: false }) as { name: string };
  const { tab = "fields" } = useSearch({ strict: false }) as { tab?: string };
  const { data: collections = [] } = useCollections();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["collections", "one", name],
    queryFn: async () => {
      const { data: collection } = await call<Collection>(`collections:get/${name}`);
      const { data: fields, etag } = await call<Field[]>(`collections/${name}/fields:list`, {
        query: { paginate: false },
      });
      return { collection: { ...collection, fields }, etag };
    },
  });
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (isPending) return <Skeleton height={300} m={12} />;
  const { collection, etag } = data;
  return (
    <>
      <PageBar
        crumb={{ label: t("tables"), to: "/tables" }}
        title={titleOf(collection)}
        status={<span className="mono">{name}</span>}
      >
        <SegmentedControl
          aria-label={t("tables:tabs")}
          value={tab}
          onChange={(chosen) =>
            void navigate({ to: `/tables/${name}`, search: { tab: chosen } as never })
          }
          data={TABS.map((each) => ({ value: each, label: t(`tables:tab.${each}`) }))}
        />
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon aria-label={t("more")}>
              <Ellipsis size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item component={Link} to={`/data/${name}`}>
              {t("tables:open")}
            </Menu.Item>
            <Menu.Item component={Link} to="/roles">
              {t("tables:permissions")}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </PageBar>
      {tab === "fields" && (
        <FieldsTab
          key={name}
          collection={collection}
          collections={collections}
          etag={etag}
          onReload={async () => {
            const { data: now } = await refetch({ throwOnError: true });
            return now ?? data;
          }}
        />
      )}
      {tab === "buttons" && <ButtonsTab collection={collection} />}
      {tab === "settings" && <SettingsTab key={name} collection={collection} etag={etag} />}
      {tab === "api" && <ApiTab collection={collection} />}
    </>
  );
}
