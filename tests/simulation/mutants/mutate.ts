/**
 * Puts a mutant in the place of the product: modules are changed as they are loaded, before their types are stripped.
 * The product needs no hooks for it. Install it before the product is loaded, in a process of its own.
 */
import { registerHooks } from 'node:module';
import type { Mutant } from './mutants.ts';

/** @returns throws when some change found no place, or more than one: then the mutant is the product */
export function installMutant({ name, changes }: Mutant): { assertComplete(): void } {
  const left = new Set(changes);
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const mine = changes.filter(({ file }) => url.endsWith(`/${file}`));
      if (mine.length === 0) return loaded;
      let source = String(loaded.source);
      for (const change of mine) {
        const parts = source.split(change.from);
        if (parts.length !== 2) {
          throw new Error(`Mutant '${name}': ${change.file} has ${parts.length - 1} times: ${change.from}`);
        }
        source = parts.join(change.to);
        left.delete(change);
      }
      return { ...loaded, source };
    },
  });
  return {
    assertComplete() {
      const files = [...left].map(({ file }) => file);
      if (files.length > 0) throw new Error(`Mutant '${name}' was not put into ${files.join(', ')}`);
    },
  };
}
