import { Button, Checkbox, Group, Pagination, Select, Skeleton } from "@mantine/core";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Answered, call } from "../api";
import { useLive } from "../live";
import { Empty } from "../parts/Empty";
import { isActive } from "../parts/executionState";
import { PageBar } from "../parts/PageBar";
import { Pill } from "../parts/Pill";
import { Problem } from "../parts/Problem";
import { useWorkflows } from "../queries";
import { ExecutionRow } from "./ExecutionRow";
import { type Execution, merged } from "./execution";

const SMALLEST = 20;
const SIZES = [SMALLEST, 50, 100];
const STATES: Record<string, object> = {
  active: { $or: [{ status: null }, { status: 0 }] },
  succeeded: { status: 1 },
  failed: { status: { $lt: 0 } },
};

const TIMES: Record<string, object> = {
  today: { createdAt: { $dateOn: { type: "today" } } },
  week: { createdAt: { $dateOn: { type: "past", number: 7, unit: "day", includeCurrent: true } } },
  month: {
    createdAt: { $dateOn: { type: "past", number: 30, unit: "day", includeCurrent: true } },
  },
};

interface Asked {
  state?: string;
  time?: string;
  size?: number;
  workflow?: string;
  page?: number;
}

/** All executions, the newest first; what happens to them shows by itself. */
export function ExecutionsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const asked = useSearch({ strict: false }) as Asked;
  const [chosen, setChosen] = useState<number[]>([]);
  const page = asked.page ?? 1;
  const size = asked.size && SIZES.includes(asked.size) ? asked.size : 50;
  const conditions = [
    ...(asked.state && STATES[asked.state] ? [STATES[asked.state]] : []),
    ...(asked.time && TIMES[asked.time] ? [TIMES[asked.time]] : []),
    ...(asked.workflow ? [{ key: asked.workflow }] : []),
  ];
  const filter = conditions.length > 0 ? { $and: conditions } : {};
  const key = ["executions", "list", filter, page, size];
  const { data, error, isPending, refetch } = useQuery({
    queryKey: key,
    placeholderData: keepPreviousData,
    queryFn: () =>
      call<Execution[]>("executions:list", {
        query: {
          filter,
          page,
          pageSize: size,
          sort: ["-id"],
          except: ["context", "output"],
          appends: ["workflow"],
        },
      }),
  });
  const { data: workflows = [] } = useWorkflows();
  const connection = useLive(filter, {
    onExecution: (row) => {
      if (page === 1)
        queries.setQueryData<Answered<Execution[]>>(
          key,
          (old) => old && { ...old, data: merged(old.data, row as Execution).slice(0, size) },
        );
    },
    onReset: () => void refetch(),
  });
  const rows = data?.data ?? [];
  // Those that have ended cannot be cancelled, and the others cannot be deleted.
  const active = rows
    .filter((each) => chosen.includes(each.id) && isActive(each.status))
    .map((each) => each.id);
  const change = useMutation({
    mutationFn: async (action: "cancel" | "destroy") => {
      if (action === "destroy")
        await call("executions:destroy", {
          body: {},
          query: { filterByTk: JSON.stringify(chosen) },
        });
      else for (const id of active) await call(`executions:cancel/${id}`, { body: {} });
    },
    onSuccess: () => setChosen([]),
    onSettled: () => queries.invalidateQueries({ queryKey: ["executions"] }),
  });
  const go = (search: Asked) => {
    setChosen([]);
    void navigate({ to: "/executions", search: { ...asked, page: undefined, ...search } as never });
  };

  return (
    <>
      <PageBar
        title={t("executions")}
        status={connection === "lost" ? <Pill>{t("executions:reconnecting")}</Pill> : null}
      >
        {chosen.length > 0 ? (
          <>
            <span className="dim">{t("executions:chosen", { count: chosen.length })}</span>
            <Button
              variant="default"
              disabled={active.length === 0}
              loading={change.isPending}
              onClick={() => change.mutate("cancel")}
            >
              {t("cancel")}
            </Button>
            <Button
              variant="default"
              c="var(--bad)"
              disabled={active.length === chosen.length}
              loading={change.isPending}
              onClick={() => change.mutate("destroy")}
            >
              {t("delete")}
            </Button>
          </>
        ) : (
          <>
            <Select
              aria-label={t("executions:state")}
              placeholder={t("executions:state")}
              clearable
              value={asked.state ?? null}
              data={Object.keys(STATES).map((each) => ({
                value: each,
                label: t(`executions:which.${each}`),
              }))}
              onChange={(state) => go({ state: state ?? undefined })}
            />
            <Select
              aria-label={t("executions:time")}
              placeholder={t("executions:time")}
              clearable
              value={asked.time ?? null}
              data={Object.keys(TIMES).map((each) => ({
                value: each,
                label: t(`executions:time.${each}`),
              }))}
              onChange={(time) => go({ time: time ?? undefined })}
            />
            <Select
              aria-label={t("workflows")}
              placeholder={t("workflows")}
              clearable
              searchable
              value={asked.workflow ?? null}
              data={workflows.map((each) => ({ value: each.key, label: each.title || each.key }))}
              onChange={(workflow) => go({ workflow: workflow ?? undefined })}
            />
          </>
        )}
      </PageBar>
      <Problem error={error ?? change.error} onRetry={() => void refetch()} />
      {isPending && <Skeleton height={200} m={12} />}
      {data && rows.length === 0 && <Empty>{t("executions:none")}</Empty>}
      {rows.length > 0 && (
        <div style={{ overflow: "auto", flex: 1 }}>
          <table className="table">
            <thead>
              <tr>
                <th style={{ width: 36 }}>
                  <Checkbox
                    aria-label={t("executions:chooseAll")}
                    checked={chosen.length === rows.length}
                    indeterminate={chosen.length > 0 && chosen.length < rows.length}
                    onChange={() => setChosen(chosen.length ? [] : rows.map((each) => each.id))}
                  />
                </th>
                <th>{t("executions:state")}</th>
                <th>{t("executions:workflow")}</th>
                <th>{t("executions:id")}</th>
                <th>{t("executions:started")}</th>
                <th className="numeric">{t("executions:duration")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((each) => (
                <ExecutionRow
                  key={each.id}
                  execution={each}
                  chosen={chosen.includes(each.id)}
                  onChoose={() =>
                    setChosen(
                      chosen.includes(each.id)
                        ? chosen.filter((id) => id !== each.id)
                        : [...chosen, each.id],
                    )
                  }
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {(data?.meta?.count ?? 0) > SMALLEST && (
        <Group p={8} gap={8}>
          <Select
            w={80}
            aria-label={t("executions:size")}
            allowDeselect={false}
            value={String(size)}
            data={SIZES.map(String)}
            onChange={(next) => go({ size: Number(next) })}
          />
          <Pagination
            size="sm"
            total={data?.meta?.totalPage ?? 1}
            value={page}
            onChange={(next) => go({ page: next })}
            getControlProps={(control) => ({ "aria-label": t(`page.${control}`) })}
          />
        </Group>
      )}
    </>
  );
}
