import { ApiError } from "../../api";
import { placed } from "./fields";
import type { Config, TypeField } from "./types";

/** What a refusal says of a form: what stands beside its fields, and the rest, for its foot. */
export function refused(
  error: unknown,
  part: "config" | "options",
  fields: TypeField[],
  value: Config,
): { errors: Record<string, string>; rest: unknown } {
  if (!(error instanceof ApiError)) return { errors: {}, rest: error };
  const { errors, others } = placed(error.issues, part, fields, value);
  if (Object.keys(errors).length === 0) return { errors, rest: error };
  return { errors, rest: others.join(" ") || null };
}
