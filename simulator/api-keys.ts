/** The keys the upstream takes in X-Api-Key; it may stop taking one, and take it again. */
export interface ApiKeys {
  accepts(apiKey: string | undefined): boolean;
  /** A key that was never accepted throws. */
  setRevoked(apiKey: string, revoked: boolean): void;
}

export function createApiKeys(apiKeys: readonly string[]): ApiKeys {
  const revoked = new Set<string>();
  return {
    accepts: (apiKey) => apiKey !== undefined && apiKeys.includes(apiKey) && !revoked.has(apiKey),
    setRevoked(apiKey, isRevoked) {
      if (!apiKeys.includes(apiKey)) throw new RangeError('No such API key');
      if (isRevoked) revoked.add(apiKey);
      else revoked.delete(apiKey);
    },
  };
}
