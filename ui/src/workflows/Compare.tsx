import { Modal, Select, Skeleton, Stack } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { local } from "../i18n";
import { asText } from "../parts/form/types";
import { Pill, type Tone } from "../parts/Pill";
import { useTypes, useVersion, type Workflow } from "../queries";
import styles from "./Compare.module.css";
import { type Difference, differences } from "./differences";
import { numberOf } from "./workflow";

interface Props {
  versions: Workflow[];
  shown: Workflow;
  onClose: () => void;
}

const TONES: Record<Difference["kind"], Tone> = {
  added: "ok",
  removed: "bad",
  changed: "warn",
  moved: "plain",
};

/** What differs between another version and the one that is shown. */
export function Compare({ versions, shown, onClose }: Props) {
  const { t } = useTranslation();
  const { data: types } = useTypes();
  const others = versions.filter((each) => each.id !== shown.id);
  const [other, setOther] = useState<string | null>(() => {
    const older = others.find((each) => each.id < shown.id) ?? others[0];
    return older ? String(older.id) : null;
  });
  const { data } = useVersion(Number(other) || undefined);
  const found = data && differences(data.workflow, shown);
  const nameOf = (each: Difference) => {
    if (each.key === "trigger") return t("workflows:trigger");
    const type = types?.nodes.find(({ type }) => type === each.type);
    return each.title || (type ? local(type.title) : each.type);
  };
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={t("workflows:compareTitle", { version: numberOf(versions, shown) })}
    >
      <Stack gap={14}>
        <Select
          label={t("workflows:compareWith")}
          value={other}
          onChange={setOther}
          data={others.map((each) => ({
            value: String(each.id),
            label: `v${numberOf(versions, each)}`,
          }))}
        />
        {!found && <Skeleton height={80} />}
        {found?.length === 0 && <span className="dim">{t("workflows:noDifference")}</span>}
        <ul className={styles.list}>
          {found?.map((each) => (
            <li key={`${each.kind} ${each.key}`}>
              <Pill tone={TONES[each.kind]}>{t(`workflows:difference.${each.kind}`)}</Pill>{" "}
              <b>{nameOf(each)}</b>
              {each.parts.map((part) => (
                <div key={part.path} className={styles.part}>
                  <span className={styles.path}>{part.path}</span>
                  {part.from !== undefined && <del>{asText(part.from)}</del>}
                  {part.to !== undefined && <ins>{asText(part.to)}</ins>}
                </div>
              ))}
            </li>
          ))}
        </ul>
      </Stack>
    </Modal>
  );
}
