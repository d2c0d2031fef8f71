import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { JsonTree } from "../parts/JsonTree";
import { Problem } from "../parts/Problem";
import type { Job } from "./execution";

/** The configuration of a step with the values that it had at its turn. */
export function StepInput({ job }: { job: Job }) {
  const { t } = useTranslation();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["executions", "input", job.id],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await call<object | null>(`jobs:input/${job.id}`)).data,
  });
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (isPending) return <Skeleton height={60} />;
  if (data === null) return <p className="dim">{t("executions:noInput")}</p>;
  return <JsonTree value={data} />;
}
