/** What people are told, in their language. */
import type { Plan } from '../kernel/caller.ts';
import { writeMoney } from '../kernel/minor-units.ts';

export const languages = ['en', 'es'] as const;
export type Language = (typeof languages)[number];

const planNames: Readonly<Record<Language, Readonly<Record<Plan, string>>>> = {
  en: { free: 'Free', basic: 'Basic', pro: 'Pro', premium: 'Premium' },
  es: { free: 'Gratuito', basic: 'Básico', pro: 'Pro', premium: 'Premium' },
};

export const planName = (plan: Plan, language: Language) => planNames[language][plan];

interface Texts {
  readonly voucher_unknown: string;
  readonly voucher_mistyped: string;
  readonly voucher_used: string;
  readonly voucher_expired: string;
  readonly voucher_already_redeemed: string;
  readonly voucher_limit_reached: string;
  readonly tooManyCodes: string;
  /** What a voucher does, by when its days begin. */
  readonly startsNow: (plan: string, days: number) => string;
  readonly startsLater: (plan: string, days: number, date: string) => string;
  readonly startsNever: (plan: string, days: number) => string;
  readonly voucher: (plan: string, days: number) => string;
  /** undefined: of a price nobody has configured. */
  readonly subscription: (plan: string | undefined) => string;
}

const dayWord = (days: number, one: string, many: string) => `${days} ${days === 1 ? one : many}`;
const daysEn = (days: number) => dayWord(days, 'day', 'days');
const daysEs = (days: number) => dayWord(days, 'día', 'días');

export const texts: Readonly<Record<Language, Texts>> = {
  en: {
    voucher_unknown: 'There is no such voucher.',
    voucher_mistyped: 'There is no such voucher. The code seems to be mistyped.',
    voucher_used: 'This voucher has been used up.',
    voucher_expired: 'This voucher is no longer valid.',
    voucher_already_redeemed: 'You have redeemed this voucher before.',
    voucher_limit_reached: 'You have redeemed as many vouchers as one account may.',
    tooManyCodes: 'Too many wrong codes. Try again later.',
    startsNow: (plan, days) => `${plan} for ${daysEn(days)}, from now on.`,
    startsLater: (plan, days, date) =>
      `${daysEn(days)} of ${plan}, kept until your present plan ends. As things stand they begin on ${date}.`,
    startsNever: (plan, days) =>
      `${daysEn(days)} of ${plan}, kept until your present plan ends. It has no known end.`,
    voucher: (plan, days) => `Voucher: ${plan}, ${daysEn(days)}`,
    subscription: (plan) => (plan === undefined ? 'Subscription' : `Subscription: ${plan}`),
  },
  es: {
    voucher_unknown: 'No existe ningún cupón con ese código.',
    voucher_mistyped: 'No existe ningún cupón con ese código. Parece que está mal escrito.',
    voucher_used: 'Este cupón ya se ha agotado.',
    voucher_expired: 'Este cupón ya no es válido.',
    voucher_already_redeemed: 'Ya has canjeado este cupón.',
    voucher_limit_reached: 'Has canjeado tantos cupones como permite una cuenta.',
    tooManyCodes: 'Demasiados códigos incorrectos. Inténtalo más tarde.',
    startsNow: (plan, days) => `${plan} durante ${daysEs(days)}, a partir de ahora.`,
    startsLater: (plan, days, date) =>
      `${daysEs(days)} de ${plan}, guardados hasta que termine tu plan actual. Tal como está ahora, empiezan el ${date}.`,
    startsNever: (plan, days) =>
      `${daysEs(days)} de ${plan}, guardados hasta que termine tu plan actual, que no tiene un final conocido.`,
    voucher: (plan, days) => `Cupón: ${plan}, ${daysEs(days)}`,
    subscription: (plan) => (plan === undefined ? 'Suscripción' : `Suscripción: ${plan}`),
  },
};

/** A calendar day (UTC), as people write it. */
export const dateText = (date: Date, language: Language): string =>
  new Intl.DateTimeFormat(language === 'es' ? 'es-ES' : 'en-GB', {
    ...{ day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' },
  }).format(date);

/** @param amount in the smallest unit of the currency */
export const moneyText = (amount: number, currency: string, language: Language): string =>
  writeMoney(amount, currency, language === 'es' ? 'es-ES' : 'en-GB');
