import { isIPv6 } from 'node:net';

/** One place where a service answers. */
export interface Endpoint {
  /** http or https, with or without a path that every request begins with. Tells one endpoint from another. */
  url: string;
  /** Its share of the calls beside the others'. Default 1. */
  weight?: number;
  /** Endpoints of a higher number get calls only while none of a lower one takes any. Default 0. */
  priority?: number;
  zone?: string | undefined;
}

export interface Lookup {
  endpoints: readonly Endpoint[];
  /** Milliseconds after which to look again; `Infinity`: never. */
  refreshMs: number;
  /** Entries of the answer that were no endpoints. */
  unusable?: number;
}

/** Knows where the endpoints of one service are. */
export interface EndpointSource {
  /** Of the service, for messages. */
  readonly name: string;
  /** Looks once; rejects when it cannot tell. `signal` says that nobody waits for it any more. */
  lookup(signal: AbortSignal): Promise<Lookup>;
}

const HOST = /^[\w.-]{1,253}$/;
/** Of one service; more are left out. Each is a client with connections of its own. */
const MAX_ENDPOINTS = 1_000;
/** Entries that are looked at for them, since all may be unusable. */
const MAX_ENTRIES = 10_000;
const MAX_URL_LENGTH = 2_048;
/** As SRV records and Consul have them. */
const MAX_NUMBER = 65_535;
const MIN_WEIGHT = 0.001;

/** `base` with another host and port; undefined when they are none, since what a registry says is not checked yet. */
export function urlAt(base: URL, host: unknown, port: unknown): string | undefined {
  if (typeof port !== 'number' || !Number.isInteger(port) || port <= 0 || port > MAX_NUMBER) return undefined;
  if (typeof host !== 'string' || !(isIPv6(host) || HOST.test(host))) return undefined;
  return `${base.protocol}//${isIPv6(host) ? `[${host}]` : host}:${String(port)}${base.pathname}`;
}

/** What is usable of what a source told, by whole URL, and how much is not. */
export function checkEndpoints({ endpoints: told, unusable = 0 }: Lookup): {
  endpoints: Map<string, Endpoint>;
  unusable: number;
} {
  const endpoints = new Map<string, Endpoint>();
  let left = unusable + Math.max(0, told.length - MAX_ENTRIES);
  for (const one of told.slice(0, MAX_ENTRIES)) {
    const endpoint = checkEndpoint(one);
    const key = endpoint === undefined ? undefined : new URL(endpoint.url).href;
    if (endpoint === undefined || key === undefined) left += 1;
    else if (endpoints.size < MAX_ENDPOINTS) endpoints.set(key, endpoints.get(key) ?? endpoint);
    else if (!endpoints.has(key)) left += 1;
  }
  return { endpoints, unusable: left };
}

/** Undefined for what has no address. A weight, priority or zone that makes no sense is as if it were not there. */
function checkEndpoint(told: unknown): Endpoint | undefined {
  if (typeof told !== 'object' || told === null) return undefined;
  const { url, weight, priority, zone } = told as Readonly<Record<keyof Endpoint, unknown>>;
  if (!isAddress(url)) return undefined;
  const endpoint: Endpoint = { url };
  if (isWithin(weight, Number.MIN_VALUE)) endpoint.weight = Math.max(weight, MIN_WEIGHT);
  if (isWithin(priority, 0)) endpoint.priority = priority;
  if (typeof zone === 'string') endpoint.zone = zone;
  return endpoint;
}

function isWithin(value: unknown, least: number): value is number {
  return typeof value === 'number' && value >= least && value <= MAX_NUMBER;
}

/** The parser of URLs would take line breaks out, and turn a backslash into a slash. */
function isAddress(url: unknown): url is string {
  if (typeof url !== 'string' || url.length > MAX_URL_LENGTH || /[\s\\]/.test(url)) return false;
  try {
    const { protocol, username, password, port } = new URL(url);
    return /^https?:$/.test(protocol) && username === '' && password === '' && port !== '0';
  } catch {
    return false;
  }
}
