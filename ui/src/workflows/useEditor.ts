import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Answered, call } from "../api";
import type { FlowNode } from "../parts/flow/tree";
import type { Workflow } from "../queries";
import { type Operation, opposite, type Spot } from "./operations";

export type Editor = ReturnType<typeof useEditor>;

interface Entry {
  undo: Operation[];
  redo: Operation[];
}

const MAX_HISTORY = 100;

/** Carries out operations on one version, keeps how to undo them, and says what went wrong.
 *
 * A version that has run stays as it is: the first change makes a new one, which `onRevised` is
 * told, and goes there.
 */
export function useEditor(
  workflow: Workflow | undefined,
  etag: string | null | undefined,
  onRevised: (id: number) => void,
) {
  const queries = useQueryClient();
  const [past, setPast] = useState<Entry[]>([]);
  const [future, setFuture] = useState<Entry[]>([]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function carryOut(operations: Operation[]): Promise<boolean> {
    if (!workflow || busy) return false;
    setBusy(true);
    setError(null);
    let id = workflow.id;
    let match = etag;
    try {
      let nodes: FlowNode[] = workflow.nodes ?? [];
      if (workflow.executedAt) {
        const filter = { key: workflow.key };
        const copy = await call<Workflow>(`workflows:revision/${id}`, {
          body: {},
          query: { filter },
        });
        id = copy.data.id;
        match = null;
        nodes =
          (await call<Workflow>(`workflows:get/${id}`, { query: { appends: ["nodes"] } })).data
            .nodes ?? [];
      }
      const ids = new Map(nodes.map((each) => [each.key, each.id]));
      for (const each of operations) match = (await send(id, each, ids, match)).etag;
      if (id !== workflow.id) onRevised(id);
      return true;
    } catch (failure) {
      setError(failure);
      return false;
    } finally {
      setBusy(false);
      await queries.invalidateQueries({ queryKey: ["workflows"] });
    }
  }

  async function run(operations: Operation[]): Promise<boolean> {
    const nodes = workflow?.nodes ?? [];
    const undo = operations.map((each) => opposite(nodes, each)).reverse();
    const done = await carryOut(operations);
    if (done) {
      setFuture([]);
      // What nothing undoes ends what can be undone.
      setPast(
        undo.some((each) => each === null)
          ? []
          : [
              ...past.slice(1 - MAX_HISTORY),
              { undo: undo.flatMap((e) => e ?? []), redo: operations },
            ],
      );
    }
    return done;
  }

  async function undo() {
    const last = past.at(-1);
    if (!last || !(await carryOut(last.undo))) return;
    setPast(past.slice(0, -1));
    setFuture([...future, last]);
  }

  async function redo() {
    const next = future.at(-1);
    if (!next || !(await carryOut(next.redo))) return;
    setFuture(future.slice(0, -1));
    setPast([...past, next]);
  }

  return {
    run,
    undo: past.length > 0 ? undo : null,
    redo: future.length > 0 ? redo : null,
    busy,
    error,
    forget: () => setError(null),
  };
}

async function send(
  workflowId: number,
  operation: Operation,
  ids: Map<string, number>,
  match: string | null | undefined,
): Promise<Answered<unknown>> {
  const place = ({ upstreamKey, branchIndex }: Spot) => ({
    upstreamId: upstreamKey === null ? null : ids.get(upstreamKey),
    branchIndex,
  });
  switch (operation.do) {
    case "create": {
      const { key, type, title, config } = operation.node;
      const made = await call<FlowNode>(`workflows/${workflowId}/nodes:create`, {
        body: { key, type, title, config, ...place(operation.node) },
        match,
      });
      ids.set(key, made.data.id);
      return made;
    }
    case "destroy":
      return call(`flow_nodes:destroy/${ids.get(operation.key)}`, {
        body: {},
        query: { keepBranch: operation.keepBranch },
        match,
      });
    case "update":
      return call(`flow_nodes:update/${ids.get(operation.key)}`, {
        body: { title: operation.title, config: operation.config },
        match,
      });
    case "move":
      return call(`flow_nodes:move/${ids.get(operation.key)}`, { body: place(operation), match });
  }
}
