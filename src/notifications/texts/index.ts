/** The words of notifications, in every language. A language that lacks a message does not compile. */
import { preferredLanguage } from '../../kernel/accept-language.ts';
import { isKnown, type Kind } from '../catalogue.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { formatsOf } from './formats.ts';
import { type Formats, type Language, languages, type MailWords, type Text, type Texts } from './words.ts';

const all: Readonly<Record<Language, { readonly texts: Texts; readonly mail: MailWords }>> = { en, es };

export const languageOf = (acceptLanguage: string | undefined): Language =>
  preferredLanguage(acceptLanguage, languages);

export const mailWords = (language: Language): MailWords => all[language].mail;

/**
 * The text of a stored message. One of another version of this product, which this one does not know, is named by its
 * kind instead of failing the list it is in.
 */
export function textOf(language: Language, kind: Kind, message: string, params: unknown): Text {
  const messages: Readonly<Record<string, (params: never, formats: Formats) => Text>> =
    all[language].texts[kind] ?? {};
  const write = isKnown(kind, message, params) ? messages[message] : undefined;
  return write === undefined ? { title: kind, message: '' } : write(params as never, formatsOf(language));
}
