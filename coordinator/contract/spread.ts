/** Clients that were answered together are asked to come back over a time that is this share of their wait. */
export const MOST_SPREAD = 0.25;
