import { invalidQuery } from "./refusal";

type Fields = Readonly<Record<string, unknown>>;
type Query = Readonly<Record<string, string | number>>;

/**
 * Applies `include` and `exclude` to a record.
 *
 * @param identity The fields that `include` always adds and `exclude` never removes.
 */
export function projection(query: Query, identity: readonly string[]): (record: Fields) => Fields {
  const include = names(query, "include");
  const exclude = names(query, "exclude");
  if (include.length > 0 && exclude.length > 0) {
    throw invalidQuery("Use either include or exclude: they cannot be combined.", "exclude");
  }
  if (include.length > 0) return (record) => pick(record, [...identity, ...include]);
  return (record) => exclude.filter((path) => !identity.includes(path)).reduce(without, record);
}

function names(query: Query, parameter: "include" | "exclude"): string[] {
  const value = String(query[parameter] ?? "");
  if (/[^A-Za-z0-9._,]/.test(value)) {
    throw invalidQuery(`${parameter} takes letters, digits, ".", "_" and the comma only.`, parameter);
  }
  return value.split(",").filter((name) => name !== "");
}

function pick(record: Fields, paths: readonly string[]): Fields {
  const picked: Record<string, unknown> = {};
  for (const path of paths) {
    const [head = "", ...rest] = path.split(".");
    if (!Object.hasOwn(record, head)) continue;
    const value = record[head];
    if (rest.length === 0) picked[head] = value;
    else if (isFields(value)) {
      const nested = pick(value, [rest.join(".")]);
      const earlier = picked[head];
      if (Object.keys(nested).length > 0) picked[head] = isFields(earlier) ? { ...earlier, ...nested } : nested;
    }
  }
  return picked;
}

function without(record: Fields, path: string): Fields {
  const [head = "", ...rest] = path.split(".");
  if (!Object.hasOwn(record, head)) return record;
  const { [head]: value, ...others } = record;
  if (rest.length === 0) return others;
  return isFields(value) ? { ...record, [head]: without(value, rest.join(".")) } : record;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
