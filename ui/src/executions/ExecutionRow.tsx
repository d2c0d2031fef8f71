import { Checkbox } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { local } from "../i18n";
import { between, duration, isActive, stateOf } from "../parts/executionState";
import { Pill } from "../parts/Pill";
import { Since } from "../parts/Since";
import { useTypes } from "../queries";
import type { Execution } from "./execution";
import styles from "./List.module.css";
import { Trigger } from "./Trigger";

interface Props {
  execution: Execution;
  chosen: boolean;
  /** It does not match the filter any more. */
  past: boolean;
  onChoose: () => void;
}

/** One execution in the list. */
export function ExecutionRow({ execution, chosen, past, onChoose }: Props) {
  const { t } = useTranslation();
  const { tone, word } = stateOf(execution.status, execution.reason);
  const title = execution.workflow?.title || execution.key;
  const number = execution.workflow?.version?.number;
  return (
    <tr className={styles.row} data-past={past || undefined} data-arrived={execution.arrived}>
      <td>
        <Checkbox
          aria-label={t("executions:choose", { title, id: execution.id })}
          checked={chosen}
          onChange={onChoose}
        />
      </td>
      <td>
        <Pill tone={tone} live={isActive(execution.status)}>
          {t(`executions:state.${word}`)}
        </Pill>
      </td>
      <td>
        <Link to={"/executions/$id" as string} params={{ id: String(execution.id) } as never}>
          {title}
        </Link>
        {number && <span className="mono"> v{number}</span>}
      </td>
      <td>
        <Trigger execution={execution} />
      </td>
      <td className="dim">
        <Reached execution={execution} />
      </td>
      <td className="dim">
        <Since at={execution.createdAt} />
      </td>
      <td className="numeric">
        {execution.startedAt ? duration(between(execution.startedAt, execution.finishedAt)) : "–"}
      </td>
    </tr>
  );
}

/** Where an execution is, or where it ended before its end. */
function Reached({ execution: { status, step } }: { execution: Execution }) {
  const { data: types } = useTypes();
  if (!step || status === 1) return null;
  const type = types?.nodes.find((each) => each.type === step.type);
  return <>{step.title || local(type?.title) || step.nodeKey}</>;
}
