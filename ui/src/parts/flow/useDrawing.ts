import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useCollections, useTypes, type Workflow } from "../../queries";
import { describer, triggerStep } from "./describe";
import { type Step, toSteps } from "./tree";

/** A version as the canvas draws it; null until all is known that its words need. */
export function useDrawing(
  workflow: Workflow | undefined,
): { trigger: Step; steps: Step[] } | null {
  const { t } = useTranslation();
  const { data: types } = useTypes();
  const { data: collections } = useCollections();
  return useMemo(() => {
    if (!workflow || !types || !collections) return null;
    return {
      trigger: triggerStep(workflow, types, collections, t),
      steps: toSteps(workflow.nodes ?? [], describer(types, collections, t)),
    };
  }, [workflow, types, collections, t]);
}
