import { ActionIcon, Button, Skeleton, UnstyledButton } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Redo2, Undo2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { Flow } from "../parts/flow/Flow";
import { flattened, type Place } from "../parts/flow/tree";
import { useDrawing } from "../parts/flow/useDrawing";
import { PageBar } from "../parts/PageBar";
import { Pill } from "../parts/Pill";
import { Problem } from "../parts/Problem";
import { useCollections, useTypes, useVersion, type Workflow } from "../queries";
import { EditorDrawer, type Selected } from "./EditorDrawer";
import styles from "./EditorPage.module.css";
import { InsertMenu } from "./InsertMenu";
import { KeyTitle } from "./KeyTitle";
import { NodeMenu } from "./NodeMenu";
import { newKey } from "./operations";
import { TestRun } from "./TestRun";
import { useEditor } from "./useEditor";
import { VersionMenu } from "./VersionMenu";
import { clipboard, isConflict, useChange, useVersions } from "./workflow";

type At = { x: number; y: number };

/** The canvas: a workflow is drawn, published and looked at in its versions. */
export function EditorPage() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { key } = useParams({ strict: false }) as { key: string };
  const { version } = useSearch({ strict: false }) as { version?: number };
  const versions = useVersions(key);
  const current = versions.data?.find((each) => each.current) ?? versions.data?.[0];
  const id = Number(version ?? current?.id) || undefined;
  const { data, error, isPending, refetch } = useVersion(id);
  const { data: types } = useTypes();
  const { data: collections } = useCollections();
  const [selected, setSelected] = useState<Selected | null>(null);
  const [inserting, setInserting] = useState<{ place: Place; at: At } | null>(null);
  const [menu, setMenu] = useState<{ key: string; at: At } | null>(null);
  const [cut, setCut] = useState<string | null>(null);
  const [testing, setTesting] = useState(false);
  const show = (version: number) =>
    void navigate({ to: `/workflows/${key}`, search: { version } as never });
  const editor = useEditor(data?.workflow, data?.etag, show);
  const change = useChange(id, data?.etag);
  useHotkeys([
    ["mod+Z", () => void editor.undo?.()],
    ["mod+shift+Z", () => void editor.redo?.()],
    ["mod+Y", () => void editor.redo?.()],
  ]);

  const workflow = data?.workflow;
  const drawn = useDrawing(workflow);

  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (versions.data?.length === 0) return <Problem error={t("workflows:unknown", { key })} />;
  if (isPending || !workflow || !types || !drawn) return <Skeleton height={400} m={12} />;

  const nodes = workflow.nodes ?? [];
  const keyOf = (nodeId: number | null) => nodes.find((each) => each.id === nodeId)?.key ?? null;
  const problems = [drawn.trigger, ...flattened(drawn.steps)].filter((each) => each.problem);
  const problem = editor.error ?? change.error;
  const spot = (place: Place) => ({
    upstreamKey: keyOf(place.upstreamId),
    branchIndex: place.branchIndex,
  });

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
      <PageBar
        crumb={{ label: t("workflows"), to: "/workflows" }}
        title={<KeyTitle title={workflow.title || workflow.key} workflowKey={workflow.key} />}
        status={
          <>
            <UnstyledButton
              aria-label={`${t(workflow.enabled ? "workflows:on" : "workflows:off")} · ${t(workflow.enabled ? "workflows:turnOff" : "workflows:turnOn")}`}
              onClick={() =>
                change.mutate({
                  path: `workflows:update/${id}`,
                  body: { enabled: !workflow.enabled },
                })
              }
            >
              <Pill tone={workflow.enabled ? "ok" : "plain"}>
                {t(workflow.enabled ? "workflows:on" : "workflows:off")}
              </Pill>
            </UnstyledButton>
            <VersionMenu
              versions={versions.data ?? [workflow]}
              shown={workflow}
              onShow={show}
              onRevise={() => void revise()}
            />
          </>
        }
      >
        <ActionIcon
          aria-label={t("workflows:undo")}
          disabled={!editor.undo}
          onClick={() => void editor.undo?.()}
        >
          <Undo2 size={16} />
        </ActionIcon>
        <ActionIcon
          aria-label={t("workflows:redo")}
          disabled={!editor.redo}
          onClick={() => void editor.redo?.()}
        >
          <Redo2 size={16} />
        </ActionIcon>
        <Button
          variant="default"
          component={Link}
          to="/executions"
          search={{ workflow: workflow.key } as never}
        >
          {t("executions")}
        </Button>
        <Button variant="default" onClick={() => setTesting(true)}>
          {t("workflows:test")}
        </Button>
        <Button
          disabled={workflow.enabled || problems.length > 0}
          loading={change.isPending}
          onClick={() => change.mutate({ path: `workflows:update/${id}`, body: { enabled: true } })}
        >
          {t(workflow.enabled ? "workflows:published" : "workflows:publish")}
        </Button>
      </PageBar>
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
      <div className={styles.stage}>
        <Flow
          {...drawn}
          selected={selected && "key" in selected ? selected.key : null}
          onSelect={(chosen) => setSelected(chosen === null ? null : { key: chosen })}
          onInsert={(place, at) => setInserting({ place, at })}
          onMenu={(step, at) => setMenu({ key: step, at })}
        />
        {selected && (
          <EditorDrawer
            selected={selected}
            workflow={workflow}
            types={types}
            collections={collections ?? []}
            editor={editor}
            change={change}
            onClose={() => {
              editor.forget();
              setSelected(null);
            }}
          />
        )}
      </div>
      {inserting && (
        <InsertMenu
          at={inserting.at}
          types={types.nodes}
          onClose={() => setInserting(null)}
          onChoose={(type) => {
            setSelected({ type, spot: spot(inserting.place) });
            setInserting(null);
          }}
          onPaste={(copied) => {
            const target = spot(inserting.place);
            setInserting(null);
            if (cut) void editor.run([{ do: "move", key: cut, ...target }]);
            else void editor.run([{ do: "create", node: { ...copied, key: newKey(), ...target } }]);
            setCut(null);
          }}
        />
      )}
      {menu && (
        <NodeMenu
          at={menu.at}
          step={flattened(drawn.steps).find((each) => each.key === menu.key) ?? drawn.trigger}
          onClose={() => setMenu(null)}
          onCopy={() => {
            const node = nodes.find((each) => each.key === menu.key);
            if (node) clipboard.put({ type: node.type, title: node.title, config: node.config });
            setCut(null);
          }}
          onCut={() => {
            const node = nodes.find((each) => each.key === menu.key);
            if (node) clipboard.put({ type: node.type, title: node.title, config: node.config });
            setCut(menu.key);
          }}
          onDelete={(keepBranch) => {
            setSelected(null);
            void editor.run([{ do: "destroy", key: menu.key, keepBranch }]);
          }}
        />
      )}
      {testing && <TestRun workflow={workflow} onClose={() => setTesting(false)} />}
    </>
  );
}
