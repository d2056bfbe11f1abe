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
