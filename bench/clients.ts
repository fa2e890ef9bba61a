import { Agent } from 'node:http';

import axios from 'axios';
import got from 'got';
import ky from 'ky';
import { Pool } from 'undici';

import { type ClientModule, loadRendered } from './modules.ts';

type Call = (index: number) => Promise<unknown>;

const body = { token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJl' };
const json = { 'content-type': 'application/json' };

/** Everyone's way to post JSON and read JSON, with kept-alive connections, 128 at most. */
export async function clientsOf(
  origin: string,
): Promise<{ calls: Readonly<Record<string, Call>>; close: () => Promise<void> }> {
  const url = `${origin}/auth/verify`;
  const { ServiceClient: Undici } = await loadRendered<ClientModule>('core', 'service-client');
  const { ServiceClient: Fetch } = await loadRendered<ClientModule>('fetch', 'service-client');
  const ours = new Undici({ baseUrl: origin });
  const oursFetch = new Fetch({ baseUrl: origin });
  const pools = [new Pool(origin, { connections: 128 }), new Pool(origin, { connections: 128 })] as const;
  const request =
    (pool: Pool): Call =>
    async () => {
      const answer = await pool.request({
        path: '/auth/verify',
        method: 'POST',
        headers: json,
        body: JSON.stringify(body),
      });
      return answer.body.json();
    };
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  const keptAlive = axios.create({ httpAgent: agent });
  const calls = {
    'undici Pool.request + body.json()': request(pools[0]),
    'undici Pool.request + body.json(), again (A/A)': request(pools[1]),
    ServiceClient: () => ours.post('/auth/verify', body),
    'ServiceClient --transport fetch': () => oursFetch.post('/auth/verify', body),
    'global fetch': async () => {
      const answer = await fetch(url, { method: 'POST', headers: json, body: JSON.stringify(body) });
      return answer.json();
    },
    'global fetch with an AbortController': async () => {
      const { signal } = new AbortController();
      const answer = await fetch(url, { method: 'POST', headers: json, body: JSON.stringify(body), signal });
      return answer.json();
    },
    axios: () => keptAlive.post(url, body),
    got: () => got.post(url, { json: body, agent: { http: agent } }).json(),
    ky: () => ky.post(url, { json: body }).json(),
  };
  const close = async (): Promise<void> => {
    await Promise.all([ours.close(), oursFetch.close(), ...pools.map((pool) => pool.close())]);
    agent.destroy();
  };
  return { calls, close };
}
