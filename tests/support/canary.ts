/** Looks for secrets in bytes, in every form in which text usually travels or is kept. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface Canary {
  readonly name: string;
  readonly value: string;
  /**
   * `secret`: belongs nowhere but with its owner. `private`: a tenant's data, which its owner is shown, and which is
   * kept sealed.
   */
  readonly kind: 'secret' | 'private';
}

export interface Haystack {
  readonly name: string;
  readonly bytes: Buffer;
}

interface Form {
  readonly canary: Canary;
  readonly how: string;
  readonly bytes: Buffer;
}

/** Base64 of a text in the middle of another: what is the same whatever comes before and after. */
function base64Inside(bytes: Buffer, encoding: 'base64' | 'base64url'): string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString(encoding)
      .replace(/=+$/, '');
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(first, last);
  });
}

/** The forms of a secret that are searched for. */
export function formsOf(canary: Canary): Form[] {
  const { value } = canary;
  const forms: (readonly [how: string, text: string | Buffer])[] = [['as it is', value]];
  const asBytes: (readonly [string, Buffer])[] = [['', Buffer.from(value)]];
  // A digest is as good in binary as in letters.
  if (/^[0-9a-f]{32,}$/i.test(value) && value.length % 2 === 0)
    asBytes.push(['bytes in ', Buffer.from(value, 'hex')]);
  for (const [what, bytes] of asBytes) {
    if (what !== '') forms.push(['as bytes', bytes], ['in capitals', value.toUpperCase()]);
    forms.push([`${what}hexadecimal`, bytes.toString('hex')]);
    forms.push([`${what}hexadecimal capitals`, bytes.toString('hex').toUpperCase()]);
    for (const encoding of ['base64', 'base64url'] as const)
      for (const text of base64Inside(bytes, encoding)) forms.push([`${what}${encoding}`, text]);
  }
  forms.push(['percent-encoded', encodeURIComponent(value)]);
  forms.push(['form-encoded', new URLSearchParams([['', value]]).toString().slice(1)]);
  forms.push(['as JSON', JSON.stringify(value).slice(1, -1)]);
  forms.push(['as JSON in JSON', JSON.stringify(JSON.stringify(value)).slice(3, -3)]);
  forms.push(['reversed', [...value].reverse().join('')]);
  forms.push(['in UTF-16', Buffer.from(value, 'utf16le')]);
  const seen = new Set<string>();
  return forms.flatMap(([how, text]) => {
    const bytes = Buffer.from(text as string);
    const key = bytes.toString('latin1');
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ canary, how, bytes }];
  });
}

/** Where the canaries are, one line each; empty is good. */
export function findCanaries(canaries: readonly Canary[], haystacks: readonly Haystack[]): string[] {
  const byStart = new Map<number, Form[]>();
  const isStart = new Uint8Array(0x10000);
  for (const form of canaries.flatMap(formsOf)) {
    if (form.bytes.length < 6) throw new Error(`${form.canary.name} is too short to be found for sure`);
    const start = form.bytes.readUInt16LE(0);
    isStart[start] = 1;
    byStart.set(start, [...(byStart.get(start) ?? []), form]);
  }
  const found = new Set<string>();
  for (const { name, bytes } of haystacks) {
    for (let at = 0; at + 1 < bytes.length; at++) {
      const start = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
      if (isStart[start] === 0) continue;
      for (const form of byStart.get(start) ?? []) {
        if (
          bytes.compare(form.bytes, 0, form.bytes.length, at, Math.min(bytes.length, at + form.bytes.length))
        )
          continue;
        const around = bytes.subarray(Math.max(0, at - 80), at + form.bytes.length + 40).toString('latin1');
        const line = `${form.canary.name}, ${form.how}, in ${name}`;
        if (![...found].some((each) => each.startsWith(line)))
          found.add(`${line}: ${JSON.stringify(around)}`);
      }
    }
  }
  return [...found];
}

/** Every file below a directory. */
export function filesOf(name: string, directory: string): Haystack[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).flatMap((path) => {
    const file = join(directory, path);
    return statSync(file).isFile() ? [{ name: `${name} (${path})`, bytes: readFileSync(file) }] : [];
  });
}
