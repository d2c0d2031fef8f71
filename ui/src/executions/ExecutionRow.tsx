import { Checkbox } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { between, duration, isActive, stateOf } from "../parts/executionState";
import { Pill } from "../parts/Pill";
import { Since } from "../parts/Since";
import type { Execution } from "./execution";

interface Props {
  execution: Execution;
  chosen: boolean;
  onChoose: () => void;
}

/** One execution in the list. */
export function ExecutionRow({ execution, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const { tone, word } = stateOf(execution.status);
  return (
    <tr>
      <td>
        <Checkbox aria-label={String(execution.id)} checked={chosen} onChange={onChoose} />
      </td>
      <td>
        <Pill tone={tone} live={isActive(execution.status)}>
          {t(`executions:state.${word}`)}
        </Pill>
      </td>
      <td>
        <Link to={"/executions/$id" as string} params={{ id: String(execution.id) } as never}>
          {execution.workflow?.title || execution.key}
        </Link>
      </td>
      <td className="mono">{execution.id}</td>
      <td className="dim">
        <Since at={execution.createdAt} />
      </td>
      <td className="numeric">
        {execution.startedAt ? duration(between(execution.startedAt, execution.finishedAt)) : "–"}
      </td>
    </tr>
  );
}
