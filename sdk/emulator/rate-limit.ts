/** How many requests an account may send. */
export interface RateLimit {
  /** Requests per second. */
  readonly perSecond: number;
  /** Requests that may arrive at the same time. */
  readonly burst: number;
}

/** Returns a function that returns how many whole seconds a request must wait; 0 lets it pass. */
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
