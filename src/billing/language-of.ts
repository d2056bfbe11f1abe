import type { Context } from 'hono';
import { preferredLanguage } from '../kernel/accept-language.ts';
import type { GatewayEnv } from '../kernel/context.ts';
import { type Language, languages } from './texts.ts';

export const languageOf = (c: Context<GatewayEnv>): Language =>
  preferredLanguage(c.req.header('accept-language'), languages);
