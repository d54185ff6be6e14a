import type { Alteration } from "./hostile";

/** What goes wrong. */
export type Fault =
  /** Delays the response. Delays add up, and combine with one fault of another kind. */
  | { readonly kind: "latency"; readonly milliseconds: number }
  /** Sends this response instead of the real one. With `when: "after"`, the request is carried out first. */
  | {
      readonly kind: "status";
      readonly status: number;
      /** @default an error envelope. A string is sent as HTML. */
      readonly body?: string | object;
      /** @default none */
      readonly headers?: Readonly<Record<string, string>>;
      /** @default "before" */
      readonly when?: "before" | "after";
    }
  /** Cuts the connection without a response. */
  | { readonly kind: "cut"; readonly when: "before" | "after" }
  /** Carries out the request, and cuts the connection after half of the response's body. */
  | { readonly kind: "cut-body" }
  /** Carries out the request, and changes the response's body: by a member of `hostile`, or by a function of yours. */
  | { readonly kind: "alter"; readonly alter: Alteration }
  /** Never responds. */
  | { readonly kind: "hang"; readonly when: "before" | "after" };

/** A fault, and the requests that it strikes: those that match every given member. */
export interface FaultRule {
  /** Operation id, such as `createScript`. @default any, and requests outside the API too */
  readonly operation?: string;
  /** HTTP method. @default any */
  readonly method?: string;
  /** Pattern for path and query. @default any */
  readonly path?: RegExp;
  /** Name of the account. @default any */
  readonly account?: string;
  /** How many requests it strikes; `Infinity` is allowed. @default 1 */
  readonly times?: number;
  /** How many matching requests pass before the first one is struck. @default 0 */
  readonly skip?: number;
  /** Chance, from 0 to 1, that a matching request is struck. @default 1 */
  readonly probability?: number;
  /** Random numbers from 0 to 1, to make a run repeatable. @default Math.random */
  readonly random?: () => number;
  /** What goes wrong. */
  readonly fault: Fault;
}

/** The faults of one emulator. A wrong token and the rate limit are checked before them. */
export interface Faults {
  /** Adds a rule after the earlier ones, and returns a function that removes it. */
  add(rule: FaultRule): () => void;
  /** Removes all rules; the counters stay. */
  clear(): void;
  /** How many faults have struck. */
  readonly injected: number;
  /** How many faults have struck, by kind; kinds that have not are absent. */
  injectedByKind(): Record<string, number>;
}

/** What a rule is matched against. */
export interface Target {
  readonly operation: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly account: string | undefined;
}

/** A fault that replaces the response. */
export type Breakage = Exclude<Fault, { kind: "latency" }>;

interface ActiveRule {
  readonly rule: FaultRule;
  skip: number;
  times: number;
}

export class FaultRules implements Faults {
  readonly #rules = new Set<ActiveRule>();
  readonly #injected = new Map<string, number>();

  add(rule: FaultRule): () => void {
    const active = { rule, skip: rule.skip ?? 0, times: rule.times ?? 1 };
    this.#rules.add(active);
    return () => this.#rules.delete(active);
  }

  clear(): void {
    this.#rules.clear();
  }

  get injected(): number {
    return [...this.#injected.values()].reduce((sum, count) => sum + count, 0);
  }

  injectedByKind(): Record<string, number> {
    return Object.fromEntries(this.#injected);
  }

  /** Returns the faults that strike a request, and counts them against their rules. */
  draw(target: Target): { readonly latency: number; readonly breakage: Breakage | undefined } {
    let latency = 0;
    let breakage: Breakage | undefined;
    for (const active of this.#rules) {
      const { fault } = active.rule;
      if (breakage !== undefined && fault.kind !== "latency") continue;
      if (!matches(active.rule, target) || !strikes(active)) continue;
      this.#injected.set(fault.kind, (this.#injected.get(fault.kind) ?? 0) + 1);
      if (fault.kind === "latency") latency += fault.milliseconds;
      else breakage = fault;
    }
    return { latency, breakage };
  }
}

function matches(rule: FaultRule, { operation, method, path, account }: Target): boolean {
  return (
    (rule.operation === undefined || rule.operation === operation) &&
    (rule.method === undefined || rule.method.toUpperCase() === method) &&
    // `search` starts at the beginning each time, also with a pattern that has the flag g.
    (rule.path === undefined || path.search(rule.path) >= 0) &&
    (rule.account === undefined || rule.account === account)
  );
}

function strikes(active: ActiveRule): boolean {
  const { probability = 1, random = Math.random } = active.rule;
  if (active.times <= 0) return false;
  if (active.skip > 0) {
    active.skip -= 1;
    return false;
  }
  if (probability < 1 && random() >= probability) return false;
  active.times -= 1;
  return true;
}
