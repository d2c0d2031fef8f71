/** The widgets by the names that the server gives them. */
import type { ComponentType } from "react";
import { Choice } from "./Choice";
import { Choices } from "./Choices";
import { AssociationChoice, AssociationChoices, CollectionChoice, FieldChoice } from "./Columns";
import { ConditionWidget } from "./ConditionEditor";
import { FilterEditor } from "./FilterEditor";
import { NumberField } from "./NumberField";
import { Part, PartList } from "./Part";
import { SwitchField } from "./SwitchField";
import { Expression, PlainText, Template, TemplateText } from "./Text";
import type { WidgetProps } from "./types";
import { ValuesEditor } from "./ValuesEditor";
import { VariableChoice } from "./VariableChoice";

export const WIDGETS: Record<string, ComponentType<WidgetProps>> = {
  actions: Choices,
  appends: AssociationChoices,
  association: AssociationChoice,
  cases: PartList,
  collection: CollectionChoice,
  conditions: ConditionWidget,
  direction: Choice,
  "end-status": Choice,
  expression: Expression,
  field: FieldChoice,
  filter: FilterEditor,
  "multi-select": Choices,
  number: NumberField,
  object: Part,
  pairs: PartList,
  select: Choice,
  sort: PartList,
  statuses: Choices,
  switch: SwitchField,
  template: Template,
  "template-text": TemplateText,
  text: PlainText,
  values: ValuesEditor,
  variable: VariableChoice,
};
