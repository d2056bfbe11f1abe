/**
 * Digits behind the point of an amount in the smallest unit, as Stripe counts them (docs.stripe.com/currencies): what
 * runtimes say is how people write it, without the digits of HUF, COP, IDR and others.
 */
const NONE = /^(BIF|CLP|DJF|GNF|JPY|KMF|KRW|MGA|PYG|RWF|VND|VUV|XAF|XOF|XPF)$/i;
const THREE = /^(BHD|JOD|KWD|OMR|TND)$/i;

/** @param currency ISO 4217, in any case */
export const minorDigits = (currency: string): number =>
  NONE.test(currency) ? 0 : THREE.test(currency) ? 3 : 2;

/** "€9.99": an amount in the smallest unit of its currency as people write it. @param locale BCP 47 */
export const writeMoney = (minor: number, currency: string, locale: string): string =>
  new Intl.NumberFormat(locale, { style: 'currency', currency }).format(minor / 10 ** minorDigits(currency));
