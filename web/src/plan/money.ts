/** Stripe keeps two decimals of these, whatever ISO 4217 says (docs.stripe.com/currencies, "Special cases"). */
const twoDecimalsAtStripe: ReadonlySet<string> = new Set(['ISK', 'UGX']);

/**
 * "€9.99", as people write it where the browser is at home.
 * @param minor in the smallest unit of the currency
 * @param currency ISO 4217, capitals
 */
export function writeMoney(minor: number, currency: string, locale = navigator.language): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
  const digits = twoDecimalsAtStripe.has(currency)
    ? 2
    : (format.resolvedOptions().maximumFractionDigits ?? 2);
  return format.format(minor / 10 ** digits);
}
