import { Skeleton } from "@mantine/core";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { flattened } from "../parts/flow/tree";
import { useDrawing } from "../parts/flow/useDrawing";
import { Problem } from "../parts/Problem";
import { useCollections, useTypes, useVersion, type Workflow } from "../queries";
import { Compare } from "./Compare";
import { EditorBar } from "./EditorBar";
import type { Selected } from "./EditorDrawer";
import styles from "./EditorPage.module.css";
import { EditorStage } from "./EditorStage";
import { TestRun } from "./TestRun";
import { useEditor } from "./useEditor";
import { isConflict, useChange, useVersions } from "./workflow";

/** The canvas: a workflow is drawn, published and looked at in its versions. */
export function EditorPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { key } = useParams({ strict: false }) as { key: string };
  const asked = useSearch({ strict: false }) as { version?: number; settings?: boolean };
  const versions = useVersions(key);
  const current = versions.data?.find((each) => each.current) ?? versions.data?.[0];
  const id = Number(asked.version ?? current?.id) || undefined;
  const { data, error, isPending, refetch } = useVersion(id);
  const { data: types } = useTypes();
  const { data: collections } = useCollections();
  const [selected, setSelected] = useState<Selected | null>(
    asked.settings ? { options: true } : null,
  );
  const [dialog, setDialog] = useState<"test" | "compare" | null>(null);
  const show = (version: number) =>
    void navigate({ to: `/workflows/${key}`, search: { version } as never });
  const editor = useEditor(data?.workflow, data?.etag, show);
  const change = useChange(id, data?.etag);

  const workflow = data?.workflow;
  const drawn = useDrawing(workflow);

  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (versions.data?.length === 0) return <Problem error={t("workflows:unknown", { key })} />;
  if (isPending || !workflow || !types || !drawn) return <Skeleton height={400} m={12} />;

  const problems = [drawn.trigger, ...flattened(drawn.steps)].filter((each) => each.problem);
  const problem = editor.error ?? change.error;

  async function revise() {
    const made = await call<Workflow>(`workflows:revision/${id}`, {
      body: {},
      query: { filter: { key } },
    });
    await versions.refetch();
    show(made.data.id);
  }

  return (
    <>
      <EditorBar
        workflow={workflow}
        versions={versions.data ?? [workflow]}
        editor={editor}
        busy={change.isPending}
        ready={problems.length === 0}
        onEnable={(enabled) => change.mutate({ path: `workflows:update/${id}`, body: { enabled } })}
        onShow={show}
        onRevise={() => void revise()}
        onCompare={() => setDialog("compare")}
        onOptions={() => setSelected({ options: true })}
        onTest={() => setDialog("test")}
      />
      {isConflict(problem) ? (
        <Problem error={t("workflows:conflict")} onRetry={() => void refetch()} />
      ) : (
        !selected && <Problem error={problem} />
      )}
      {workflow.executedAt && <div className={styles.band}>{t("workflows:hasRun")}</div>}
      {problems.length > 0 && (
        <div className={styles.band} role="status">
          {problems.map((each) => (
            <button key={each.key} type="button" onClick={() => setSelected({ key: each.key })}>
              {each.title}: {each.problem}
            </button>
          ))}
        </div>
      )}
      <EditorStage
        workflow={workflow}
        drawn={drawn}
        types={types}
        collections={collections ?? []}
        editor={editor}
        change={change}
        selected={selected}
        onSelect={setSelected}
      />
      {dialog === "test" && <TestRun workflow={workflow} onClose={() => setDialog(null)} />}
      {dialog === "compare" && (
        <Compare
          versions={versions.data ?? [workflow]}
          shown={workflow}
          onClose={() => setDialog(null)}
        />
      )}
    </>
  );
}
