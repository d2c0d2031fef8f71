import { Menu } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Step } from "../parts/flow/tree";
import { MenuPlace } from "../parts/MenuPlace";

interface Props {
  at: { x: number; y: number };
  step: Step;
  onCopy: () => void;
  onCut: () => void;
  onDelete: (keepBranch?: number) => void;
  onClose: () => void;
}

/** What can be done with a step; deleting one with branches asks which branch takes its place. */
export function NodeMenu({ at, step, onCopy, onCut, onDelete, onClose }: Props) {
  const { t } = useTranslation();
  const filled = (step.branches ?? []).filter((each) => each.steps.length > 0);
  return (
    <Menu opened onChange={(open) => !open && onClose()} position="bottom-start">
      <MenuPlace at={at} />
      <Menu.Dropdown>
        <Menu.Item onClick={onCopy}>{t("workflows:copyStep")}</Menu.Item>
        <Menu.Item onClick={onCut}>{t("workflows:cutStep")}</Menu.Item>
        <Menu.Divider />
        <Menu.Item color="red" onClick={() => onDelete()}>
          {t(filled.length > 0 ? "workflows:deleteWithBranches" : "workflows:deleteStep")}
        </Menu.Item>
        {filled.map((each) => (
          <Menu.Item key={each.index} color="red" onClick={() => onDelete(each.index)}>
            {t("workflows:deleteKeeping", { branch: each.label })}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
