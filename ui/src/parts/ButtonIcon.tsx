import {
  Archive,
  Bell,
  Calculator,
  Check,
  Clock,
  Copy,
  Globe,
  type LucideIcon,
  Mail,
  MessageSquare,
  Pencil,
  RefreshCw,
  Send,
  Trash2,
  X,
  Zap,
} from "lucide-react";

const ICONS: Record<string, LucideIcon> = {
  zap: Zap,
  send: Send,
  mail: Mail,
  "message-square": MessageSquare,
  bell: Bell,
  check: Check,
  x: X,
  pencil: Pencil,
  copy: Copy,
  archive: Archive,
  "refresh-cw": RefreshCw,
  clock: Clock,
  calculator: Calculator,
  globe: Globe,
  "trash-2": Trash2,
};

/** The names of the icons that a button can have; the first is that of a button without one. */
export const BUTTON_ICONS = Object.keys(ICONS);

/** The sign on a button that starts workflows. */
export function ButtonIcon({
  name,
  size = 14,
}: {
  name: string | null | undefined;
  size?: number;
}) {
  const Icon = ICONS[name ?? ""] ?? Zap;
  return <Icon size={size} aria-hidden="true" />;
}
