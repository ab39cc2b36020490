/** Messages over a pipe: four bytes of length, then a structured clone. The length is checked before anything is kept. */

import { deserialize, serialize } from 'node:v8';

/** One message as bytes. Throws when it is longer than `limit` bytes or cannot be cloned. */
export const encodeFrame = (message: unknown, limit: number): Buffer => {
  const body = serialize(message);
  if (body.length > limit) throw new RangeError(`${body.length} bytes are more than ${limit}`);
  const frame = Buffer.allocUnsafe(4 + body.length);
  frame.writeUInt32LE(body.length, 0);
  body.copy(frame, 4);
  return frame;
};

/** Feed it what arrives; it calls `onMessage` per message. Throws a RangeError at the first message over the limit. */
export const createFrameReader = (limit: number, onMessage: (message: unknown) => void): ((chunk: Buffer) => void) => {
  let parts: Buffer[] = [];
  let have = 0;
  let wanted = -1;
  const take = (count: number): Buffer => {
    const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    parts = all.length > count ? [all.subarray(count)] : [];
    have -= count;
    return all.subarray(0, count);
  };
  return (chunk) => {
    parts.push(chunk);
    have += chunk.length;
    for (;;) {
      if (wanted < 0) {
        if (have < 4) return;
        wanted = take(4).readUInt32LE(0);
        if (wanted > limit) throw new RangeError(`${wanted} bytes are more than ${limit}`);
      }
      if (have < wanted) return;
      const body = take(wanted);
      wanted = -1;
      onMessage(deserialize(body));
    }
  };
};
