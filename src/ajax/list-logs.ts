import type { z } from '@hono/zod-openapi';
import { type UpstreamLogEntry, upstreamLogEntries } from '../../coordinator/contract/upstream.ts';
import type { EventLanguage } from './event-words.ts';
import { findHub } from './find-hub.ts';
import { toLogEntry } from './log-entry.ts';
import { type PageSize, readSlice } from './log-pages.ts';
import { combineMarks, type Read, type Reader, read } from './read.ts';
import type { logSchema } from './schema.ts';

export interface LogRequest {
  /** 1 to 100. */
  readonly limit: number;
  readonly offset: number;
  readonly language: EventLanguage;
}

/** Pages of the log are never cached; identical ones asked for at the same moment are one call of Ajax. */
export async function listLogs(
  reader: Reader,
  hubId: string,
  { limit, offset, language }: LogRequest,
  size: PageSize,
): Promise<Read<z.infer<typeof logSchema>>> {
  const { data: hub } = await findHub(reader, hubId);
  const marks: Read<unknown>['cache'][] = [];
  const slice = await readSlice<UpstreamLogEntry>({
    limit,
    offset,
    size,
    idOf: ({ eventId }) => eventId,
    async readPage(page) {
      const path = ['hubs', hub.hubId, 'logs'];
      const { data, cache } = await read(reader, upstreamLogEntries, path, { page: String(page) });
      marks.push(cache);
      return data;
    },
  });
  return {
    data: {
      logs: slice.entries.map((entry) => toLogEntry(hub.hubId, entry, language)),
      total_count: slice.total,
      total_is_exact: slice.isTotalExact,
      has_more: slice.hasMore,
    },
    cache: combineMarks(marks),
  };
}
