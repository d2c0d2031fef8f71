import { Link } from "@tanstack/react-router";
import type { Collection, Row } from "../api";
import { keyName, titleOfRecord } from "./fields";

/** A record by its title, which leads to its page where it has one. */
export function RecordLink({ target, row }: { target: Collection | undefined; row: Row }) {
  const name = titleOfRecord(target, row);
  if (!target) return name;
  const key = encodeURIComponent(String(row[keyName(target)]));
  return <Link to={`/data/${target.name}/${key}` as string}>{name}</Link>;
}
