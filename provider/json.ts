export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns a JSON value that is an object; an empty object for any other. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return isObject(value) ? value : {};
}

/** Parses text that may be anything; `undefined` when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Tells whether a JSON value has over 500 levels. Text of it can't be made safely: functions that call themselves fail. */
export function isTooDeep(value: unknown, levels = 500): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    (levels === 0 || Object.values(value).some((one) => isTooDeep(one, levels - 1)))
  );
}
