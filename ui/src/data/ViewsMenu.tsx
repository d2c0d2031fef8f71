import { ActionIcon, Button, Popover, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Bookmark, Save, Star, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { Problem } from "../parts/Problem";
import type { View } from "./useView";
import { useViews } from "./views";

/** Ways to look at the table that were given a name. */
export function ViewsMenu({
  table,
  view,
  change,
}: {
  table: string;
  view: View;
  change: (change: Partial<View>) => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState("");
  const { q, filter, sort, size, hide, pin, widths } = view;
  const { data = [] } = useViews(table);
  const sent = useMutation({
    mutationFn: ({ path, body }: { path: string; body: unknown }) => call(path, { body }),
    onSuccess: () => {
      setName("");
      return queries.invalidateQueries({ queryKey: ["views", table] });
    },
  });
  const config = { q, filter, sort, size, hide, pin, widths };
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-start"
      width={260}
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<Bookmark size={14} />}
          onClick={() => setOpened(!opened)}
        >
          {t("data:views")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={4}>
        {data.map((each) => (
          <div key={each.id} style={{ display: "flex", alignItems: "center" }}>
            <Button
              variant="subtle"
              color="gray"
              className="grow"
              justify="start"
              onClick={() => {
                setOpened(false);
                change({
                  ...Object.fromEntries(Object.keys(config).map((key) => [key, undefined])),
                  ...each.config,
                  view: each.id,
                  page: undefined,
                });
              }}
            >
              {each.name}
            </Button>
            <ActionIcon
              aria-label={t("data:defaultView", { name: each.name })}
              aria-pressed={each.isDefault}
              onClick={() =>
                sent.mutate({
                  path: `views:update/${each.id}`,
                  body: { isDefault: !each.isDefault },
                })
              }
            >
              <Star size={14} fill={each.isDefault ? "currentColor" : "none"} />
            </ActionIcon>
            <ActionIcon
              aria-label={t("data:replaceView", { name: each.name })}
              onClick={() => sent.mutate({ path: `views:update/${each.id}`, body: { config } })}
            >
              <Save size={14} />
            </ActionIcon>
            <ActionIcon
              aria-label={t("data:deleteView", { name: each.name })}
              onClick={() => sent.mutate({ path: `views:destroy/${each.id}`, body: {} })}
            >
              <Trash2 size={14} />
            </ActionIcon>
          </div>
        ))}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            sent.mutate({ path: "views:create", body: { collection: table, name, config } });
          }}
        >
          <TextInput
            aria-label={t("data:saveView")}
            placeholder={t("data:saveView")}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            rightSection={
              <ActionIcon type="submit" aria-label={t("save")} disabled={!name.trim()}>
                <Save size={14} />
              </ActionIcon>
            }
          />
        </form>
        <Problem error={sent.error} />
      </Popover.Dropdown>
    </Popover>
  );
}
