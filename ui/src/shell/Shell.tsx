import { Burger } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { session } from "../api";
import { Palette } from "./Palette";
import { RoleBand } from "./RoleBand";
import styles from "./Shell.module.css";
import { Shortcuts } from "./Shortcuts";
import { Sidebar } from "./Sidebar";

/** The sidebar, and beside it the one panel that is the page. */
export function Shell() {
  const { t } = useTranslation();
  const [open, { toggle, close }] = useDisclosure(false);
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.href });

  useEffect(() => {
    const leave = () => void navigate({ to: "/sign-in", search: { next: path } as never });
    window.addEventListener("ensuite:signed-out", leave);
    return () => window.removeEventListener("ensuite:signed-out", leave);
  }, [navigate, path]);

  return (
    <div className={styles.shell}>
      <div className={styles.top}>
        <Burger size="sm" opened={open} onClick={toggle} aria-label={t("menu")} />
        <strong>Ensuite</strong>
      </div>
      <nav className={styles.side} data-open={open || undefined} aria-label={t("navigation")}>
        <Sidebar onLeave={close} />
      </nav>
      <div className={styles.content}>
        {session.role && <RoleBand role={session.role} />}
        <main className={styles.panel}>
          <Outlet />
        </main>
      </div>
      <Palette />
      <Shortcuts />
    </div>
  );
}
