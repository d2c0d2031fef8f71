import { Checkbox, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { local } from "../i18n";
import type { Question } from "./task";

interface Props {
  question: Question;
  value: unknown;
  error?: string;
  onChange: (value: unknown) => void;
}

/** The control for one field of a form. */
export function QuestionField({ question, value, error, onChange }: Props) {
  const label = local(question.label) || question.name;
  const text = value === null || value === undefined ? "" : String(value);
  const same = { label, error, required: question.required, name: question.name };
  const typed = (event: { currentTarget: { value: string } }) =>
    onChange(event.currentTarget.value || null);
  switch (question.type) {
    case "number":
      return (
        <NumberInput
          {...same}
          hideControls
          value={text}
          onChange={(next) => onChange(next === "" ? null : Number(next))}
        />
      );
    case "boolean":
      return (
        <Checkbox
          {...same}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "date":
      return <TextInput {...same} type="date" value={text} onChange={typed} />;
    case "select":
      return (
        <Select
          {...same}
          clearable
          value={text || null}
          data={question.options}
          onChange={onChange}
        />
      );
    case "longText":
      return <Textarea {...same} autosize minRows={2} maxRows={12} value={text} onChange={typed} />;
    default:
      return <TextInput {...same} value={text} onChange={typed} />;
  }
}
