import { defineConfig } from 'drizzle-kit';

export default defineConfig({
  dialect: 'postgresql',
  schema: ['./src/*/table.ts', './coordinator/storage/table.ts'],
  out: './src/db/migrations',
});
