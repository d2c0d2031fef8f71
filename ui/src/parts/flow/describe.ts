/** What a node is, in words, for the canvas. */
import type { TFunction } from "i18next";
import type { Collection } from "../../api";
import { local } from "../../i18n";
import { type Types, titleOf, type Workflow } from "../../queries";
import { asObject, asText, collectionName } from "../form/types";
import { type Described, ERROR_BRANCH, type FlowNode, type Kind, type Step } from "./tree";

const KINDS: Record<string, Kind> = {
  data: "data",
  logic: "logic",
  people: "human",
  call: "out",
  caller: "human",
};

export function describer(types: Types, collections: Collection[], t: TFunction) {
  const named = (given: unknown) => {
    const name = collectionName(given);
    return { name, found: collections.find((each) => each.name === name) };
  };
  return (node: FlowNode): Described => {
    const type = types.nodes.find((each) => each.type === node.type);
    const collection = named(node.config.collection);
    const problem =
      collection.name && !collection.found
        ? t("workflows:noTable", { name: collection.name })
        : type
          ? undefined
          : t("workflows:noType", { name: node.type });
    return {
      kind: KINDS[type?.group ?? ""] ?? "logic",
      icon: type?.icon ?? "box",
      type: type ? local(type.title) : node.type,
      detail: detail(node, collection.found ? titleOf(collection.found) : "", t),
      problem,
      attempts: attemptsOf(node) > 1 ? attemptsOf(node) : undefined,
      branches: [...branches(node, t), ...errorBranch(node, t)],
      unused: (index) =>
        t("workflows:unusedBranch", {
          branch: index === ERROR_BRANCH ? t("workflows:onError") : index,
        }),
    };
  };
}

function detail(node: FlowNode, collection: string, t: TFunction): string | undefined {
  const { config } = node;
  const params = asObject(config.params);
  const values = Object.entries(asObject(params.values))
    .map(([name, value]) => `${name} = ${asText(value)}`)
    .join(", ");
  switch (node.type) {
    case "condition":
      return config.engine === "cel" ? asText(config.expression) : comparisons(config.calculation);
    case "request":
      return `${asText(config.method || "POST")} ${asText(config.url)}`;
    case "calculation":
      return asText(config.expression) || undefined;
    case "response-message":
      return asText(config.message) || undefined;
    case "output":
    case "variable":
      return asText(config.value) || undefined;
    case "manual": {
      const count = Array.isArray(config.assignees) ? config.assignees.length : 0;
      return asText(config.title) || t("workflows:asks", { count });
    }
    case "multi-conditions":
      return undefined;
    default:
      return [collection, values].filter(Boolean).join(" · ") || undefined;
  }
}

const SIGNS: Record<string, string> = {
  equal: "=",
  notEqual: "≠",
  gt: ">",
  gte: "≥",
  lt: "<",
  lte: "≤",
};

function comparisons(calculation: unknown): string | undefined {
  const group = asObject(asObject(calculation).group);
  if (!Array.isArray(group.calculations)) return undefined;
  const bare = (value: unknown) => asText(value).replace(/\{\{\s*\$?|\s*\}\}/g, "");
  return group.calculations
    .map((each) => {
      const { calculator, operands } = asObject(each);
      const [left, right] = Array.isArray(operands) ? operands : [];
      return `${bare(left)} ${SIGNS[asText(calculator)] ?? asText(calculator)} ${bare(right)}`;
    })
    .join(group.type === "or" ? " | " : " & ");
}

/** How often a node is tried before it has failed. */
export const attemptsOf = (node: FlowNode): number =>
  Number(asObject(node.config.onFailure).attempts) || 1;

const errorBranch = (node: FlowNode, t: TFunction) =>
  asObject(node.config.onFailure).then === "branch"
    ? [{ index: ERROR_BRANCH, label: t("workflows:onError") }]
    : [];

function branches(node: FlowNode, t: TFunction) {
  if (node.type === "condition")
    return node.config.rejectOnFalse === true
      ? []
      : [
          { index: 1, label: t("workflows:yes") },
          { index: 0, label: t("workflows:no") },
        ];
  if (node.type === "manual")
    return node.config.endOnReject === false
      ? [
          { index: 1, label: t("workflows:approved") },
          { index: 0, label: t("workflows:rejected") },
        ]
      : [];
  if (node.type === "multi-conditions") {
    const cases = Array.isArray(node.config.conditions) ? node.config.conditions : [];
    return [
      ...cases.map((each, n) => ({
        index: n + 1,
        label: asText(asObject(each).title) || t("workflows:case", { number: n + 1 }),
      })),
      { index: 0, label: t("workflows:otherwise") },
    ];
  }
  return [];
}

/** The words for what starts a workflow. */
export function startOf(workflow: Workflow) {
  if (workflow.type === "collection") return "workflows:whenChanged";
  return workflow.config.global === true ? "workflows:whenAny" : "workflows:whenNamed";
}

/** The trigger as the first step. */
export function triggerStep(
  workflow: Workflow,
  types: Types,
  collections: Collection[],
  t: TFunction,
): Step {
  const type = types.triggers.find((each) => each.type === workflow.type);
  const name = collectionName(workflow.config.collection);
  const found = collections.find((each) => each.name === name);
  const everywhere = workflow.config.global === true;
  const table = found ? titleOf(found) : name;
  return {
    key: "trigger",
    id: null,
    kind: "trigger",
    icon: "zap",
    type: type ? local(type.title) : workflow.type,
    title: t(startOf(workflow), { table }),
    detail: everywhere ? `${name} · ${asText(workflow.config.actions)}` : name,
    problem: found
      ? undefined
      : name
        ? t("workflows:noTable", { name })
        : t("workflows:chooseTable"),
  };
}
