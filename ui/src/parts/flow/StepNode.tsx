import { ActionIcon } from "@mantine/core";
import { Handle, type NodeProps, Position } from "@xyflow/react";
import { Ellipsis, GripVertical, TriangleAlert } from "lucide-react";
import type { CSSProperties } from "react";
import { useTranslation } from "react-i18next";
import { Pill, type Tone } from "../Pill";
import { iconOf } from "./icons";
import styles from "./StepNode.module.css";
import type { Step } from "./tree";

export interface StepState {
  tone: Tone;
  label: string;
  /** Its branch was not taken. */
  muted?: boolean;
  live?: boolean;
  /** Its turn ended in a failure, whatever came then. */
  failed?: boolean;
  /** It was not run again: it is as it was in an earlier execution. */
  kept?: boolean;
  /** What is said instead of what it does. */
  note?: string;
  /** Something else that stands for it is pointed at. */
  pointed?: boolean;
}

export interface StepNodeData {
  step: Step;
  selected: boolean;
  state?: StepState;
  onMenu?: (key: string, at: { x: number; y: number }) => void;
  /** It can be dragged to another place by its grip. */
  draggable?: boolean;
}

/** What is dragged: the key of a step. */
export const DRAGGED = "application/x-ensuite-step";

/** One step: what it is, what it is called, what it does and how it went. */
export function StepNode({ data }: NodeProps) {
  const { t } = useTranslation();
  const { step, selected, state, onMenu, draggable } = data as unknown as StepNodeData;
  const Icon = iconOf(step.icon);
  const foot = step.problem || (step.detail && (state?.note ?? step.detail));
  return (
    <div
      className={styles.node}
      style={{ "--tint": `var(--kind-${step.kind})` } as CSSProperties}
      data-testid={`node-${step.key}`}
      data-selected={selected || undefined}
      data-tone={state && !state.muted ? state.tone : undefined}
      data-muted={state?.muted || undefined}
      data-idle={step.idle || undefined}
      data-kept={state?.kept || undefined}
      data-live={state?.live || undefined}
      data-pointed={state?.pointed || undefined}
    >
      <Handle type="target" position={Position.Top} />
      <div className={styles.head}>
        {draggable && (
          <span
            className={`${styles.grip} nopan`}
            aria-hidden // by keyboard, a step is cut and pasted
            draggable
            title={t("dragStep")}
            onDragStart={(event) => {
              event.dataTransfer.setData(DRAGGED, step.key);
              event.dataTransfer.effectAllowed = "move";
            }}
          >
            <GripVertical size={16} />
          </span>
        )}
        <span className={styles.glyph}>
          <Icon size={16} strokeWidth={1.75} />
        </span>
        <button type="button" className={styles.words} aria-pressed={selected}>
          <span className={styles.title}>{step.title}</span>
          <span className={styles.kind}>{(!foot && state?.note) || step.type}</span>
        </button>
        {step.attempts && (
          <span className={styles.attempts} title={t("upToAttempts", { count: step.attempts })}>
            ×{step.attempts}
          </span>
        )}
        {step.problem && (
          <TriangleAlert size={16} className={styles.warning} aria-label={step.problem} />
        )}
        {state && !state.muted && (
          <Pill tone={state.tone} live={state.live}>
            {state.label}
          </Pill>
        )}
        {onMenu && step.id !== null && (
          <ActionIcon
            className={styles.menu}
            aria-label={t("more")}
            onClick={(event) => {
              event.stopPropagation();
              const { left, bottom } = event.currentTarget.getBoundingClientRect();
              onMenu(step.key, { x: left, y: bottom });
            }}
          >
            <Ellipsis size={16} />
          </ActionIcon>
        )}
      </div>
      {foot && (
        <div
          className={styles.foot}
          title={state?.note}
          data-problem={step.problem || state?.note ? true : undefined}
        >
          {foot}
        </div>
      )}
      <Handle type="source" position={Position.Bottom} />
    </div>
  );
}

/** Where branches meet, or a sequence ends: only its lines are seen. */
export function SpotNode({ id, data }: NodeProps) {
  return (
    <div
      className={styles.spot}
      data-end={id === "end" || undefined}
      data-join={id.endsWith("/join") || undefined}
      data-travelled={data.travelled || undefined}
    >
      <Handle type="target" position={Position.Top} />
      <Handle type="source" position={Position.Bottom} />
    </div>
  );
}
