import { Button, SegmentedControl } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Connection } from "../live";
import { Copy } from "../parts/Copy";
import { between, duration, isActive, stateOf } from "../parts/executionState";
import { PageBar } from "../parts/PageBar";
import { Pill } from "../parts/Pill";
import { useWorkflows } from "../queries";
import type { Execution } from "./execution";
import { RunAgain } from "./RunAgain";
import type { Action } from "./useChanges";

interface Props {
  execution: Execution;
  connection: Connection;
  view: string;
  onView: (view: string) => void;
  /** What is being done to it. */
  pending: Action | undefined;
  onChange: (action: Action, newest?: boolean) => void;
}

/** Which execution of which version this is, how it stands, and what can be done. */
export function ExecutionBar(props: Props) {
  const { execution, connection, view, onView, pending, onChange } = props;
  const { t } = useTranslation();
  const { data: workflows } = useWorkflows();
  const { id, workflow, status } = execution;
  const active = isActive(status);
  const state = stateOf(status, execution.reason);
  const newest = workflows?.find((each) => each.key === execution.key);
  return (
    <PageBar
      crumb={{ label: t("executions"), to: "/executions" }}
      title={workflow?.title || execution.key}
      status={
        <>
          {workflow?.version && (
            <Link
              to={"/workflows/$key" as string}
              params={{ key: workflow.key } as never}
              search={{ version: workflow.id } as never}
              className="mono"
              title={t("executions:version")}
            >
              v{workflow.version.number}
            </Link>
          )}
          <span className="mono">{id}</span>
          <Copy value={String(id)} />
          <Pill tone={state.tone} live={active}>
            {t(`executions:state.${state.word}`)}
          </Pill>
          <span className="mono" data-testid="duration">
            {duration(between(execution.startedAt ?? execution.createdAt, execution.finishedAt))}
          </span>
          {connection === "lost" && <Pill>{t("executions:reconnecting")}</Pill>}
        </>
      }
    >
      <SegmentedControl
        aria-label={t("executions:view")}
        value={view}
        onChange={onView}
        data={["canvas", "list"].map((each) => ({
          value: each,
          label: t(`executions:view.${each}`),
        }))}
      />
      {active ? (
        <Button variant="default" loading={pending === "cancel"} onClick={() => onChange("cancel")}>
          {t("executions:bulk.cancel")}
        </Button>
      ) : (
        <RunAgain
          failed={status !== 1}
          newer={newest !== undefined && newest.id !== execution.workflowId}
          busy={pending === "failed" || pending === "start"}
          onRun={onChange}
        />
      )}
    </PageBar>
  );
}
