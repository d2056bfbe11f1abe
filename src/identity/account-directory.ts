import { desc, eq, sql as raw } from 'drizzle-orm';
import type { AccountDirectory } from '../notifications/index.ts';
import { accounts } from './table.ts';

const recipient = { accountId: accounts.id, email: accounts.email, language: accounts.language };
type Row = { accountId: string; email: string; language: string | null };
const toRecipient = (row: Row | undefined) => row && { ...row, language: row.language ?? undefined };

export const accountDirectory: AccountDirectory = {
  async find(sql, accountId) {
    const [row] = await sql.select(recipient).from(accounts).where(eq(accounts.id, accountId));
    return toRecipient(row);
  },
  async findByEmail(sql, email) {
    const [row] = await sql
      .select(recipient)
      .from(accounts)
      .where(eq(raw`lower(${accounts.email})`, email.toLowerCase()))
      .orderBy(desc(accounts.lastLoginAt))
      .limit(1);
    return toRecipient(row);
  },
};
