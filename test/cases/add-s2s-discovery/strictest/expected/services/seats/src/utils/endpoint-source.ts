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
}

/** Knows where the endpoints of one service are. */
export interface EndpointSource {
  /** Of the service, for messages. */
  readonly name: string;
  /** Looks once; rejects when it cannot tell. `signal` says that nobody waits for it any more. */
  lookup(signal: AbortSignal): Promise<Lookup>;
}

const HOST = /^[\w.-]+$/;

/** `base` with another host and port; undefined when they are none, since what a registry says is not checked yet. */
export function urlAt(base: URL, host: string | undefined, port: number | undefined): string | undefined {
  const isPort = port !== undefined && Number.isInteger(port) && port > 0 && port < 65_536;
  if (host === undefined || !isPort || !(isIPv6(host) || HOST.test(host))) return undefined;
  return `${base.protocol}//${isIPv6(host) ? `[${host}]` : host}:${String(port)}${base.pathname}`;
}
