import { Menu, UnstyledButton } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Pill } from "../parts/Pill";
import { Since } from "../parts/Since";
import type { Workflow } from "../queries";
import { numberOf } from "./workflow";

interface Props {
  versions: Workflow[];
  shown: Workflow;
  onShow: (id: number) => void;
  /** Makes a copy of the shown version that can be changed. */
  onRevise: () => void;
  onCompare: () => void;
}

/** The versions of a workflow: which one is shown, which one runs, and how to go on from one. */
export function VersionMenu({ versions, shown, onShow, onRevise, onCompare }: Props) {
  const { t } = useTranslation();
  const newest = versions[0]?.id === shown.id;
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <UnstyledButton className="mono">
          v{numberOf(versions, shown)} <ChevronDown size={12} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {versions.map((each) => (
          <Menu.Item
            key={each.id}
            onClick={() => onShow(each.id)}
            rightSection={
              each.enabled ? (
                <Pill tone="ok">{t("workflows:on")}</Pill>
              ) : each.executedAt ? null : (
                <Pill tone="warn">{t("workflows:draft")}</Pill>
              )
            }
          >
            v{numberOf(versions, each)}{" "}
            <span className="hint">
              <Since at={each.createdAt} />
            </span>
          </Menu.Item>
        ))}
        <Menu.Divider />
        {versions.length > 1 && <Menu.Item onClick={onCompare}>{t("workflows:compare")}</Menu.Item>}
        <Menu.Item onClick={onRevise}>
          {newest
            ? t("workflows:revise")
            : t("workflows:restore", { version: numberOf(versions, shown) })}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
