import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { call, session } from "./api";

/** Ends the session, here also where the server cannot be reached, and leads to the sign-in. */
export function useSignOut({ everywhere = false } = {}): () => Promise<void> {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    try {
      await call(everywhere ? "auth:signOutEverywhere" : "auth:signOut", { body: {} });
    } finally {
      session.token = null;
      session.role = null;
      // What is still shown would ask again for what is cleared, without a token.
      await navigate({ to: "/sign-in" });
      queries.clear();
    }
  };
}
