import {
  BaseEdge,
  EdgeLabelRenderer,
  type EdgeProps,
  getSmoothStepPath,
  Position,
} from "@xyflow/react";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SPOT } from "./layout";
import styles from "./StepEdge.module.css";
import { DRAGGED } from "./StepNode";
import { ERROR_BRANCH, type Place } from "./tree";

export interface StepEdgeData {
  label?: string;
  branch?: number;
  joins: boolean;
  place: Place | null;
  onInsert?: (place: Place, at: { x: number; y: number }) => void;
  onMove?: (key: string, place: Place) => void;
  /** The execution went this way. */
  travelled: boolean;
}

const TURN = 24;
/** A line and its handle begin and end a little off their node. */
const LINE = 2;

/** A line between two steps, with the branch's name and the `+` that inserts a step. */
export function StepEdge({
  id,
  source,
  target,
  sourceX,
  sourceY,
  targetX,
  targetY,
  data,
}: EdgeProps) {
  const { t } = useTranslation();
  const { label, branch, joins, place, onInsert, onMove, travelled } =
    data as unknown as StepEdgeData;
  const [over, setOver] = useState(false);
  // What joins others goes on through the place where they meet, so that its corner is round.
  const endY = joins ? targetY + SPOT + LINE : targetY;
  const [path] = getSmoothStepPath({
    sourceX,
    sourceY,
    targetX,
    targetY: endY,
    sourcePosition: Position.Bottom,
    targetPosition: Position.Top,
    borderRadius: TURN / 2,
    offset: 0,
    centerY: label === undefined ? endY - TURN : sourceY + TURN,
  });
  // An empty branch has its `+` on the line that leads into it.
  const empty = source.includes("/") && joins;
  const x = label === undefined ? sourceX : targetX;
  const y =
    target === "end" || label !== undefined
      ? targetY - 12
      : joins
        ? sourceY + 20
        : (sourceY + targetY) / 2;
  return (
    <>
      <BaseEdge id={id} path={path} className={travelled ? styles.travelled : undefined} />
      <EdgeLabelRenderer>
        {label !== undefined && (
          <span
            className={styles.branch}
            data-error={branch === ERROR_BRANCH || undefined}
            style={{
              transform: `translate(-50%, -50%) translate(${targetX}px, ${sourceY + TURN}px)`,
            }}
          >
            {label}
          </span>
        )}
        {onInsert && place && !empty && (
          <button
            type="button"
            className={styles.plus}
            aria-label={t("insertStep")}
            data-testid={`insert-${place.upstreamId ?? "start"}-${place.branchIndex ?? "next"}`}
            style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
            data-over={over || undefined}
            onClick={(event) => {
              const { left, bottom } = event.currentTarget.getBoundingClientRect();
              onInsert(place, { x: left, y: bottom });
            }}
            onDragOver={(event) => {
              if (!onMove || !event.dataTransfer.types.includes(DRAGGED)) return;
              event.preventDefault();
              setOver(true);
            }}
            onDragLeave={() => setOver(false)}
            onDrop={(event) => {
              event.preventDefault();
              setOver(false);
              onMove?.(event.dataTransfer.getData(DRAGGED), place);
            }}
          >
            <Plus size={12} />
          </button>
        )}
      </EdgeLabelRenderer>
    </>
  );
}
