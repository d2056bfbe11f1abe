/** A command as the journal keeps it: what happened, never the secrets or the body it was sent with. */
import { z } from 'zod';
import { type Receipt, receiptOutcomes, receiptStates } from '../contract/messages.ts';
import { upstreamArmingErrors } from '../contract/upstream.ts';
import { parseJson } from '../upstream/refusals.ts';

const answerSchema = z.object({
  status: z.number(),
  body: z.string(),
  /** Of `body`, when it is not text. */
  encoding: z.literal('base64').optional(),
  contentType: z.string().optional(),
  retryAfterSeconds: z.number().optional(),
});

const epochMs = z.number();

export const commandSchema = z.object({
  id: z.string(),
  account: z.string(),
  method: z.string(),
  segments: z.array(z.string()),
  /** In lower case. */
  hub: z.string().nullable(),
  /** SHA-256 of method, path, query and body: tells an identical command (its type included). */
  fingerprint: z.string(),
  idempotencyKey: z.string().nullable(),
  /** Share of the lane of what follows it, 1 to 100. */
  weight: z.number().default(1),
  state: z.enum(receiptStates),
  outcome: z.enum(receiptOutcomes),
  code: z.string().nullable(),
  /** What Ajax answered, for those who ask again with the same key. */
  answer: answerSchema.nullable(),
  message: z.string().nullable(),
  /** What an arming command asks for, and by which token its second stage is followed. */
  arming: z.object({ command: z.string(), token: z.string().nullable() }).nullable(),
  createdAt: epochMs,
  sentAt: epochMs.nullable(),
  answeredAt: epochMs.nullable(),
  confirmedAt: epochMs.nullable(),
});
type Stored = z.infer<typeof commandSchema>;

/** Changes as the command goes on; only commands/run.ts and commands/follow-up.ts write to it. */
export type Command = { -readonly [Name in keyof Stored]: Stored[Name] };

export const hasEnded = ({ outcome }: Pick<Command, 'outcome'>) =>
  outcome !== 'pending' && outcome !== 'in_progress';

const reasonsOf = ({ outcome, answer }: Command): Receipt['rejectionReasons'] => {
  if (outcome !== 'failed' || answer === null) return null;
  const refused = upstreamArmingErrors.safeParse(parseJson(Buffer.from(answer.body)));
  if (!refused.success) return null;
  return refused.data.rejectionReasons.map(({ sourceType = null, sourceId = null, code = null }) => ({
    sourceType,
    sourceId,
    code,
  }));
};

export function toReceipt(command: Command): Receipt {
  const { id, method, segments, hub, state, outcome, code, message, answer } = command;
  const { createdAt, sentAt, answeredAt, confirmedAt } = command;
  return {
    id,
    method,
    path: segments.join('/'),
    command: command.arming?.command ?? null,
    hub,
    state,
    outcome,
    status: answer?.status ?? null,
    code,
    message,
    rejectionReasons: reasonsOf(command),
    createdAt,
    sentAt,
    answeredAt,
    confirmedAt,
  };
}
