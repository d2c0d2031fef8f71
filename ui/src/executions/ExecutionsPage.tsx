import { Button, Checkbox, Group, Pagination, Select, Skeleton } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Empty } from "../parts/Empty";
import { isActive } from "../parts/executionState";
import { PageBar } from "../parts/PageBar";
import { Pill } from "../parts/Pill";
import { Problem } from "../parts/Problem";
import { AskBulk } from "./AskBulk";
import { BulkBar } from "./BulkBar";
import { ExecutionRow } from "./ExecutionRow";
import { FilterBar } from "./FilterBar";
import { type Asked, isAskedFor, SIZES, SMALLEST, toBulkFilter } from "./filters";
import styles from "./List.module.css";
import { Outcome } from "./Outcome";
import { type Action, useChanges } from "./useChanges";
import { useExecutions } from "./useExecutions";
import { useTick } from "./useTick";

const COLUMNS = ["state", "workflow", "trigger", "step", "started"];

/** All executions, the newest first; what happens to them shows by itself. */
export function ExecutionsPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const asked = useSearch({ strict: false }) as Asked;
  const [chosen, setChosen] = useState<number[]>([]);
  const [all, setAll] = useState(false);
  const [asking, setAsking] = useState<Action | null>(null);
  const [scrolled, setScrolled] = useState(false);
  const stage = useRef<HTMLDivElement>(null);
  const list = useExecutions(asked, { scrolled });
  const { rows } = list;
  useTick(rows.some((each) => isActive(each.status)));
  const choose = (ids: number[]) => {
    setChosen(ids);
    setAll(false);
  };
  const change = useChanges(() => {
    choose([]);
    setAsking(null);
  });
  const picked = rows.filter((each) => chosen.includes(each.id));
  const count = list.data?.meta?.count ?? 0;
  const go = (search: Asked) => {
    choose([]);
    void navigate({ to: "/executions", search: { ...asked, page: undefined, ...search } as never });
  };
  const showNews = () => {
    list.showNews();
    stage.current?.scrollTo({ top: 0 });
  };

  return (
    <>
      <PageBar
        title={t("executions")}
        status={list.connection === "lost" ? <Pill>{t("executions:reconnecting")}</Pill> : null}
      >
        {chosen.length > 0 && (
          <BulkBar
            picked={picked}
            matching={picked.length === rows.length && count > rows.length ? count : null}
            all={all}
            onAll={() => setAll(true)}
            pending={change.isPending ? change.variables.action : undefined}
            onChange={change.mutate}
            onAsk={setAsking}
          />
        )}
      </PageBar>
      <FilterBar asked={asked} onAsk={go} />
      <Problem error={list.error} onRetry={() => void list.refetch()} />
      <Problem error={asking ? null : change.error} />
      <Outcome done={change.data} />
      {list.isPending && <Skeleton height={200} m={12} />}
      {list.data && rows.length === 0 && <Empty>{t("executions:none")}</Empty>}
      <div
        ref={stage}
        className={styles.stage}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop > 0)}
      >
        {list.news > 0 && (
          <div className={styles.news} role="status">
            <Button size="compact-xs" radius="xl" onClick={showNews}>
              {t("executions:news", { count: list.news })}
            </Button>
          </div>
        )}
        {rows.length > 0 && (
          <table className="table">
            <thead>
              <tr>
                <th style={{ width: 36 }}>
                  <Checkbox
                    aria-label={t("executions:chooseAll")}
                    checked={picked.length === rows.length}
                    indeterminate={picked.length > 0 && picked.length < rows.length}
                    onChange={() => choose(picked.length ? [] : rows.map((each) => each.id))}
                  />
                </th>
                {COLUMNS.map((each) => (
                  <th key={each}>{t(`executions:${each}`)}</th>
                ))}
                <th className="numeric">{t("executions:duration")}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((each) => (
                <ExecutionRow
                  key={each.id}
                  execution={each}
                  chosen={chosen.includes(each.id)}
                  past={!isAskedFor(asked, each)}
                  onChoose={() =>
                    choose(
                      chosen.includes(each.id)
                        ? chosen.filter((id) => id !== each.id)
                        : [...chosen, each.id],
                    )
                  }
                />
              ))}
            </tbody>
          </table>
        )}
      </div>
      {asking && (
        <AskBulk
          action={asking}
          filter={toBulkFilter(asked, asking)}
          busy={change.isPending}
          error={change.error}
          onDo={() => change.mutate({ action: asking, which: toBulkFilter(asked, asking) })}
          onClose={() => setAsking(null)}
        />
      )}
      {count > SMALLEST && (
        <Group p={8} gap={8}>
          <Select
            w={80}
            aria-label={t("executions:size")}
            allowDeselect={false}
            value={String(list.size)}
            data={SIZES.map(String)}
            onChange={(next) => go({ size: Number(next) })}
          />
          <Pagination
            size="sm"
            total={list.data?.meta?.totalPage ?? 1}
            value={list.page}
            onChange={(next) => go({ page: next })}
            getControlProps={(control) => ({ "aria-label": t(`page.${control}`) })}
          />
        </Group>
      )}
    </>
  );
}
