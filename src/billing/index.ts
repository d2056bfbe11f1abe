export { entitlementAt, type Grant } from './entitlement.ts';
export { readGrants } from './read-grants.ts';
