/** The widgets by the names that the server gives them. */
import type { ComponentType } from "react";
import { Choice } from "./Choice";
import { Choices } from "./Choices";
import {
  AssociationChoice,
  AssociationChoices,
  CollectionChoice,
  FieldChoice,
  FieldChoices,
} from "./Columns";
import { ConditionWidget } from "./ConditionEditor";
import { DurationField } from "./DurationField";
import { FilterEditor } from "./FilterEditor";
import { LabelsField } from "./LabelsField";
import { NumberField } from "./NumberField";
import { OptionsField } from "./OptionsField";
import { Part, PartList } from "./Part";
import { RecordEvents } from "./RecordEvents";
import { SwitchField } from "./SwitchField";
import { Expression, PlainText, Template, TemplateText } from "./Text";
import type { WidgetProps } from "./types";
import { UsersField } from "./UsersField";
import { ValuesEditor } from "./ValuesEditor";
import { VariableChoice } from "./VariableChoice";

export const WIDGETS: Record<string, ComponentType<WidgetProps>> = {
  actions: Choices,
  answers: PartList,
  appends: AssociationChoices,
  association: AssociationChoice,
  cases: PartList,
  collection: CollectionChoice,
  conditions: ConditionWidget,
  direction: Choice,
  duration: DurationField,
  "end-status": Choice,
  expression: Expression,
  field: FieldChoice,
  fields: FieldChoices,
  filter: FilterEditor,
  labels: LabelsField,
  "multi-select": Choices,
  number: NumberField,
  object: Part,
  options: OptionsField,
  pairs: PartList,
  questions: PartList,
  "record-events": RecordEvents,
  select: Choice,
  sort: PartList,
  statuses: Choices,
  switch: SwitchField,
  template: Template,
  "template-text": TemplateText,
  text: PlainText,
  users: UsersField,
  values: ValuesEditor,
  variable: VariableChoice,
};
