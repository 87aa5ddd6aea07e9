import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Admission } from '../admission.ts';
import { GATE_STREAM_PATH, GateStream, withProtocolToken, type GateSource } from '../gate-routes.ts';
import type { RoomStream } from '../room.ts';
import { MESSAGE_BYTES, type StreamHub } from './hub.ts';

/** Where the stream is. */
export const STREAM_PATH = '/api/v1/stream';

/** Lets WebSockets in; returns what ends them. A page of another site is refused before there is a connection. */
export function acceptStreams(
  server: Server,
  admission: Admission,
  hub: StreamHub,
  gate: GateSource | null,
  rooms: readonly RoomStream[] = [],
): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES, perMessageDeflate: false });
  const leases = gate === null ? null : new GateStream(gate);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    const path = (request.url ?? '').split('?')[0];
    const forGate = leases !== null && path === GATE_STREAM_PATH;
    const room = rooms.find((r) => r.path === path);
    if (!forGate && room === undefined && path !== STREAM_PATH) return refuse(socket, 404, 'Not Found');
    const foreign = admission.foreignOrigin(request.headers);
    if (foreign !== null) return refuse(socket, 403, 'Forbidden');
    const identity = admission.identify(
      forGate || room !== undefined ? withProtocolToken(request.headers) : request.headers,
    );
    if ('status' in identity && identity.status !== 401) return refuse(socket, identity.status, 'Misdirected Request');
    if (forGate) return leases.accept(request, socket, head, !('status' in identity));
    if (room !== undefined) return room.accept(request, socket, head, 'status' in identity ? null : identity);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => undefined);
      // A browser cannot see the status of a refused handshake; its page must learn that a token is wanted.
      if ('status' in identity) webSocket.close(4401, 'a token is wanted');
      else hub.attach(webSocket, identity);
    });
    return undefined;
  });
  return () => {
    hub.close();
    leases?.close();
    for (const room of rooms) room.close();
    sockets.close();
  };
}

function refuse(socket: Duplex, status: number, text: string): void {
  socket.end(`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
