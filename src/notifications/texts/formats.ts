import { writeMoney } from '../../kernel/minor-units.ts';
import type { Formats, Language } from './words.ts';

const locales: Readonly<Record<Language, string>> = { en: 'en-GB', es: 'es-ES' };

export function formatsOf(language: Language): Formats {
  const locale = locales[language];
  return {
    money: (amount, currency) => writeMoney(amount, currency, locale),
    moment: (at) =>
      `${new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(new Date(at))} UTC`,
    day: (at) => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(at)),
  };
}

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
