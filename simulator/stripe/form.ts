/** `application/x-www-form-urlencoded` with brackets, as Stripe's API takes it: `items[0][price]=price_1`. */
export type FormValue = string | FormObject;
export interface FormObject {
  [name: string]: FormValue;
}

export function parseForm(text: string): FormObject {
  const root: FormObject = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.replaceAll(']', '').split('[');
    let at = root;
    for (const part of path.slice(0, -1)) {
      const next = at[part];
      const inner = typeof next === 'object' ? next : {};
      at[part] = inner;
      at = inner;
    }
    at[path.at(-1) ?? ''] = value;
  }
  return root;
}

export const textAt = (form: FormObject, name: string): string => {
  const value = form[name];
  return typeof value === 'string' ? value : '';
};

export const objectAt = (form: FormObject, name: string): FormObject => {
  const value = form[name];
  return typeof value === 'object' ? value : {};
};

export const textsOf = (form: FormObject): Record<string, string> =>
  Object.fromEntries(
    Object.entries(form).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
