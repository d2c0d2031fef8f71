import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Rows } from "../parts/form/Rows";

export interface Choice {
  value: string | number;
  label: string;
}

interface Props {
  choices: Choice[];
  onChange: (choices: Choice[]) => void;
}

/** What a field's values are chosen from: what is stored, and what people read. */
export function Choices({ choices, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <Rows
      label={t("tables:choices")}
      items={choices}
      onChange={onChange}
      empty={() => ({ value: "", label: "" })}
      addLabel={t("tables:addChoice")}
    >
      {(choice, change) => {
        const twice = choices.filter((each) => String(each.value) === String(choice.value));
        return (
          <>
            <TextInput
              aria-label={t("tables:choice.value")}
              placeholder={t("tables:choice.value")}
              classNames={{ input: "mono" }}
              required
              error={choice.value !== "" && twice.length > 1 ? t("tables:choiceTwice") : undefined}
              value={String(choice.value)}
              onChange={(event) => change({ ...choice, value: event.currentTarget.value })}
            />
            <TextInput
              aria-label={t("tables:choice.label")}
              placeholder={String(choice.value) || t("tables:choice.label")}
              value={choice.label}
              onChange={(event) => change({ ...choice, label: event.currentTarget.value })}
            />
          </>
        );
      }}
    </Rows>
  );
}

/** The choices as they are kept: without empty rows, each with a label. */
export const keptChoices = (choices: Choice[]): Choice[] =>
  choices
    .filter((each) => String(each.value).trim() !== "")
    .map((each) => ({ ...each, label: each.label || String(each.value) }));

export const areDistinct = (choices: Choice[]) =>
  new Set(choices.map((each) => String(each.value))).size === choices.length;
