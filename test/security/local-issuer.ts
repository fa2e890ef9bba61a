import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const issuer = 'https://login.acme.test/';
export const audience = 'https://api.acme.test';

export type Algorithm = 'ES256' | 'RS256' | 'PS256' | 'EdDSA';

/** A key pair and what its server publishes of it. */
export interface SigningKey {
  readonly algorithm: Algorithm;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

export function newKey(kid: string, algorithm: Algorithm = 'ES256', modulusLength = 2_048): SigningKey {
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : algorithm === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid, alg: algorithm, use: 'sig' };
  return { algorithm, kid, privateKey, publicKey, jwk };
}

export const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
export const seconds = (from: number): number => Math.floor(Date.now() / 1_000) + from;

/** Signs header and payload as they are. */
export function signText(input: string, { algorithm, privateKey }: SigningKey): string {
  const hash = algorithm === 'EdDSA' ? undefined : 'sha256';
  const padding = algorithm === 'PS256' ? { padding: 6, saltLength: 32 } : {};
  const signature = sign(hash, Buffer.from(input), {
    key: privateKey,
    dsaEncoding: 'ieee-p1363',
    ...padding,
  });
  return `${input}.${signature.toString('base64url')}`;
}

/** An access token of `ada`; members that are undefined are left out. */
export function newToken(key: SigningKey, claims: object = {}, header: object = {}): string {
  const usual = { iss: issuer, aud: audience, sub: 'ada', email: 'ada@acme.test', tenantId: 'acme' };
  const head = { alg: key.algorithm, kid: key.kid, typ: 'JWT', ...header };
  return signText(`${encode(head)}.${encode({ ...usual, exp: seconds(60), ...claims })}`, key);
}

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A key server that counts what it is asked, and answers as a test wants it to. */
export interface KeyServer {
  readonly origin: string;
  readonly requests: IncomingMessage[];
  answer: Answer;
  close(): void;
}

export function publish(...keys: readonly unknown[]): Answer {
  return json({ keys: keys.map((key) => (isSigningKey(key) ? key.jwk : key)) });
}

function isSigningKey(key: unknown): key is SigningKey {
  return typeof key === 'object' && key !== null && 'jwk' in key;
}

export function json(data: unknown, status = 200): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(data));
  };
}

export async function startKeyServer(answer: Answer): Promise<KeyServer> {
  const requests: IncomingMessage[] = [];
  const server: Server = createServer((request, response) => {
    requests.push(request);
    started.answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const started: KeyServer = {
    origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests,
    answer,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return started;
}
