import type { ReactNode } from "react";

/** What stands where content would be: a sentence, and what to do about it. */
export function Empty({ children, action }: { children: ReactNode; action?: ReactNode }) {
  return (
    <div
      style={{
        padding: 16,
        display: "flex",
        flexDirection: "column",
        gap: 12,
        alignItems: "start",
      }}
    >
      <p className="dim" style={{ margin: 0 }}>
        {children}
      </p>
      {action}
    </div>
  );
}
