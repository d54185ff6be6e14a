/**
 * branching: sends large refunds to a person, and all others to the payment provider.
 *
 * @name Route refunds
 */
import type { Branching, OptionsOf, ResultOf } from "pulumi-celigo/hooks";
import { toMinorUnits } from "./shared/money";

interface Refund {
  amount: string;
  currency: string;
}

const provider = 0;
const person = 1;

export function branching({ record, settings }: OptionsOf<Branching<Refund>>): ResultOf<Branching> {
  const limit = toMinorUnits(String(settings.refundLimit ?? "250"), record.currency);
  return toMinorUnits(record.amount, record.currency) > limit ? [person] : [provider];
}
