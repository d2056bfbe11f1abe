/** What the sealed secret of an endpoint is bound to. */
export const secretContext = (endpointId: string): string => `webhook:${endpointId}`;
