/** The moment after the last of a calendar day, where the browser is. @param day "2026-08-31" @returns ISO 8601 */
export function endOfDay(day: string): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + 1).toISOString();
}
