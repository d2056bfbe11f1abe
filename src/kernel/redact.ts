/** Names whose values never reach a log line, an audit payload or an error, compared without case and separators. */
const SECRET_NAMES = new Set(
  [
    'password passwordhash passwd secret clientsecret apikey xapikey token sessiontoken xsessiontoken',
    'refreshtoken accesstoken idtoken xcompanytoken authorization proxyauthorization cookie setcookie',
    'totp x2facode code2fa webhooksecret secretkey adminsecret xadminsecret coordinatorsecret',
    'streamdataurl passwordduress pin pin1 pin2 puk puk1 puk2 passcode accesscode rrucode',
    'qrcode hubqrcode deviceqrcode siaencryptionkey encryptionkey',
  ]
    .join(' ')
    .split(' '),
);

/** New, old, forced, for the keypad, of the Wi-Fi: Ajax has many. */
const SECRET_ENDINGS = /(?:password|passwordhash|token)$/;

export const REDACTED = '[redacted]';

export function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return SECRET_NAMES.has(plain) || SECRET_ENDINGS.test(plain);
}

/** A copy without secrets, at most `depth` levels deep; safe on cycles because depth ends them. */
export function redact(value: unknown, depth = 6): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '[deep]';
  if (Array.isArray(value)) return value.slice(0, 100).map((item) => redact(item, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isSecretName(name) ? REDACTED : redact(item, depth - 1),
    ]),
  );
}
