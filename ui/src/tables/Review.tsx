import { Button, Group, Loader, Modal, Progress, Stack, TextInput } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { Check, Circle, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Collection, call } from "../api";
import { Problem } from "../parts/Problem";
import { titleOf } from "../queries";
import { Consequence } from "./Consequence";
import { type FieldChange, named } from "./changes";
import styles from "./Tables.module.css";
import { type Step, useApply } from "./useApply";

interface Props {
  collection: Collection;
  changes: FieldChange[];
  /** Changes that no longer apply, since somebody else changed the table. */
  lost: FieldChange[];
  etag: string | null;
  /** Called with what is done, at the end or where a change failed. */
  onApplied: (done: FieldChange[]) => Promise<void>;
  onReload: () => Promise<void>;
  onClose: () => void;
}

/** What the changes will do, in words, and what became of each; drops ask for the table's name. */
export function Review(props: Props) {
  const { changes, lost, etag, onApplied, onReload, onClose } = props;
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  // The words are about the table as it was: what is done differs from it no longer.
  const [collection] = useState(props.collection);
  const { run, steps, done, conflict } = useApply(collection.name, changes, etag, onApplied);
  const dropped = changes.filter((each) => each.do === "drop");
  const places = dropped.map((each) => changes.indexOf(each));
  const counts = useQueries({
    queries: dropped.map((each) => ({
      queryKey: ["records", collection.name, "filled", each.name],
      retry: false,
      // Once it is dropped, nobody can ask for its values.
      enabled: props.collection.fields.some((field) => field.name === each.name),
      queryFn: async () =>
        (
          await call(`${collection.name}:list`, {
            query: { pageSize: 1, filter: { [each.name]: { $notEmpty: true } } },
          })
        ).meta?.count ?? 0,
    })),
  });
  const close = () => {
    if (!run.isPending) onClose();
  };
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      closeButtonProps={{ "aria-label": t("close") }}
      title={t("tables:reviewTitle", { title: titleOf(collection) })}
    >
      <Stack gap={14}>
        {lost.length > 0 && (
          <p className={styles.lost} role="status">
            {t("tables:lost", { count: lost.length, names: lost.map(named).join(", ") })}
          </p>
        )}
        {changes.length === 0 && <p className="dim">{t("tables:nothingLeft")}</p>}
        <ul className={styles.changes}>
          {changes.map((change, place) => {
            const step = steps[place] ?? { state: "todo" };
            return (
              <li key={named(change)} data-state={step.state}>
                <Mark step={step} />
                <div className={styles.consequence}>
                  <Consequence
                    change={change}
                    collection={collection}
                    count={counts[places.indexOf(place)]?.data}
                  />
                  {step.state === "failed" && (
                    <Problem error={conflict ? t("tables:conflict") : step.error} />
                  )}
                </div>
              </li>
            );
          })}
        </ul>
        {(run.isPending || done > 0) && (
          <div role="status">
            <Progress value={(100 * done) / changes.length} aria-label={t("tables:apply")} />
            <span className="hint">{t("tables:doneOf", { done, count: changes.length })}</span>
          </div>
        )}
        {dropped.length > 0 && (
          <TextInput
            label={t("tables:typeName", { name: collection.name })}
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        )}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" disabled={run.isPending} onClick={onClose}>
            {t(changes.length > 0 ? "cancel" : "close")}
          </Button>
          {conflict ? (
            <Button onClick={() => void onReload()}>{t("tables:reload")}</Button>
          ) : (
            changes.length > 0 && (
              <Button
                loading={run.isPending}
                color={dropped.length > 0 ? "red" : undefined}
                disabled={dropped.length > 0 && typed !== collection.name}
                onClick={() => run.mutate(undefined, { onSuccess: (all) => all && onClose() })}
              >
                {t(done > 0 ? "tables:goOn" : "tables:apply")}
              </Button>
            )
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

/** Where a change is: a sign, and a word for those who do not see it. */
function Mark({ step: { state } }: { step: Step }) {
  const { t } = useTranslation();
  return (
    <span className={styles.mark} role="img" aria-label={t(`tables:step.${state}`)}>
      {state === "running" && <Loader size={14} />}
      {state === "done" && <Check size={16} />}
      {state === "failed" && <X size={16} />}
      {state === "todo" && <Circle size={14} />}
    </span>
  );
}
