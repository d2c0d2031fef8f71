/** Workflows as the API shows them, and what the editor asks of it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, call, type Query } from "../api";
import type { Workflow } from "../queries";

/** All versions of a workflow, the newest first. */
export const useVersions = (key: string) =>
  useQuery({
    queryKey: ["workflows", "versions", key],
    queryFn: async () =>
      (
        await call<Workflow[]>("workflows:list", {
          query: { filter: { key }, sort: ["-id"], pageSize: 100, except: ["config"] },
        })
      ).data,
  });

/** Versions are counted from the oldest; the list has the newest first. */
export const numberOf = (versions: Workflow[], version: Workflow) =>
  versions.length - versions.findIndex((each) => each.id === version.id);

export interface Change {
  path: string;
  body?: unknown;
  query?: Query;
}

/** Makes a change to a version, and reads it again; a conflict is an error like any other. */
export function useChange(id: number | undefined, etag: string | null | undefined) {
  const queries = useQueryClient();
  return useMutation<unknown, ApiError, Change>({
    mutationFn: async ({ path, body, query }) =>
      (await call(path, { body: body ?? {}, query, match: etag })).data,
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["workflows", "version", id] }),
        queries.invalidateQueries({ queryKey: ["workflows"] }),
      ]),
  });
}

export const isConflict = (error: unknown) => error instanceof ApiError && error.status === 412;

/** What is copied to be pasted elsewhere, also in another workflow. */
export interface Copied {
  type: string;
  title: string | null;
  config: Record<string, unknown>;
}

const CLIPBOARD = "ensuite.copied-step";

export const clipboard = {
  get(): Copied | null {
    try {
      return JSON.parse(localStorage.getItem(CLIPBOARD) ?? "null") as Copied | null;
    } catch {
      return null;
    }
  },
  put(step: Copied) {
    localStorage.setItem(CLIPBOARD, JSON.stringify(step));
  },
};
