import { Folded } from "./Folded";
import { applies, errorsWithin, isDefault, sectionsOf } from "./fields";
import { JsonWidget } from "./JsonField";
import { type Config, collectionName, type FormContext, type TypeField } from "./types";
import { WIDGETS } from "./widgets";

interface Props {
  fields: TypeField[];
  value: Config;
  onChange: (value: Config) => void;
  context: FormContext;
}

/** A form made of what the server says of a type: a new type needs no change here. */
export function SchemaForm({ fields, value, onChange, context }: Props) {
  const named = value.collection ?? value.associatedCollection;
  const collection =
    typeof named === "string" && named
      ? context.collections.find((each) => each.name === collectionName(named))
      : context.collection;
  const widget = (field: TypeField) => {
    const Widget = WIDGETS[field.widget] ?? JsonWidget;
    return (
      <Widget
        key={field.name}
        field={field}
        value={value[field.name] ?? field.default}
        onChange={(changed) => onChange({ ...value, [field.name]: changed })}
        context={{ ...context, collection, errors: errorsWithin(context.errors, field.name) }}
        error={context.errors?.[field.name]}
      />
    );
  };
  const { plain, folded } = sectionsOf(fields.filter((field) => applies(field, fields, value)));
  return (
    <>
      {plain.map(widget)}
      {folded.map((section) => (
        <Folded
          key={section[0]?.section}
          title={section[0]?.title}
          open={section.some((field) => !isDefault(field, value[field.name]))}
        >
          {section.map(widget)}
        </Folded>
      ))}
    </>
  );
}
