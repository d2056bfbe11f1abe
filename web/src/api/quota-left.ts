export interface QuotaLeft {
  /** "minute" or "hour". */
  readonly name: string;
  readonly left: number;
}

/**
 * What is left of the plan's quotas, as the field `RateLimit` of an answer says it (draft-ietf-httpapi-ratelimit-headers-10):
 * `"minute";r=9;t=60, "hour";r=97;t=3600`. Empty when it says nothing.
 */
export const readQuotaLeft = (field: string | null): readonly QuotaLeft[] =>
  [...(field ?? '').matchAll(/"([a-z]+)";(?:[a-z]=\d+;)*r=(\d+)/g)].map(([, name, left]) => ({
    name: name ?? '',
    left: Number(left),
  }));
