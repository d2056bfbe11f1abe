/** A name server of the test's own on UDP: answers every question for an IPv4 address with the same addresses. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export interface NameServer {
  readonly port: number;
  /** From now on. */
  setAddresses(addresses: readonly string[]): void;
  close(): void;
}

export async function startNameServer(addresses: readonly string[]): Promise<NameServer> {
  let current = addresses;
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => socket.send(answer(query, current), port, address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    setAddresses(next) {
      current = next;
    },
    close: () => socket.close(),
  };
}

/** RFC 1035, 4.1: the question repeated, then a record per address that refers to its name. */
function answer(query: Buffer, addresses: readonly string[]): Buffer {
  const endOfName = query.indexOf(0, 12) + 1;
  const question = query.subarray(12, endOfName + 4);
  const header = Buffer.alloc(12);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  const records = addresses.map((address) => {
    const record = Buffer.alloc(16);
    record.writeUInt16BE(0xc00c, 0);
    record.writeUInt16BE(1, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(1, 6);
    record.writeUInt16BE(4, 10);
    for (const [index, part] of address.split('.').entries()) record[12 + index] = Number(part);
    return record;
  });
  return Buffer.concat([header, question, ...records]);
}
