import type { OptionsOf, PreMap } from "pulumi-celigo/hooks";
import { expect, it } from "vitest";
import { preMap } from "../hooks/check-orders";

type Options = OptionsOf<typeof preMap>;

const step: Omit<OptionsOf<PreMap>, "data"> = {
  _importId: "import",
  _connectionId: "connection",
  _flowId: "flow",
  _integrationId: "integration",
  settings: { paymentDays: 14 },
};

function orderOf(values: Partial<Options["data"][number]>): Options["data"][number] {
  const lines = [{ price: "0.10", quantity: 3 }];
  return { id: "1", currency: "EUR", total: "0.30", orderedAt: "2026-02-20", lines, ...values };
}

it("adds total and due date", () => {
  expect(preMap({ ...step, data: [orderOf({})] })).toEqual([
    { data: { ...orderOf({}), total: 30, dueOn: "2026-03-06" } },
  ]);
});

it("reports a wrong total, and keeps the others in place", () => {
  const results = preMap({ ...step, data: [orderOf({ id: "7", total: "0.31" }), orderOf({})] });
  expect(results).toEqual([
    { errors: [{ code: "wrong_total", message: "Order 7: its lines do not sum to 0.31." }] },
    { data: expect.objectContaining({ id: "1" }) },
  ]);
});
