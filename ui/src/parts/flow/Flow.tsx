import {
  Background,
  BackgroundVariant,
  Controls,
  type Edge,
  MiniMap,
  type Node,
  ReactFlow,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Flow.module.css";
import { type Line, layout, type Placed } from "./layout";
import { StepEdge, type StepEdgeData } from "./StepEdge";
import { SpotNode, StepNode, type StepNodeData, type StepState } from "./StepNode";
import { travelled } from "./travels";
import type { Place, Step } from "./tree";

interface Props {
  trigger: Step;
  steps: Step[];
  selected: string | null;
  onSelect: (key: string | null) => void;
  /** How each step went, by its key; `end`: the execution came to its end. */
  states?: Record<string, StepState>;
  /** The pointer is on a step, or has left it. */
  onPoint?: (key: string | null) => void;
  /** Asked for by a `+`; absent: nothing can be inserted. */
  onInsert?: (place: Place, at: { x: number; y: number }) => void;
  /** A step was dragged onto a `+`; absent: steps stay where they are. */
  onMove?: (key: string, place: Place) => void;
  /** A node's `⋯`. */
  onMenu?: (key: string, at: { x: number; y: number }) => void;
}

const nodeTypes = { step: StepNode, spot: SpotNode };
const edgeTypes = { step: StepEdge };
const MINIMAP_FROM = 30;

/** The canvas of a workflow: it lays itself out; steps are selected, inserted and followed. */
export function Flow(props: Props) {
  const { trigger, steps, selected, onSelect, states, onPoint, onInsert, onMove, onMenu } = props;
  const { i18n } = useTranslation();
  const graph = useMemo(() => layout(trigger, steps), [trigger, steps]);
  const along = useMemo(() => {
    const went = (key: string) => states?.[key] !== undefined && !states[key].muted;
    const failed = (key: string) => states?.[key]?.failed === true;
    return travelled(states ? graph.lines : [], { went, failed });
  }, [graph, states]);
  const nodes = useMemo(() => {
    const passed = new Set(
      graph.lines.filter((line) => along.has(line.id)).map((line) => line.source),
    );
    return graph.placed.map((each) =>
      toNode(each, selected, states?.[each.id], { onMenu, onMove, travelled: passed.has(each.id) }),
    );
  }, [graph, along, selected, states, onMenu, onMove]);
  const edges = useMemo(
    () =>
      // Where lines run together, the way that was gone is drawn over the others.
      graph.lines
        .toSorted((one, other) => Number(along.has(one.id)) - Number(along.has(other.id)))
        .map((line) => toEdge(line, along.has(line.id), onInsert, onMove)),
    [graph, along, onInsert, onMove],
  );

  return (
    <ReactFlow
      key={i18n.language}
      className={styles.flow}
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={edgeTypes}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      onlyRenderVisibleElements={nodes.length > MINIMAP_FROM}
      minZoom={0.1}
      fitView
      fitViewOptions={{ maxZoom: 1, padding: 0.12 }}
      onNodeClick={(_, node) => {
        if (node.type === "step") onSelect(node.id);
      }}
      onNodeMouseEnter={onPoint && ((_, node) => onPoint(node.id))}
      onNodeMouseLeave={onPoint && (() => onPoint(null))}
      onPaneClick={() => onSelect(null)}
      proOptions={{ hideAttribution: true }}
    >
      <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
      <Controls showInteractive={false} />
      {nodes.length > MINIMAP_FROM && <MiniMap pannable zoomable />}
    </ReactFlow>
  );
}

function toNode(
  { id, step, x, y, width, height }: Placed,
  selected: string | null,
  state: StepState | undefined,
  { onMenu, onMove, travelled }: Pick<Props, "onMenu" | "onMove"> & { travelled: boolean },
): Node {
  const place = { id, position: { x, y }, width, height, selectable: false };
  if (step === null) return { ...place, type: "spot", data: { travelled } };
  const data: StepNodeData = {
    step,
    selected: id === selected,
    state,
    onMenu,
    draggable: onMove !== undefined && step.id !== null,
  };
  return { ...place, type: "step", data: data as unknown as Record<string, unknown> };
}

function toEdge(
  line: Line,
  travelled: boolean,
  onInsert: Props["onInsert"],
  onMove: Props["onMove"],
): Edge {
  const data: StepEdgeData = {
    label: line.label,
    branch: line.branch,
    joins: line.joins,
    place: line.place,
    onInsert,
    onMove,
    travelled,
  };
  return {
    id: line.id,
    source: line.source,
    target: line.target,
    type: "step",
    data: data as unknown as Record<string, unknown>,
  };
}
