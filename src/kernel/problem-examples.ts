/** What each refusal looks like, for the API's description. */
import { demoWorld, exampleUuid } from './demo-world.ts';
import { type ErrorCode, GatewayError, type Problem, toProblem } from './errors.ts';

const ofCommand = { command_id: exampleUuid };

const members: Partial<Record<ErrorCode, Readonly<Record<string, unknown>>>> = {
  invalid_request: {
    errors: [{ loc: ['body', 'armState'], msg: 'Expected 0, 1 or 2', type: 'custom' }],
  },
  sign_in_locked: { locked_until: '2026-08-01T09:45:00.000Z' },
  quota_exceeded: { quota: 'minute', limit: 10 },
  plan_required: { feature: 'send_commands', plan: 'basic', required_plan: 'pro' },
  arming_refused: {
    ...ofCommand,
    upstream_status: 412,
    rejection_reasons: [{ source_type: 'DEVICE', source_id: demoWorld.device.id, code: 'OPENED' }],
  },
  command_not_executed: ofCommand,
  command_outcome_unknown: ofCommand,
  command_already_sent: ofCommand,
  idempotency_key_in_use: ofCommand,
  idempotency_key_reused: ofCommand,
  upstream_error: { upstream_status: 500, upstream_message_id: '8e03978e-40d5-43e8-bc93-6894a57f9324' },
};

/** What a refusal looks like. */
export function exampleOf(code: ErrorCode): Problem {
  return toProblem(new GatewayError(code, { members: members[code] ?? {} }), exampleUuid);
}
