import type { UseMutationResult } from "@tanstack/react-query";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type ApiError, type Collection, call } from "../api";
import type { WorkflowType } from "../parts/form/types";
import type { Types, Workflow } from "../queries";
import { OptionsDrawer } from "./OptionsDrawer";
import { newKey, type Spot } from "./operations";
import { StepDrawer } from "./StepDrawer";
import { TriggerDrawer } from "./TriggerDrawer";
import type { Editor } from "./useEditor";
import { variables } from "./variables";
import type { Change } from "./workflow";

/** A step of the canvas, one that is about to be inserted, or the workflow as a whole. */
export type Selected = { key: string } | { type: WorkflowType; spot: Spot } | { options: true };

interface Props {
  selected: Selected;
  workflow: Workflow;
  types: Types;
  collections: Collection[];
  editor: Editor;
  change: UseMutationResult<unknown, ApiError, Change>;
  onClose: () => void;
}

interface LastExecution {
  context: unknown;
  jobs?: { nodeKey: string; result: unknown }[];
}

/** The drawer beside the canvas: the trigger, a step, a new step, or what holds for them all. */
export function EditorDrawer(props: Props) {
  const { selected, workflow, types, collections, editor, change, onClose } = props;
  const { t } = useTranslation();
  const { data: last } = useQuery({
    queryKey: ["executions", "sample", workflow.key],
    queryFn: async () => {
      const { data } = await call<{ id: number }[]>("executions:list", {
        query: { filter: { key: workflow.key }, sort: ["-id"], pageSize: 1, fields: ["id"] },
      });
      if (!data[0]) return null;
      return (
        await call<LastExecution>(`executions:get/${data[0].id}`, { query: { appends: ["jobs"] } })
      ).data;
    },
  });
  const nodes = workflow.nodes ?? [];
  const save = (body: object) =>
    change.mutate({ path: `workflows:update/${workflow.id}`, body }, { onSuccess: onClose });

  if ("options" in selected)
    return (
      <OptionsDrawer
        key={workflow.id}
        workflow={workflow}
        fields={types.options}
        collections={collections}
        error={change.error}
        busy={change.isPending}
        onClose={onClose}
        onSave={(options) => save({ options })}
      />
    );
  if ("key" in selected && selected.key === "trigger") {
    const type = types.triggers.find((each) => each.type === workflow.type);
    if (!type) return null;
    return (
      <TriggerDrawer
        key={workflow.id}
        workflow={workflow}
        type={type}
        collections={collections}
        error={change.error}
        busy={change.isPending}
        onClose={onClose}
        onSave={save}
      />
    );
  }

  const node = "key" in selected ? nodes.find((each) => each.key === selected.key) : undefined;
  const type = "type" in selected ? selected.type : types.nodes.find((e) => e.type === node?.type);
  if (!type) return null;
  const upstream =
    "spot" in selected
      ? (nodes.find((each) => each.key === selected.spot.upstreamKey)?.id ?? null)
      : (node?.upstreamId ?? null);
  const sample = {
    context: last?.context,
    jobs: Object.fromEntries((last?.jobs ?? []).map((job) => [job.nodeKey, job.result])),
  };
  return (
    <StepDrawer
      key={node?.key ?? type.type}
      type={type}
      initial={{ title: node?.title ?? null, config: node?.config ?? {} }}
      context={{
        collections,
        variables: variables(workflow, collections, upstream, sample, t),
        nodes: nodes.map((each) => ({
          key: each.key,
          title: each.title || each.type,
          type: each.type,
        })),
      }}
      sample={sample}
      isNew={node === undefined}
      error={editor.error}
      busy={editor.busy}
      onClose={onClose}
      onDelete={
        node &&
        (async () => {
          if (await editor.run([{ do: "destroy", key: node.key }])) onClose();
        })
      }
      onSave={async ({ title, config }) => {
        const saved = await editor.run([
          node
            ? { do: "update", key: node.key, title, config }
            : {
                do: "create",
                node: {
                  key: newKey(),
                  type: type.type,
                  title,
                  config,
                  ...("spot" in selected
                    ? selected.spot
                    : { upstreamKey: null, branchIndex: null }),
                },
              },
        ]);
        if (saved) onClose();
        return saved;
      }}
    />
  );
}
