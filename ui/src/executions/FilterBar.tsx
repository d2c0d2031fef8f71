import { Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import { titleOf, useCollections, useWorkflows } from "../queries";
import { type Asked, states, times } from "./filters";
import styles from "./List.module.css";
import { UserSelect } from "./UserSelect";

interface Props {
  asked: Asked;
  onAsk: (change: Asked) => void;
}

const TYPING_MILLISECONDS = 300;

/** Which executions are shown; all of it is in the URL. */
export function FilterBar({ asked, onAsk }: Props) {
  const { t } = useTranslation();
  const { data: workflows = [] } = useWorkflows();
  const { data: collections = [] } = useCollections();
  const findRecord = useDebouncedCallback(
    (record: string) => onAsk({ record: record.trim() || undefined }),
    TYPING_MILLISECONDS,
  );
  const choices = [
    {
      name: "state" as const,
      label: t("executions:state"),
      data: states.map((each) => ({ value: each, label: t(`executions:which.${each}`) })),
    },
    {
      name: "workflow" as const,
      label: t("executions:workflow"),
      data: workflows.map((each) => ({ value: each.key, label: each.title || each.key })),
    },
    {
      name: "table" as const,
      label: t("executions:table"),
      data: collections.map((each) => ({ value: each.name, label: titleOf(each) })),
    },
  ];
  return (
    <search className={styles.bar} aria-label={t("executions:filters")}>
      {choices.map(({ name, label, data }) => (
        <Select
          key={name}
          aria-label={label}
          placeholder={label}
          clearable
          searchable={name !== "state"}
          value={asked[name] ?? null}
          data={data}
          onChange={(next) =>
            onAsk({
              [name]: next ?? undefined,
              ...(name === "table" ? { record: undefined } : {}),
            })
          }
        />
      ))}
      {asked.table && (
        <TextInput
          key={asked.table}
          aria-label={t("executions:recordKey")}
          placeholder={t("executions:recordKey")}
          defaultValue={asked.record ?? ""}
          onChange={(event) => findRecord(event.currentTarget.value)}
        />
      )}
      <UserSelect value={asked.user} onChange={(user) => onAsk({ user })} />
      <Select
        aria-label={t("executions:time")}
        placeholder={t("executions:time")}
        clearable
        value={asked.time ?? null}
        data={times.map((each) => ({ value: each, label: t(`executions:time.${each}`) }))}
        onChange={(time) => onAsk({ time: time ?? undefined })}
      />
    </search>
  );
}
