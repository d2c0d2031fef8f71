import { Menu, UnstyledButton } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Pill } from "../parts/Pill";
import { Since } from "../parts/Since";
import type { Workflow } from "../queries";

interface Props {
  versions: Workflow[];
  shown: Workflow;
  onShow: (id: number) => void;
  /** Makes a copy of the shown version that can be changed. */
  onRevise: () => void;
}

/** The versions of a workflow: which one is shown, which one runs, and how to go on from one. */
export function VersionMenu({ versions, shown, onShow, onRevise }: Props) {
  const { t } = useTranslation();
  const number = (each: Workflow) => versions.length - versions.findIndex((v) => v.id === each.id);
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <UnstyledButton className="mono">
          v{number(shown)} <ChevronDown size={12} />
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
            v{number(each)}{" "}
            <span className="hint">
              <Since at={each.createdAt} />
            </span>
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={onRevise}>{t("workflows:revise")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
