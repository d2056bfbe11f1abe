import type { InferRequestType } from 'hono/client';
import { answerOf, inEnglish } from './answer.ts';
import type { Client } from './client.ts';

export type SupportMessage = InferRequestType<Client['support']['contact']['$post']>['json'];

export interface SupportCalls {
  /** Kept for the operator, whether or not this gateway sends mail. */
  contact(message: SupportMessage): Promise<void>;
}

export const createSupportCalls = ({ support }: Client): SupportCalls => ({
  contact: async (json) => {
    await answerOf(support.contact.$post({ json }, inEnglish()));
  },
});
