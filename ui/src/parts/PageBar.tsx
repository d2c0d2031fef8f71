import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import styles from "./PageBar.module.css";

interface Props {
  /** Where the page belongs: shown before the title. */
  crumb?: { label: string; to: string };
  title: ReactNode;
  /** Pills and keys right after the title. */
  status?: ReactNode;
  /** Switches, secondary buttons, then the one primary button. */
  children?: ReactNode;
}

/** A page's first line. */
export function PageBar({ crumb, title, status, children }: Props) {
  return (
    <header className={styles.bar}>
      {crumb && (
        <>
          <Link to={crumb.to} className={styles.crumb}>
            {crumb.label}
          </Link>
          <span className={styles.slash}>/</span>
        </>
      )}
      <h1 className={styles.title}>{title}</h1>
      {status}
      <span className="grow" />
      {children}
    </header>
  );
}
