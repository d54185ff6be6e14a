/** How often an account may ask. */
export interface RateLimit {
  /** Requests that are given back each second. */
  readonly perSecond: number;
  /** Requests that may come at once. */
  readonly burst: number;
}

/** Says of each request how many whole seconds it has to wait; 0 lets it pass. */
export function tokenBucket({ perSecond, burst }: RateLimit, start: Date): (now: Date) => number {
  let tokens = burst;
  let filled = start.getTime();
  return (now) => {
    tokens = Math.min(burst, tokens + ((now.getTime() - filled) / 1000) * perSecond);
    filled = now.getTime();
    if (tokens < 1) return Math.max(1, Math.ceil((1 - tokens) / perSecond));
    tokens -= 1;
    return 0;
  };
}
