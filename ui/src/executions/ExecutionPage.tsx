import { Skeleton } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { isActive } from "../parts/executionState";
import { attemptsOf } from "../parts/flow/describe";
import { Flow } from "../parts/flow/Flow";
import { flattened } from "../parts/flow/tree";
import { useDrawing } from "../parts/flow/useDrawing";
import { Problem } from "../parts/Problem";
import { useVersion } from "../queries";
import { ExecutionBar } from "./ExecutionBar";
import type { Job } from "./execution";
import { Outcome } from "./Outcome";
import styles from "./Panel.module.css";
import { StepList } from "./StepList";
import { StepPanel } from "./StepPanel";
import { Summary } from "./Summary";
import { inOrder, stepStates } from "./stepStates";
import { useChanges } from "./useChanges";
import { useExecution } from "./useExecution";
import { useTick } from "./useTick";
import { Waterfall } from "./Waterfall";

const NO_JOBS: Job[] = [];
/** Types of steps whose time is spent waiting. */
const WAITING = new Set(["delay", "manual"]);

/** The execution that the address names, perhaps at one of its steps. */
export function ExecutionPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const { step } = useSearch({ strict: false }) as { step?: string };
  return <ExecutionView key={`${id} ${step}`} id={Number(id)} step={step} />;
}

/** One execution, while it goes on and afterwards: the version that ran, step by step. */
function ExecutionView({ id, step }: { id: number; step?: string }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const narrow = useMediaQuery("(max-width: 900px)");
  const [view, setView] = useState<string | null>(null);
  const [chosen, setSelected] = useState<string | null | undefined>(step);
  const [pointed, setPointed] = useState<string | null>(null);
  const { data: execution, error, isPending, refetch, connection } = useExecution(id);
  const { data: version } = useVersion(execution?.workflowId);
  const change = useChanges(({ started: [started] }) => {
    if (started) void navigate({ to: `/executions/${started}` });
  });
  useTick(execution ? isActive(execution.status) : false);
  // Of a workflow that was deleted there is nothing to draw.
  const workflow = version?.workflow ?? undefined;
  const drawn = useDrawing(workflow);
  const jobs = execution?.jobs ?? NO_JOBS;
  const steps = useMemo(
    () =>
      drawn
        ? flattened(drawn.steps)
        : inOrder(jobs).map((each) => ({ key: each.nodeKey, title: each.nodeKey })),
    [drawn, jobs],
  );
  const attempts = useMemo(
    () => new Map((workflow?.nodes ?? []).map((each) => [each.key, attemptsOf(each)])),
    [workflow],
  );
  const states = useMemo(
    () => (execution ? stepStates(steps, execution, { attempts, pointed }, t) : {}),
    [steps, execution, attempts, pointed, t],
  );

  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (execution === null) return <Problem error={t("executions:unknown", { id })} />;
  if (isPending || !execution) return <Skeleton height={400} m={12} />;

  const titles = Object.fromEntries(steps.map((each) => [each.key, each.title]));
  const waits = new Set(
    (workflow?.nodes ?? []).filter((each) => WAITING.has(each.type)).map((each) => each.key),
  );
  const shown = view ?? (narrow || (version && !workflow) ? "list" : "canvas");
  const selected = chosen === undefined ? (narrow ? null : "trigger") : chosen;

  return (
    <>
      <ExecutionBar
        execution={execution}
        connection={connection}
        view={shown}
        onView={setView}
        pending={change.isPending ? change.variables.action : undefined}
        onChange={(action, newest) => change.mutate({ action, which: [execution.id], newest })}
      />
      <Problem error={change.error} />
      <Outcome done={change.data} />
      <div className={styles.stage}>
        <div className={styles.main}>
          {jobs.length > 0 && (
            <Waterfall
              jobs={jobs}
              titles={titles}
              waits={waits}
              selected={selected}
              pointed={pointed}
              onSelect={setSelected}
              onPoint={setPointed}
            />
          )}
          {shown === "canvas" && drawn && (
            <Flow
              {...drawn}
              states={states}
              selected={selected}
              onSelect={setSelected}
              onPoint={setPointed}
            />
          )}
          {shown === "list" && (
            <StepList {...{ steps, states, jobs, selected }} onSelect={setSelected} />
          )}
        </div>
        {selected === "trigger" && (
          <Summary execution={execution} onClose={() => setSelected(null)} />
        )}
        {selected && selected !== "trigger" && (
          <StepPanel
            key={selected}
            nodeKey={selected}
            title={titles[selected] ?? selected}
            jobs={inOrder(jobs.filter((each) => each.nodeKey === selected))}
            attempts={attempts.get(selected) ?? 1}
            active={isActive(execution.status)}
            rerunOfId={execution.rerunOfId ?? null}
            onClose={() => setSelected(null)}
          />
        )}
      </div>
    </>
  );
}
