import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { call, session } from "./api";

/** Ends the session, here also where the server cannot be reached, and leads to the sign-in. */
export function useSignOut(): () => Promise<void> {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    try {
      await call("auth:signOut", { body: {} });
    } finally {
      session.token = null;
      session.role = null;
      queries.clear();
      void navigate({ to: "/sign-in" });
    }
  };
}
