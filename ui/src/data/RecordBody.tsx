import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Collection, Row } from "../api";
import { kindOf, shownFields } from "../parts/fields";
import { may, useAbilities } from "../queries";
import { Conflict } from "./Conflict";
import { RecordField } from "./RecordField";
import { Related } from "./Related";

/** The fields of a record and what it is linked to: looking at it is changing it. */
export function RecordBody({
  collection,
  row,
  id,
}: {
  collection: Collection;
  row: Row;
  id: string;
}) {
  const queries = useQueryClient();
  const editable = may(useAbilities().data, collection.name, "update");
  const [conflict, setConflict] = useState(false);
  // What was typed into a field is let go when the record is read again.
  const [reading, setReading] = useState(0);
  const fields = shownFields(collection);
  const reload = async () => {
    await queries.invalidateQueries({ queryKey: ["records", collection.name] });
    setConflict(false);
    setReading(reading + 1);
  };
  return (
    <>
      {conflict && (
        <Conflict collection={collection} id={id} seen={row} onReload={() => void reload()} />
      )}
      <div>
        {fields
          .filter((each) => kindOf(each) !== "many")
          .map((each) => (
            <RecordField
              key={`${each.name} ${reading}`}
              collection={collection}
              field={each}
              row={row}
              editable={editable}
              onConflict={() => setConflict(true)}
            />
          ))}
      </div>
      {fields
        .filter((each) => kindOf(each) === "many")
        .map((each) => (
          <Related
            key={each.name}
            collection={collection}
            field={each}
            id={id}
            editable={editable}
          />
        ))}
    </>
  );
}
