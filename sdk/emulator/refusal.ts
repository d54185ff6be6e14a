import type { components } from "../../provider/api/schema";

/** One member of the API's error envelope. */
export type Problem = components["schemas"]["Error"]["errors"][number];

/** An error response. Code that finds the reason throws it. */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly status: number,
    readonly problems: readonly Problem[],
  ) {
    super(problems.map(({ message }) => message).join("; "));
  }
}

export function notFound(message: string): Refusal {
  return new Refusal(404, [{ code: "not_found", message }]);
}

export function invalidQuery(message: string, field: string): Refusal {
  return new Refusal(400, [{ code: "invalid_query_params", message, field }]);
}
