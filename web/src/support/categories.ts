/** What people write about; the operator sees `value`. */
export const categories = [
  { value: 'general', label: 'Something else' },
  { value: 'technical', label: 'Something does not work' },
  { value: 'billing', label: 'Plan and payments' },
  { value: 'account', label: 'My account' },
] as const;
