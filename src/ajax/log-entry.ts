import type { z } from '@hono/zod-openapi';
import type { UpstreamLogEntry } from '../../coordinator/contract/upstream.ts';
import { describeEvent, type EventLanguage } from './event-words.ts';
import type { logEntrySchema } from './schema.ts';

export type LogEntry = z.infer<typeof logEntrySchema>;

/** `user_name` and `device_name` are both the source's name, as existing clients know it. */
export function toLogEntry(hubId: string, entry: UpstreamLogEntry, language: EventLanguage): LogEntry {
  const name = entry.sourceObjectName ?? null;
  // Existing clients draw the text without asking whether there is one.
  const tag = entry.eventTag || entry.eventTypeV2 || entry.eventCode || 'Event';
  return {
    id: entry.eventId ?? null,
    hub_id: entry.hubId ?? hubId,
    timestamp: entry.timestamp ?? null,
    event_code: entry.eventCode ?? null,
    event_desc: describeEvent(tag, language),
    user_name: name,
    device_name: name,
    transition: entry.transition ?? null,
    eventTag: entry.eventTag ?? null,
    sourceObjectType: entry.sourceObjectType ?? null,
    sourceObjectId: entry.sourceObjectId ?? null,
    sourceRoomName: entry.sourceRoomName ?? null,
    additionalData: entry.additionalData ?? null,
    additionalDataV2: entry.additionalDataV2 ?? null,
  };
}
