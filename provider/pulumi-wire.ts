import { isObject } from "./json";

/** What stands for a value that a preview does not know yet (Pulumi's `sdk/nodejs/runtime/rpc.ts`). */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Tells whether a value is not known yet, as in a preview, or holds one that is not. */
export function isUnknown(value: unknown): boolean {
  return value === unknownValue || (isObject(value) && Object.values(value).some(isUnknown));
}
