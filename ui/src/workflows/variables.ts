/** What a step may name: the record that started the workflow, who acts, and earlier results. */
import type { TFunction } from "i18next";
import type { Collection } from "../api";
import { local } from "../i18n";
import type { FlowNode } from "../parts/flow/tree";
import { asObject, asText, collectionName, type VariableSource } from "../parts/form/types";
import type { Workflow } from "../queries";
import { titleOf } from "../queries";

/** The nodes that have run when `node` runs: those above it, up to the trigger. */
export function before(nodes: FlowNode[], upstreamId: number | null): FlowNode[] {
  const found: FlowNode[] = [];
  const byId = new Map(nodes.map((each) => [each.id, each]));
  for (let at = upstreamId; at !== null; ) {
    const node = byId.get(at);
    if (!node || found.includes(node)) break;
    found.push(node);
    at = node.upstreamId;
  }
  return found;
}

interface Sample {
  context?: unknown;
  jobs?: Record<string, unknown>;
}

const at = (value: unknown, name: string) => asObject(value)[name];

export function variables(
  workflow: Workflow,
  collections: Collection[],
  upstreamId: number | null,
  sample: Sample,
  t: TFunction,
): VariableSource[] {
  const fieldsOf = (name: unknown) =>
    collections.find((each) => each.name === collectionName(name))?.fields ?? [];
  const data = at(sample.context, "data");
  const sources: VariableSource[] = fieldsOf(workflow.config.collection)
    .filter((each) => !each.hidden && !each.target)
    .map((each) => ({
      group: t("workflows:fromTrigger"),
      label: titleOf(each),
      path: `$context.data.${each.name}`,
      sample: at(data, each.name),
    }));
  for (const name of ["id", "nickname", "email"])
    sources.push({
      group: t("workflows:fromUser"),
      label: t(`workflows:user.${name}`),
      path: `$context.user.${name}`,
      sample: at(at(sample.context, "user"), name),
    });
  sources.push({
    group: t("workflows:fromUser"),
    label: t("workflows:user.role"),
    path: "$context.roleName",
    sample: at(sample.context, "roleName"),
  });
  for (const node of before(workflow.nodes ?? [], upstreamId)) {
    const group = node.title || node.type;
    const path = `$jobsMapByNodeKey.${node.key}`;
    const result = sample.jobs?.[node.key];
    sources.push({ group, label: t("workflows:result"), path, sample: result });
    // What comes behind a failure may say what it was.
    if (["continue", "branch"].includes(String(at(node.config.onFailure, "then"))))
      sources.push({
        group,
        label: t("workflows:wentWrong"),
        path: `${path}.message`,
        sample: at(result, "message"),
      });
    if (node.type === "query" || node.type === "create")
      for (const field of fieldsOf(node.config.collection))
        if (!field.hidden && !field.target)
          sources.push({
            group,
            label: titleOf(field),
            path: `${path}.${field.name}`,
            sample: at(result, field.name),
          });
    if (node.type === "manual") sources.push(...answered(node, group, path, t));
  }
  sources.push({
    group: t("workflows:fromSystem"),
    label: t("workflows:now"),
    path: "$system.now",
  });
  return sources;
}

/** The fields of the answer that decided; of several answers, each gives a list. */
function answered(node: FlowNode, group: string, path: string, t: TFunction): VariableSource[] {
  const fields = Array.isArray(node.config.fields) ? node.config.fields.map(asObject) : [];
  const sources = fields.map((each) => ({
    group,
    label: local(asObject(each.label)) || asText(each.name),
    path: `${path}.form.${asText(each.name)}`,
  }));
  if (node.config.comment !== false)
    sources.push({ group, label: t("workflows:comment"), path: `${path}.form.comment` });
  return [...sources, { group, label: t("workflows:whoDecided"), path: `${path}.userId` }];
}
