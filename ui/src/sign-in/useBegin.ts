import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { session } from "../api";

/** Begins a session with its token, and leads to where one wanted to go. */
export function useBegin(): (token: string) => void {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return (token) => {
    session.token = token;
    queries.clear();
    const next = new URLSearchParams(window.location.search).get("next");
    void navigate({ to: next?.startsWith("/") && !next.startsWith("//") ? next : "/" });
  };
}
