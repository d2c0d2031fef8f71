import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Table2, Waypoints } from "lucide-react";
import { useTranslation } from "react-i18next";
import { type Collection, call, type Row } from "../api";
import { format } from "../i18n";
import { Pill } from "../parts/Pill";
import { Since } from "../parts/Since";
import { titleOf, type Workflow } from "../queries";
import styles from "./Tables.module.css";

interface Props {
  collection: Collection;
  /** The workflows that records of the table start. */
  workflows: Workflow[];
}

/** A table in the list of tables, with what is in it and what it starts. */
export function TableRow({ collection, workflows }: Props) {
  const { t } = useTranslation();
  const { name, fields } = collection;
  const dated = fields.some((each) => each.name === "updatedAt" && !each.hidden);
  const { data } = useQuery({
    queryKey: ["records", name, "latest"],
    retry: false,
    queryFn: async () => {
      const query = dated ? { sort: ["-updatedAt"], fields: ["updatedAt"] } : {};
      const { data: rows, meta } = await call<Row[]>(`${name}:list`, {
        query: { pageSize: 1, ...query },
      });
      return { count: meta?.count ?? 0, at: (rows[0]?.updatedAt as string | undefined) ?? null };
    },
  });
  const Icon = collection.isThrough ? Waypoints : Table2;
  return (
    <tr>
      <td>
        <span className={styles.titled}>
          <Icon size={14} strokeWidth={1.75} aria-hidden="true" />
          <Link to={"/tables/$name" as string} params={{ name } as never}>
            {titleOf(collection)}
          </Link>
          {collection.isThrough === true && <Pill>{t("tables:through")}</Pill>}
        </span>
      </td>
      <td className="mono">{name}</td>
      <td className="numeric">
        <Link to={"/data/$table" as string} params={{ table: name } as never}>
          {data ? format.number(data.count) : "…"}
        </Link>
      </td>
      <td className="numeric">{fields.length}</td>
      <td>
        <span className={styles.chips}>
          {workflows.slice(0, 3).map((each) => (
            <Link
              key={each.key}
              to={"/workflows/$key" as string}
              params={{ key: each.key } as never}
            >
              <Pill tone={each.enabled ? "ok" : "plain"}>{each.title || each.key}</Pill>
            </Link>
          ))}
          {workflows.length > 3 && <span className="dim">+{workflows.length - 3}</span>}
        </span>
      </td>
      <td className="dim">
        <Since at={data?.at} />
      </td>
    </tr>
  );
}
