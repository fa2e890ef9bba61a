import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

import { answer, type Misbehaviour } from './raw-server.ts';

/** What a caller gets: an error of a kind, or data. */
export type Outcome = Readonly<{ kind: string; status?: number }> | Readonly<{ data: unknown }>;

export interface Fault {
  readonly name: string;
  readonly serve: Misbehaviour;
  readonly outcome: Outcome;
  /** What the breaker makes of it. */
  readonly breaker: 'failure' | 'success';
  /** Where fetch differs from undici: it unpacks what is compressed. */
  readonly fetchBreaker?: Fault['breaker'];
}

const network = { kind: 'network' } as const;
const timeout = { kind: 'timeout' } as const;
const invalid = { kind: 'invalid_response' } as const;

/** Made once: to pack it takes longer than a call may. */
const bomb = gzipSync(Buffer.alloc(50_000_000, '['));

/** Every fault is met by a POST, which must reach the server once at most. */
export const faults: readonly Fault[] = [
  { name: 'accepts and never answers', serve: () => undefined, outcome: timeout, breaker: 'failure' },
  {
    name: 'resets when it has read the request',
    serve: ({ socket }) => socket.resetAndDestroy(),
    outcome: network,
    breaker: 'failure',
  },
  {
    name: 'closes without a word',
    serve: ({ socket }) => socket.end(),
    outcome: network,
    breaker: 'failure',
  },
  {
    name: 'resets in the status line',
    serve: ({ socket }) => {
      cut(socket, 'HTTP/1.1 20');
    },
    outcome: network,
    breaker: 'failure',
  },
  {
    name: 'resets amid the headers',
    serve: ({ socket }) => {
      cut(socket, 'HTTP/1.1 200 OK\r\ncontent-ty');
    },
    outcome: network,
    breaker: 'failure',
  },
  {
    name: 'resets amid the body',
    serve: ({ socket }) => {
      cut(socket, 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{"a":');
    },
    outcome: network,
    breaker: 'failure',
  },
  {
    name: 'ends amid a chunked body',
    serve: ({ socket }) =>
      socket.end(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n',
      ),
    outcome: network,
    breaker: 'failure',
  },
  {
    name: 'drips its headers',
    serve: ({ socket }) => {
      drip(socket, 'HTTP/1.1 200 OK\r\nx-slow: 1\r\n'.repeat(9));
    },
    outcome: timeout,
    breaker: 'failure',
  },
  {
    name: 'drips its body',
    serve: ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n');
      drip(socket, '['.repeat(900));
    },
    outcome: timeout,
    breaker: 'failure',
  },
  {
    name: 'speaks no HTTP',
    serve: ({ socket }) => socket.end('HELLO WORLD\r\n\r\n'),
    outcome: network,
    breaker: 'failure',
  },
  {
    name: 'sends two lengths that differ',
    serve: ({ socket }) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 30\r\n\r\n{}'),
    outcome: network,
    breaker: 'failure',
  },
  {
    name: 'sends a chunk that is none',
    serve: ({ socket }) =>
      socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n'),
    outcome: network,
    breaker: 'failure',
  },
  {
    name: 'sends headers without end',
    serve: ({ socket }) =>
      socket.write(`HTTP/1.1 200 OK\r\n${`x-much: ${'a'.repeat(1_000)}\r\n`.repeat(200)}`),
    outcome: network,
    breaker: 'failure',
  },
  {
    name: 'upgrades to something else',
    serve: ({ socket }) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n'),
    outcome: network,
    breaker: 'failure',
  },
  {
    name: 'answers truncated JSON',
    serve: (request) => {
      answer(request, 200, '{"valid": tr');
    },
    outcome: invalid,
    breaker: 'success',
  },
  {
    name: 'answers HTML at 200',
    serve: (request) => {
      answer(request, 200, '<h1>Hi</h1>', { 'content-type': 'text/html' });
    },
    outcome: invalid,
    breaker: 'success',
  },
  {
    name: 'answers JSON of no type',
    serve: (request) => {
      answer(request, 200, '{}', { 'content-type': '' });
    },
    outcome: invalid,
    breaker: 'success',
  },
  {
    name: 'announces 50 MB',
    serve: (request) => {
      answer(request, 200, '{', { 'content-length': '50000000' });
    },
    outcome: invalid,
    breaker: 'failure',
  },
  {
    name: 'sends 50 MB without saying so',
    serve: ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n');
      flood(socket, `100000\r\n${'['.repeat(1_048_576)}\r\n`, 50);
    },
    outcome: invalid,
    breaker: 'failure',
  },
  {
    name: 'sends a gzip bomb',
    serve: ({ socket }) => {
      const head = `content-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: ${String(bomb.length)}`;
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`);
      socket.write(bomb);
    },
    outcome: invalid,
    breaker: 'success',
    fetchBreaker: 'failure',
  },
  {
    name: 'answers 204',
    serve: ({ socket }) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'),
    outcome: { data: undefined },
    breaker: 'success',
  },
  {
    name: 'answers early hints first',
    serve: (request) => {
      request.socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n');
      answer(request, 200);
    },
    outcome: { data: { ok: true } },
    breaker: 'success',
  },
  {
    name: 'speaks HTTP/1.0 and closes',
    serve: ({ socket }) => socket.end('HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{"ok":true}'),
    outcome: { data: { ok: true } },
    breaker: 'success',
  },
  {
    name: 'redirects to another host',
    serve: (request) => {
      answer(request, 302, '', { location: 'http://127.0.0.1:9/evil' });
    },
    outcome: { kind: 'http', status: 302 },
    breaker: 'success',
  },
  {
    name: 'answers a megabyte of nested arrays',
    serve: (request) => {
      answer(request, 200, '['.repeat(500_000) + ']'.repeat(500_000));
    },
    outcome: invalid,
    breaker: 'success',
  },
  {
    name: 'answers a megabyte of nested objects',
    serve: (request) => {
      answer(request, 200, '{"a":'.repeat(150_000) + '1' + '}'.repeat(150_000));
    },
    outcome: invalid,
    breaker: 'success',
  },
  {
    name: 'answers brackets that it never closes',
    serve: (request) => {
      answer(request, 200, `{"valid":true,"userId":"a","x":${'[{"a":'.repeat(100_000)}`);
    },
    outcome: invalid,
    breaker: 'success',
  },
  {
    name: 'announces early hints for ever',
    serve: ({ socket }) => {
      drip(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n', 900);
    },
    outcome: timeout,
    breaker: 'failure',
  },
  {
    name: 'sends a length below zero',
    serve: ({ socket }) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n{}'),
    outcome: network,
    breaker: 'failure',
  },
  {
    name: 'sends a chunk longer than a number can be',
    serve: ({ socket }) =>
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}'),
    outcome: network,
    breaker: 'failure',
  },
  {
    name: 'sends a body without end in small chunks',
    serve: ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n');
      drip(socket, '1\r\n[\r\n', 900);
    },
    outcome: timeout,
    breaker: 'failure',
  },
  {
    name: 'answers twice',
    serve: (request) => {
      answer(request, 200);
      answer(request, 500);
    },
    outcome: { data: { ok: true } },
    breaker: 'success',
  },
  {
    name: 'stops amid a body and keeps the connection',
    serve: ({ socket }) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{"a":'),
    outcome: timeout,
    breaker: 'failure',
  },
  ...[400, 401, 403, 404, 409, 422, 429].map((status): Fault => ({
    name: `answers ${String(status)}`,
    serve: (request) => {
      answer(request, status, '{}', { 'retry-after': '1' });
    },
    outcome: { kind: 'http', status },
    breaker: 'success',
  })),
  ...[500, 502, 503, 504].map((status): Fault => ({
    name: `answers ${String(status)}`,
    serve: (request) => {
      answer(request, status, '<h1>Sorry</h1>', { 'content-type': 'text/html' });
    },
    outcome: { kind: 'http', status },
    breaker: 'failure',
  })),
];

function cut(socket: Socket, text: string): void {
  socket.write(text, () => socket.resetAndDestroy());
}

/** A character every 20 ms, or the whole text so many times. */
function drip(socket: Socket, text: string, times = 0): void {
  const parts = times === 0 ? Array.from(text) : Array.from({ length: times }, () => text);
  const timer = setInterval(() => {
    const part = parts.shift();
    if (socket.destroyed || part === undefined) clearInterval(timer);
    else socket.write(part);
  }, 20);
}

function flood(socket: Socket, chunk: string, times: number): void {
  if (times === 0 || socket.destroyed) return;
  socket.write(chunk, () => {
    flood(socket, chunk, times - 1);
  });
}
