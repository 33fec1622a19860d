/**
 * The limit on requests to the task metadata server: a bucket of tokens for each remote address, which fills
 * steadily up to a burst. Pure but for the buckets that are kept.
 */
export interface RateLimit {
  /** Takes a token: false when the address has used up its burst. `now` is in milliseconds. */
  readonly allows: (remoteAddress: string, now: number) => boolean;
}

export interface RateLimits {
  /** Requests a second. */
  readonly steady: number;
  /** Requests at once. */
  readonly burst: number;
}

/** The defaults of Amazon's agent (`ECS_TASK_METADATA_RPS_LIMIT`). */
export const DEFAULT_RATE_LIMITS: RateLimits = { steady: 40, burst: 60 };

const MAX_BUCKETS = 10_000;

/** A limiter with full buckets. */
export const createRateLimit = ({ steady, burst }: RateLimits): RateLimit => {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    allows: (remoteAddress, now) => {
      const known = buckets.get(remoteAddress);
      const tokens = known === undefined ? burst : Math.min(burst, known.tokens + ((now - known.at) / 1000) * steady);
      buckets.delete(remoteAddress);
      buckets.set(remoteAddress, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
      // The one that was silent for longest has a full bucket again anyway.
      if (buckets.size > MAX_BUCKETS) buckets.delete(buckets.keys().next().value ?? '');
      return tokens >= 1;
    },
  };
};

/** The headers that every answer of the metadata server carries. */
export const rateLimitHeaders = (
  { steady }: RateLimits,
  request: { readonly remoteAddress: string; readonly forwardedFor: string | undefined },
): Readonly<Record<string, string>> => ({
  'X-Rate-Limit-Limit': steady.toFixed(2),
  'X-Rate-Limit-Duration': '1',
  'X-Rate-Limit-Request-Forwarded-For': request.forwardedFor ?? '',
  'X-Rate-Limit-Request-Remote-Addr': request.remoteAddress,
});
