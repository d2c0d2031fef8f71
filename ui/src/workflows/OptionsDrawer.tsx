import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Collection } from "../api";
import { Drawer } from "../parts/Drawer";
import { refused } from "../parts/form/refused";
import { SchemaForm } from "../parts/form/SchemaForm";
import { type Config, collectionName, type TypeField } from "../parts/form/types";
import { Problem } from "../parts/Problem";
import { SaveFooter } from "../parts/SaveFooter";
import { titleOf, type Workflow } from "../queries";

interface Props {
  workflow: Workflow;
  /** The form of options, as the server describes it. */
  fields: TypeField[];
  collections: Collection[];
  error: unknown;
  busy: boolean;
  /** What the form does not know is handed back as it was. */
  onSave: (options: Config) => void;
  onClose: () => void;
}

/** What holds for the workflow as a whole: limits, flow control, how long executions are kept. */
export function OptionsDrawer(props: Props) {
  const { workflow, fields, collections, error, busy, onSave, onClose } = props;
  const { t } = useTranslation();
  const [options, setOptions] = useState<Config>(workflow.options);
  const table = collections.find(
    (each) => each.name === collectionName(workflow.config.collection),
  );
  // Who waits for the answer of a sync workflow cannot be made to wait in a queue.
  const asked = fields.filter((each) => !(workflow.sync && each.name === "flow"));
  const { errors, rest } = refused(error, "options", asked, options);
  return (
    <Drawer
      label={t("workflows:options")}
      title={t("workflows:options")}
      error={error}
      onClose={onClose}
      footer={<SaveFooter busy={busy} onCancel={onClose} onSave={() => onSave(options)} />}
    >
      <p className="hint" style={{ margin: 0 }}>
        {t("workflows:optionsHint")}
      </p>
      <SchemaForm
        fields={asked}
        value={options}
        onChange={setOptions}
        context={{
          collections,
          variables: (table?.fields ?? [])
            .filter((each) => !each.hidden && !each.target)
            .map((each) => ({
              group: t("workflows:fromTrigger"),
              label: titleOf(each),
              path: `data.${each.name}`,
            })),
          nodes: [],
          errors,
          headings: true,
        }}
      />
      {workflow.sync && <p className="hint">{t("workflows:syncHasNoFlow")}</p>}
      <Problem error={rest} />
    </Drawer>
  );
}
