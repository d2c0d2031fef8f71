import { Button, SegmentedControl, Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { useLive } from "../live";
import { Copy } from "../parts/Copy";
import { between, duration, isActive, stateOf } from "../parts/executionState";
import { Flow } from "../parts/flow/Flow";
import type { StepState } from "../parts/flow/StepNode";
import { flattened } from "../parts/flow/tree";
import { useDrawing } from "../parts/flow/useDrawing";
import { PageBar } from "../parts/PageBar";
import { Pill } from "../parts/Pill";
import { Problem } from "../parts/Problem";
import { useMe, useVersion } from "../queries";
import { type Execution, type Job, merged } from "./execution";
import styles from "./Panel.module.css";
import { StepPanel } from "./StepPanel";
import { Summary } from "./Summary";
import { Waterfall } from "./Waterfall";

const TICK_MILLISECONDS = 500;

/** One execution, while it goes on and afterwards: the version that ran, step by step. */
export function ExecutionPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const id = Number((useParams({ strict: false }) as { id: string }).id);
  const narrow = useMediaQuery("(max-width: 900px)");
  const [view, setView] = useState<string | null>(null);
  const [selected, setSelected] = useState<string | null>("trigger");
  const key = ["executions", "one", id];
  const {
    data: execution,
    error,
    isPending,
    refetch,
  } = useQuery({
    queryKey: key,
    queryFn: async () =>
      (await call<Execution | null>(`executions:get/${id}`, { query: { appends: ["jobs"] } })).data,
  });
  const { data: version } = useVersion(execution?.workflowId);
  const { data: me } = useMe();
  const put = (change: (old: Execution) => Execution) =>
    queries.setQueryData<Execution | null>(key, (old) => old && change(old));
  const connection = useLive(
    { id },
    {
      onExecution: (row) => put((old) => ({ ...old, ...(row as Execution), jobs: old.jobs })),
      onJob: (row) =>
        put((old) => ({ ...old, jobs: merged(old.jobs ?? [], row as unknown as Job) })),
      onReset: () => void refetch(),
    },
  );
  const active = execution ? isActive(execution.status) : false;
  const [, tick] = useState(0);
  useEffect(() => {
    if (!active) return;
    const timer = window.setInterval(() => tick((n) => n + 1), TICK_MILLISECONDS);
    return () => window.clearInterval(timer);
  }, [active]);
  const cancel = useMutation({
    mutationFn: () => call(`executions:cancel/${id}`, { body: {} }),
    onSettled: () => refetch(),
  });
  const again = useMutation({
    mutationFn: async () => {
      const { data, user, roleName } = execution?.context ?? {};
      const body = { data, userId: user?.id ?? me?.id, roleName };
      return (
        await call<{ execution: { id: number } }>(`workflows:execute/${execution?.workflowId}`, {
          body,
        })
      ).data;
    },
    onSuccess: (made) => void navigate({ to: `/executions/${made.execution.id}` }),
  });

  const workflow = version?.workflow;
  const drawn = useDrawing(workflow);
  const states = useMemo(() => {
    const found: Record<string, StepState> = {
      trigger: { tone: "ok", label: t("executions:state.succeeded") },
    };
    for (const step of drawn ? flattened(drawn.steps) : []) {
      const job = execution?.jobs
        ?.filter((each) => each.nodeKey === step.key)
        .sort((a, b) => a.id - b.id)
        .at(-1);
      const state = stateOf(job?.status);
      found[step.key] = job
        ? {
            tone: state.tone,
            live: isActive(job.status),
            label:
              job.status === 1
                ? duration(between(job.createdAt, job.updatedAt))
                : t(`executions:state.${state.word}`),
          }
        : { tone: "plain", label: "", muted: true };
    }
    return found;
  }, [drawn, execution?.jobs, t]);

  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (execution === null) return <Problem error={t("executions:unknown", { id })} />;
  if (isPending || !execution) return <Skeleton height={400} m={12} />;

  const jobs = execution.jobs ?? [];
  const state = stateOf(execution.status);
  const steps = drawn ? flattened(drawn.steps) : [];
  const titles = Object.fromEntries(steps.map((each) => [each.key, each.title]));
  const waits = new Set(
    (workflow?.nodes ?? []).filter((each) => each.type === "delay").map((each) => each.key),
  );
  const shown = view ?? (narrow ? "list" : "canvas");

  return (
    <>
      <PageBar
        crumb={{ label: t("executions"), to: "/executions" }}
        title={workflow?.title || execution.key}
        status={
          <>
            <span className="mono">{id}</span>
            <Copy value={String(id)} />
            <Pill tone={state.tone} live={active}>
              {t(`executions:state.${state.word}`)}
            </Pill>
            <span className="mono">
              {duration(between(execution.startedAt ?? execution.createdAt, execution.finishedAt))}
            </span>
            {connection === "lost" && <Pill>{t("executions:reconnecting")}</Pill>}
          </>
        }
      >
        <SegmentedControl
          aria-label={t("executions:view")}
          value={shown}
          onChange={setView}
          data={["canvas", "list"].map((each) => ({
            value: each,
            label: t(`executions:view.${each}`),
          }))}
        />
        {active ? (
          <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
            {t("executions:cancel")}
          </Button>
        ) : (
          <Button variant="default" loading={again.isPending} onClick={() => again.mutate()}>
            {t("executions:again")}
          </Button>
        )}
      </PageBar>
      <Problem error={cancel.error ?? again.error} />
      <div className={styles.stage}>
        <div className={styles.main}>
          {jobs.length > 0 && (
            <Waterfall
              jobs={jobs}
              titles={titles}
              waits={waits}
              selected={selected}
              onSelect={setSelected}
            />
          )}
          {shown === "canvas" && drawn && (
            <Flow {...drawn} states={states} selected={selected} onSelect={setSelected} />
          )}
          {shown === "list" && (
            <ol className={styles.list}>
              {steps.map((each) => (
                <li key={each.key}>
                  <button type="button" onClick={() => setSelected(each.key)}>
                    {each.title}
                  </button>
                  {states[each.key]?.muted ? (
                    <span className="hint">{t("executions:notReached")}</span>
                  ) : (
                    <Pill tone={states[each.key]?.tone}>{states[each.key]?.label}</Pill>
                  )}
                </li>
              ))}
            </ol>
          )}
        </div>
        {selected === "trigger" && workflow && (
          <Summary execution={execution} workflow={workflow} onClose={() => setSelected(null)} />
        )}
        {selected && selected !== "trigger" && (
          <StepPanel
            key={selected}
            title={titles[selected] ?? selected}
            node={workflow?.nodes?.find((each) => each.key === selected)}
            jobs={jobs.filter((each) => each.nodeKey === selected).sort((a, b) => a.id - b.id)}
            onClose={() => setSelected(null)}
          />
        )}
      </div>
    </>
  );
}
