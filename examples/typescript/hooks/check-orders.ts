/**
 * preMap: adds total and due date to each order, and reports those whose total is wrong.
 *
 * @name Check orders
 */
import dayjs from "dayjs";
import type { HookResult, OptionsOf, PostSubmit, PreMap, ResultOf } from "pulumi-celigo/hooks";
import { toMinorUnits, totalOf } from "./shared/money";

interface Order {
  id: string;
  currency: string;
  total: string;
  orderedAt: string;
  lines: { price: string; quantity: number }[];
}

export function preMap({ data, settings }: OptionsOf<PreMap<Order>>): ResultOf<PreMap> {
  const days = Number(settings.paymentDays ?? 30);
  return data.map((order) => checked(order, days));
}

/** Celigo must not repeat orders that the ERP has already. */
export function postSubmit({ responseData }: OptionsOf<PostSubmit>): ResultOf<PostSubmit> {
  return responseData.map((response) => {
    const isKnown = response.errors?.some(({ code }) => code === "DUPLICATE_ORDER");
    return isKnown ? { ...response, statusCode: 200, errors: [] } : response;
  });
}

function checked(order: Order, days: number): HookResult {
  const total = totalOf(order.lines, order.currency);
  if (total !== toMinorUnits(order.total, order.currency)) {
    return { errors: [{ code: "wrong_total", message: `Order ${order.id}: its lines do not sum to ${order.total}.` }] };
  }
  const dueOn = dayjs(order.orderedAt).add(days, "day").format("YYYY-MM-DD");
  return { data: { ...order, total, dueOn } };
}
