import { attack } from './attack.ts';

attack('deno');
