/** How many decimals a currency has, where it is not two. */
const decimals: Readonly<Record<string, number>> = { JPY: 0, KRW: 0, KWD: 3 };

/** Returns an amount in the smallest unit of its currency: sums of decimals are not exact. */
export function toMinorUnits(amount: number | string, currency: string): number {
  return Math.round(Number(amount) * 10 ** (decimals[currency] ?? 2));
}

/** Returns the total of some order lines in the smallest unit of their currency. */
export function totalOf(lines: readonly { price: number | string; quantity: number }[], currency: string): number {
  return lines.reduce((sum, { price, quantity }) => sum + toMinorUnits(price, currency) * quantity, 0);
}
