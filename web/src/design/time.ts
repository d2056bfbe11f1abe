/** "just now", "12 s ago", "4 min ago", "2 h ago", "3 d ago". */
export function writeAge(atMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1000));
  if (seconds < 3) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const calendar = new Intl.DateTimeFormat('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });

export const writeClock = (atMs: number): string => clock.format(atMs);

/** "Today", "Yesterday", "Monday 2 June". */
export function writeDay(atMs: number, nowMs: number): string {
  const day = startOfDay(atMs);
  if (day === startOfDay(nowMs)) return 'Today';
  if (day === startOfDay(startOfDay(nowMs) - 1)) return 'Yesterday';
  return calendar.format(atMs);
}

const startOfDay = (atMs: number): number => new Date(atMs).setHours(0, 0, 0, 0);

const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
const dateWithTime = new Intl.DateTimeFormat('en-GB', {
  ...{ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' },
});

/** "31 August 2026". @param at ISO 8601 */
export const writeDate = (at: string): string => date.format(Date.parse(at));

/** "31 Aug 2026, 09:30". @param at ISO 8601 */
export const writeMoment = (at: string): string => dateWithTime.format(Date.parse(at));
