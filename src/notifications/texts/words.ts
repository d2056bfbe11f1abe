import type { Kind, MessageOf, ParamsOf } from '../catalogue.ts';

export const languages = ['en', 'es'] as const;
export type Language = (typeof languages)[number];

export interface Formats {
  /** `amount` in minor units. */
  money(amount: number, currency: string): string;
  /** ISO 8601 to day and minute, in UTC. */
  moment(at: string): string;
  day(at: string): string;
}

export interface Text {
  readonly title: string;
  readonly message: string;
  /** Further lines, for mail only. */
  readonly details?: string;
}

export type Texts = {
  readonly [K in Kind]: {
    readonly [M in MessageOf<K>]: (params: ParamsOf<K, M>, formats: Formats) => Text;
  };
};

/** Words around every mail. */
export interface MailWords {
  readonly open: string;
  readonly why: (name: string) => string;
  readonly unsubscribe: string;
  readonly unsubscribed: Text;
  readonly confirm: Text;
}
