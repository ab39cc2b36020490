// Free TCP ports of this machine.
import { createServer } from 'node:net';

/** A port of the loopback interface that nothing listens on: `wanted` itself, or any when it is 0. */
export const freePort = (wanted = 0) =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
