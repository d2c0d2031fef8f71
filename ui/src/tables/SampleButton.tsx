import { Button, Progress } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../parts/Problem";
import { makeSample } from "./sample";

/** Offers two tables, a workflow and a button to whoever has nothing yet. */
export function SampleButton() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [done, setDone] = useState(0);
  const make = useMutation({
    mutationFn: () => makeSample(t, setDone),
    onSettled: () => queries.invalidateQueries(),
    onSuccess: () => navigate({ to: "/data/orders" as string }),
  });
  return (
    <>
      <Button variant="default" loading={make.isPending} onClick={() => make.mutate()}>
        {t("tables:sample")}
      </Button>
      {make.isPending && (
        <Progress value={done * 100} size={4} w={240} aria-label={t("tables:sample")} />
      )}
      <Problem error={make.error} />
    </>
  );
}
