import { ActionIcon, Button, UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Redo2, Settings2, Undo2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { PageBar } from "../parts/PageBar";
import { Pill } from "../parts/Pill";
import type { Workflow } from "../queries";
import { KeyTitle } from "./KeyTitle";
import type { Editor } from "./useEditor";
import { VersionMenu } from "./VersionMenu";

interface Props {
  workflow: Workflow;
  versions: Workflow[];
  editor: Editor;
  busy: boolean;
  /** Whether nothing keeps it from being published. */
  ready: boolean;
  onEnable: (enabled: boolean) => void;
  onShow: (id: number) => void;
  onRevise: () => void;
  onCompare: () => void;
  onOptions: () => void;
  onTest: () => void;
}

/** The bar above the canvas: what it is, which version, and what can be done with the whole. */
export function EditorBar(props: Props) {
  const { t } = useTranslation();
  const { workflow, editor } = props;
  const state = t(workflow.enabled ? "workflows:on" : "workflows:off");
  const turn = t(workflow.enabled ? "workflows:turnOff" : "workflows:turnOn");
  return (
    <PageBar
      crumb={{ label: t("workflows"), to: "/workflows" }}
      title={<KeyTitle title={workflow.title || workflow.key} workflowKey={workflow.key} />}
      status={
        <>
          <UnstyledButton
            aria-label={`${state} · ${turn}`}
            onClick={() => props.onEnable(!workflow.enabled)}
          >
            <Pill tone={workflow.enabled ? "ok" : "plain"}>{state}</Pill>
          </UnstyledButton>
          <VersionMenu
            versions={props.versions}
            shown={workflow}
            onShow={props.onShow}
            onRevise={props.onRevise}
            onCompare={props.onCompare}
          />
        </>
      }
    >
      <ActionIcon
        aria-label={t("workflows:undo")}
        disabled={!editor.undo}
        onClick={() => void editor.undo?.()}
      >
        <Undo2 size={16} />
      </ActionIcon>
      <ActionIcon
        aria-label={t("workflows:redo")}
        disabled={!editor.redo}
        onClick={() => void editor.redo?.()}
      >
        <Redo2 size={16} />
      </ActionIcon>
      <ActionIcon aria-label={t("workflows:options")} onClick={props.onOptions}>
        <Settings2 size={16} />
      </ActionIcon>
      <Button
        variant="default"
        component={Link}
        to="/executions"
        search={{ workflow: workflow.key } as never}
      >
        {t("executions")}
      </Button>
      <Button variant="default" onClick={props.onTest}>
        {t("workflows:test")}
      </Button>
      <Button
        disabled={workflow.enabled || !props.ready}
        loading={props.busy}
        onClick={() => props.onEnable(true)}
      >
        {t(workflow.enabled ? "workflows:published" : "workflows:publish")}
      </Button>
    </PageBar>
  );
}
