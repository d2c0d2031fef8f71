/** Orders of some customers, with a workflow on a button: something to look at and to change. */
import type { TFunction } from "i18next";
import { call, type Row } from "../api";
import { KEY, PRESETS } from "./NewTable";

const CUSTOMERS = ["Ada Martin", "Jonas Weber", "Noor Haddad"];
const ORDERS: [string, number][] = [
  ["A-1001", 48],
  ["A-1002", 420],
  ["A-1003", 17],
  ["A-1004", 96],
  ["A-1005", 1250],
];
/** Orders up to here need nobody's look. */
const SMALL = 100;

/** Makes it all by the calls that anybody could make; `onStep` hears how far it is, of 1. */
export async function makeSample(t: TFunction, onStep: (done: number) => void): Promise<void> {
  const field = (name: string, type: string, options: object = {}) => {
    const { uiSchema, ...others } = { uiSchema: {}, ...options };
    return { name, type, uiSchema: { title: t(`tables:sample.${name}`), ...uiSchema }, ...others };
  };
  const kept = [KEY, ...Object.values(PRESETS)];
  const words = { draft: "draft", approved: "approved", review: "review" } as const;
  const choices = Object.values(words).map((value) => ({
    value,
    label: t(`tables:sample.${value}`),
  }));
  await call("collections:create", {
    body: {
      name: "customers",
      title: t("tables:sample.customers"),
      titleField: "name",
      fields: [...kept, field("name", "string")],
    },
  });
  onStep(0.2);
  await call("collections:create", {
    body: {
      name: "orders",
      title: t("tables:sample.orders"),
      titleField: "number",
      fields: [
        ...kept,
        field("number", "string", { unique: true }),
        field("amount", "decimal"),
        field("state", "string", {
          interface: "select",
          defaultValue: words.draft,
          uiSchema: { enum: choices },
        }),
        field("customer", "belongsTo", { target: "customers" }),
      ],
    },
  });
  onStep(0.4);
  const customers = await call<Row[]>("customers:create", {
    body: CUSTOMERS.map((name) => ({ name })),
  });
  await call("orders:create", {
    body: ORDERS.map(([number, amount], index) => ({
      number,
      amount,
      customerId: customers.data[index % CUSTOMERS.length]?.id,
    })),
  });
  onStep(0.6);
  const { data: workflow } = await call<Row & { key: string }>("workflows:create", {
    body: {
      type: "action",
      title: t("tables:sample.workflow"),
      config: { collection: "orders" },
    },
  });
  const path = `workflows/${workflow.id}/nodes:create`;
  const asks = await call<Row>(path, {
    body: {
      type: "condition",
      title: t("tables:sample.small"),
      config: {
        engine: "cel",
        expression: `double(context.data.amount) <= ${SMALL}.0`,
        rejectOnFalse: false,
      },
    },
  });
  for (const [branchIndex, state] of [
    [1, words.approved],
    [0, words.review],
  ] as const)
    await call(path, {
      body: {
        type: "update",
        title: t(`tables:sample.to.${state}`),
        upstreamId: asks.data.id,
        branchIndex,
        config: {
          collection: "orders",
          params: { filter: { id: "{{$context.data.id}}" }, values: { state } },
        },
      },
    });
  await call(`workflows:update/${workflow.id}`, { body: { enabled: true } });
  onStep(0.9);
  await call("buttons:create", {
    body: {
      collection: "orders",
      label: { en: "Submit", fr: "Soumettre" },
      icon: "send",
      style: "primary",
      scope: "record",
      workflows: [{ key: workflow.key, path: "" }],
    },
  });
  onStep(1);
}
