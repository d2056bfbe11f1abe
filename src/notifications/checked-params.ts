import { storable } from '../kernel/storable.ts';
import { definitionOf, type Kind } from './catalogue.ts';

/** As the catalogue has them, and as the database can keep them. */
export function checkedParams(kind: Kind, message: string, params: unknown): Record<string, unknown> {
  const definition = definitionOf(kind, message);
  if (definition === undefined) throw new Error(`There is no message ${kind}.${message}`);
  return storable(definition.params.parse(params)) as Record<string, unknown>;
}
