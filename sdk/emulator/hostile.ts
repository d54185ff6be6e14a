/** Changes the body of a response. */
export type Alteration = (body: unknown) => unknown;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Responses that no API should send, for the fault `alter`. Each changes every script in the response, or every dependent.
 */
export const hostile = {
  /** A name of 10 MB. */
  hugeName: scripts((script) => ({ ...script, name: "n".repeat(10 * 1024 * 1024) })),
  /** A name that is an object. */
  nameObject: scripts((script) => ({ ...script, name: { text: script["name"] } })),
  /** A name that looks like an asset of Pulumi's. */
  nameAsset: scripts((script) => ({
    ...script,
    name: { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", path: "/etc/hostname" },
  })),
  /** Content that is a number. */
  contentNumber: scripts((script) => ({ ...script, content: 5 })),
  /** An id that is not 24 hexadecimal digits. */
  badId: scripts((script) => ({ ...script, _id: "../../scripts" })),
  /** The id of another script. */
  otherId: scripts((script) => ({ ...script, _id: "0123456789abcdef01234567" })),
  /** Null in place of a script. */
  nullScript: scripts(() => null),
  /** Null in place of a dependent. */
  nullDependent: () => ({ exports: [null] }),
  /** A dependent without an id. */
  dependentWithoutId: () => ({ exports: [{ name: "Orders" }] }),
} as const satisfies Readonly<Record<string, Alteration>>;

function scripts(alter: (script: Fields) => unknown): Alteration {
  return (body) => (Array.isArray(body) ? body.map((script) => alter(script as Fields)) : alter(body as Fields));
}
