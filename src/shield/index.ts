/**
 * The first gate: no I/O, no identity. What passes has a correlation id, a path worth answering, a bounded body and an
 * acceptable origin.
 */
export { boundedBody, LARGE_BODY_BYTES, SMALL_BODY_BYTES } from './body-limit.ts';
export { crossOrigin } from './cross-origin.ts';
export { elsewhere } from './elsewhere.ts';
export { createHits, type Hits, type ShieldEvent } from './hits.ts';
export { soundJson } from './json-body.ts';
export { createListenerRefusals } from './listener-refusals.ts';
export { refusedProbes } from './refused-probes.ts';
export { requestFacts } from './request-facts.ts';
export { sameOriginChanges } from './same-origin.ts';
export { API_PAGE, securityHeaders } from './security-headers.ts';
