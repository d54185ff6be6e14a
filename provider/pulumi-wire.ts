import { isObject } from "./json";

/** The placeholder of a value that a preview does not know yet (Pulumi's `sdk/nodejs/runtime/rpc.ts`). */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Tells whether a value is not known yet, as in a preview, or holds one that is not. */
export function isUnknown(value: unknown): boolean {
  return value === unknownValue || (isObject(value) && Object.values(value).some(isUnknown));
}

/** The key and the values by which Pulumi's wire marks an asset among plain objects (its `sdk/nodejs/runtime/rpc.ts`). */
const signatureKey = "4dabf18193072939515e22adb298388d";
const assetSignature = "c44067f5952c0a294b673a41bacd8c17";

/** A text or a file as Pulumi's engine hands it to a provider. */
export interface Asset {
  /** SHA-256 of the bytes, in hex. */
  readonly hash?: string;
  /** The text of a `StringAsset`. */
  readonly text?: string;
  /** The path of a `FileAsset`, relative to the program's folder. */
  readonly path?: string;
}

/** Tells whether a value is a file or a text asset; archives and remote assets are not. */
export function isAsset(value: unknown): value is Asset {
  if (typeof value !== "object" || value === null || !(signatureKey in value)) {
    return false;
  }
  const { [signatureKey]: signature, text, path } = value as Record<string, unknown>;
  return signature === assetSignature && (typeof text === "string" || typeof path === "string");
}

/** Returns a file as Pulumi's wire has it. */
export function fileAsset(path: string, hash: string): Asset {
  return { [signatureKey]: assetSignature, path, hash } as Asset;
}
