export interface QuotaLeft {
  /** "minute" or "hour". */
  readonly name: string;
  readonly left: number;
  /** Until all of it is there again; 0 when nobody knows. */
  readonly resetMs: number;
}

/**
 * What is left of the plan's quotas, as the field `RateLimit` of an answer says it (draft-ietf-httpapi-ratelimit-headers-10):
 * `"minute";r=9;t=60, "hour";r=97;t=3600`. Empty when it says nothing.
 */
export const readQuotaLeft = (field: string | null): readonly QuotaLeft[] =>
  [...(field ?? '').matchAll(/"(?<name>[a-z]+)"(?<parameters>(?:;[a-z]=\d+)*)/g)].flatMap(({ groups }) => {
    const { name = '', parameters = '' } = groups ?? {};
    const parameterOf = (parameter: string) => new RegExp(`;${parameter}=(\\d+)`).exec(parameters)?.[1];
    const left = parameterOf('r');
    return left === undefined
      ? []
      : [{ name, left: Number(left), resetMs: Number(parameterOf('t') ?? 0) * 1000 }];
  });
