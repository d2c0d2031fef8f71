import type { ComponentType } from "react";
import { DurationField } from "./DurationField";
import { LabelsField } from "./LabelsField";
import { OptionsField } from "./OptionsField";
import type { WidgetProps } from "./types";
import { UsersField } from "./UsersField";

/** Widgets with a file of their own, by the name that the server gives them. */
export const widgets: Record<string, ComponentType<WidgetProps>> = {
  duration: DurationField,
  labels: LabelsField,
  options: OptionsField,
  users: UsersField,
};
