import type { Voucher } from './generate.ts';

const columns = [
  'code',
  'plan',
  'days',
  'uses',
  'used',
  'expires_at',
  'revoked_at',
  'batch',
  'note',
  'created_at',
];

/** RFC 4180, with CR LF. */
export function toCsv(vouchers: readonly Voucher[]): string {
  const rows = vouchers.map((voucher) => [
    ...[voucher.code, voucher.plan, voucher.days, voucher.uses, voucher.used],
    ...[voucher.expiresAt, voucher.revokedAt, voucher.batch, voucher.note, voucher.createdAt],
  ]);
  return [columns, ...rows].map((row) => `${row.map(toField).join(',')}\r\n`).join('');
}

function toField(value: string | number | Date | null): string {
  const text = value instanceof Date ? value.toISOString() : String(value ?? '');
  // Spreadsheets run what begins like this (OWASP, CSV injection), some of them in full width.
  const harmless = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
