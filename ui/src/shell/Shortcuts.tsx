import { Kbd, Modal } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Shortcuts.module.css";

/** After `G`: where the next letter leads. */
const PLACES: Record<string, { to: string; label: string }> = {
  i: { to: "/inbox", label: "inbox" },
  t: { to: "/tables", label: "tables" },
  w: { to: "/workflows", label: "workflows" },
  e: { to: "/executions", label: "executions" },
  u: { to: "/users", label: "users" },
  r: { to: "/roles", label: "roles" },
  k: { to: "/api-keys", label: "apiKeys" },
};
const SEQUENCE_MILLISECONDS = 1_200;

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** The keys that work on every page, and the list of them under `?`. */
export function Shortcuts() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const pressedG = useRef(0);

  useEffect(() => {
    function pressed(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const key = event.key.toLowerCase();
      const place = PLACES[key];
      if (place && event.timeStamp - pressedG.current < SEQUENCE_MILLISECONDS) {
        pressedG.current = 0;
        void navigate({ to: place.to });
      } else if (key === "g") pressedG.current = event.timeStamp;
      else if (key === "?") setOpen(true);
      else if (key === "/") {
        const field = document.querySelector<HTMLInputElement>("main header input");
        if (!field) return;
        event.preventDefault();
        field.focus();
      }
    }
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [navigate]);

  return (
    <Modal opened={open} onClose={() => setOpen(false)} title={t("shortcuts")}>
      <dl className={styles.list}>
        <dt>
          <Kbd>Ctrl K</Kbd>
        </dt>
        <dd>{t("searchEverything")}</dd>
        <dt>
          <Kbd>/</Kbd>
        </dt>
        <dd>{t("searchHere")}</dd>
        {Object.entries(PLACES).map(([key, { label }]) => (
          <div key={key} className={styles.pair}>
            <dt>
              <Kbd>G</Kbd> <Kbd>{key.toUpperCase()}</Kbd>
            </dt>
            <dd>{t(label)}</dd>
          </div>
        ))}
        <dt>
          <Kbd>?</Kbd>
        </dt>
        <dd>{t("shortcuts")}</dd>
      </dl>
    </Modal>
  );
}
