import type { CeligoClient } from "../api/client";
import type { OnNameTaken } from "../policies";

/** What the lifecycle needs of its process. */
export interface Connection {
  /** Sends the requests. */
  readonly client: CeligoClient;
  /** Milliseconds before the first retry of a failed write; doubles each time. @default 500 */
  readonly backoff?: number;
  /** The stack's default of the input of the same name. */
  readonly onNameTaken: OnNameTaken;
  /** Whether a preview shows the lines of every changed file. @default false */
  readonly allLines?: boolean;
  /** Whether a preview with changes fails when the token is missing or refused. @default false */
  readonly checkToken?: boolean;
}

/** A connection with its defaults. */
export type Connected = Connection & { readonly backoff: number };
/** Returns the connection, and throws when it cannot be configured. */
export type Connect = () => Connected;
