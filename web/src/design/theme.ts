import { createSignal } from 'solid-js';

export type Theme = 'auto' | 'light' | 'dark';

const THEME_KEY = 'theme';

const [theme, setThemeSignal] = createSignal<Theme>(readTheme());

export { theme };

/** `public/theme.js` applies the stored choice before the first paint. */
export function setTheme(next: Theme): void {
  setThemeSignal(next);
  if (next === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem(THEME_KEY, next);
  } catch {
    // The choice lasts for this visit only.
  }
}

function readTheme(): Theme {
  const chosen = document.documentElement.dataset.theme;
  return chosen === 'light' || chosen === 'dark' ? chosen : 'auto';
}
