import type { z } from '@hono/zod-openapi';
import type { Receipt } from '../../coordinator/contract/messages.ts';
import type { commandSchema } from './schema.ts';

export type Command = z.infer<typeof commandSchema>;

export function toCommand(receipt: Receipt): Command {
  const { id, method, path, command, state, outcome, status, code, message } = receipt;
  return {
    id,
    method,
    path,
    command,
    hub_id: hubIdOf(receipt),
    state,
    outcome,
    status,
    code,
    message,
    rejection_reasons: toReasons(receipt),
    created_at: new Date(receipt.createdAt).toISOString(),
    sent_at: toIso(receipt.sentAt),
    answered_at: toIso(receipt.answeredAt),
    confirmed_at: toIso(receipt.confirmedAt),
  };
}

const toReasons = ({ rejectionReasons }: Receipt): Command['rejection_reasons'] =>
  rejectionReasons?.map(({ sourceType, sourceId, code }) => ({
    source_type: sourceType,
    source_id: sourceId,
    code,
  })) ?? null;

/** As Ajax writes it, and so the list of hubs: the receipt has it in lower case. */
const hubIdOf = ({ path, hub }: Receipt): string | null =>
  path.split('/').find((segment) => segment.toLowerCase() === hub) ?? hub;

const toIso = (atMs: number | null): string | null => (atMs === null ? null : new Date(atMs).toISOString());
