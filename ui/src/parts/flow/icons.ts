import {
  Box,
  Calculator,
  CirclePlus,
  CircleStop,
  Clock,
  Database,
  GitBranch,
  Globe,
  ListTree,
  type LucideIcon,
  MessageSquare,
  Pencil,
  Send,
  Sigma,
  SquareArrowOutUpRight,
  Trash2,
  Variable,
  Zap,
} from "lucide-react";

const icons: Record<string, LucideIcon> = {
  calculator: Calculator,
  "circle-stop": CircleStop,
  clock: Clock,
  database: Database,
  "git-branch": GitBranch,
  globe: Globe,
  "list-tree": ListTree,
  "message-square": MessageSquare,
  pencil: Pencil,
  plus: CirclePlus,
  "circle-plus": CirclePlus,
  sigma: Sigma,
  send: Send,
  "square-arrow-out-up-right": SquareArrowOutUpRight,
  "trash-2": Trash2,
  trash: Trash2,
  variable: Variable,
  zap: Zap,
};

/** The icon that the server names; a box for one that this page does not have. */
export const iconOf = (name: string): LucideIcon => icons[name] ?? Box;
