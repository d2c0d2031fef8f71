import {
  AtSign,
  Binary,
  Box,
  Braces,
  Calendar,
  CalendarClock,
  CircleDot,
  Clock,
  DecimalsArrowRight,
  FingerprintPattern,
  Hash,
  KeyRound,
  Link2,
  List,
  ListChecks,
  type LucideIcon,
  Phone,
  SquareCheck,
  Table2,
  Text,
  Type,
  Waypoints,
} from "lucide-react";

const INTERFACES: Record<string, LucideIcon> = {
  email: AtSign,
  phone: Phone,
  url: Link2,
  select: CircleDot,
  radioGroup: CircleDot,
  multipleSelect: ListChecks,
  checkboxGroup: ListChecks,
};

const TYPES: Record<string, LucideIcon> = {
  string: Type,
  text: Text,
  integer: Hash,
  bigInt: Hash,
  double: DecimalsArrowRight,
  float: DecimalsArrowRight,
  decimal: DecimalsArrowRight,
  boolean: SquareCheck,
  date: CalendarClock,
  datetimeNoTz: CalendarClock,
  unixTimestamp: CalendarClock,
  dateOnly: Calendar,
  time: Clock,
  belongsTo: Table2,
  hasOne: Table2,
  hasMany: Table2,
  belongsToMany: Waypoints,
  belongsToArray: Waypoints,
  set: ListChecks,
  array: List,
  json: Braces,
  uuid: FingerprintPattern,
  nanoid: FingerprintPattern,
  uid: FingerprintPattern,
  snowflakeId: Binary,
  password: KeyRound,
};

/** The sign of a field's type; it says nothing that is not in words beside it. */
export function FieldIcon({
  field,
  size = 14,
}: {
  field: { type: string; interface?: string | null };
  size?: number;
}) {
  const Icon = INTERFACES[field.interface ?? ""] ?? TYPES[field.type] ?? Box;
  return <Icon size={size} strokeWidth={1.75} aria-hidden="true" />;
}
