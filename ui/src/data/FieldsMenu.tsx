import { Button, Menu } from "@mantine/core";
import { Columns3 } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Field } from "../api";
import { titleOf } from "../queries";

interface Props {
  columns: Field[];
  hidden: string[];
  onChange: (hidden: string[]) => void;
}

/** Which columns the grid has. */
export function FieldsMenu({ columns, hidden, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button variant="default" leftSection={<Columns3 size={14} />}>
          {t("data:fields")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown mah={400} style={{ overflow: "auto" }}>
        {columns.map((each) => {
          const off = hidden.includes(each.name);
          return (
            <Menu.CheckboxItem
              key={each.name}
              checked={!off}
              onChange={() =>
                onChange(off ? hidden.filter((name) => name !== each.name) : [...hidden, each.name])
              }
            >
              {titleOf(each)}
            </Menu.CheckboxItem>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}
