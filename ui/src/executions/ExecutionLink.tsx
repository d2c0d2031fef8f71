import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { isActive, stateOf } from "../parts/executionState";
import { Pill } from "../parts/Pill";
import type { Related } from "./useChain";

/** Another execution: which workflow, its id, and how it stands where that is known. */
export function ExecutionLink({ id, found }: { id: number; found?: Related }) {
  const { t } = useTranslation();
  const { tone, word } = stateOf(found?.status, found?.reason);
  return (
    <>
      <Link to={"/executions/$id" as string} params={{ id: String(id) } as never}>
        {found?.workflow?.title || found?.key} <span className="mono">{id}</span>
      </Link>{" "}
      {found && (
        <Pill tone={tone} live={isActive(found.status)}>
          {t(`executions:state.${word}`)}
        </Pill>
      )}
    </>
  );
}
