/**
 * Preloaded (`node --import`) by `npm start` and `npm run coordinator`: stripping types and compiling are most of a
 * start, and a process that was killed should be back at once (docs/benchmarks.md). The cache is the installation's
 * own: that of everybody in the system's temporary directory could hold another user's code.
 */
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// Where it cannot be written, everything is compiled as without it.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/ajaxsecurflow', import.meta.url)));
