/** Brings the schema of a PostgreSQL up to date and ends, for installations that do it once before anything starts. */
import { parseDatabaseUrl } from './config.ts';
import { openPostgres } from './db/postgres.ts';
import { readEnvironment } from './environment.ts';
import { databaseUnusable, explain } from './main.problem.ts';
import { prepareJobs } from './worker/index.ts';

try {
  const url = parseDatabaseUrl(readEnvironment());
  const database = await openPostgres(url, prepareJobs).catch((error: unknown) => {
    throw databaseUnusable(url, error);
  });
  await database.close();
  const { host, pathname } = new URL(url);
  console.log(`PostgreSQL ${host}${pathname} is up to date`);
} catch (error) {
  process.exitCode = explain(error);
}
