import { readEntries, requestRegistry } from './registry-request.js';
import { type Endpoint, type EndpointSource, type Lookup, urlAt } from './endpoint-source.js';

/** What is read of an instance of `/apps/<APP>`. */
interface EurekaInstance {
  status?: string;
  ipAddr?: string;
  hostName?: string;
  port?: EurekaPort;
  securePort?: EurekaPort;
  metadata?: Record<string, string>;
  dataCenterInfo?: { metadata?: Record<string, string> };
}

interface EurekaPort {
  $?: number | string;
  '@enabled'?: string | boolean;
}

interface EurekaAnswer {
  application?: { instance?: EurekaInstance | readonly EurekaInstance[] };
}

/** As Eureka's own clients do, whose registry is that old at most. */
const REFRESH_MS = 30_000;
const TIMEOUT_MS = 10_000;

/**
 * The instances of an application that are UP, by Eureka's REST operations. Over http by address, over https, where only
 * the secure port is enabled, by host name. `zone` is read from their metadata, or from Amazon's.
 */
export class EurekaEndpoints implements EndpointSource {
  readonly name: string;

  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #refreshMs: number;

  /** `url`: `http://eureka:8761/eureka/apps/AUTH`; a user and password in it are sent as Basic authentication. */
  constructor(url: string, refreshMs = REFRESH_MS) {
    this.#url = new URL(url);
    const { pathname, username, password } = this.#url;
    this.name = pathname.split('/').pop() ?? '';
    this.#url.username = '';
    this.#url.password = '';
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    const basic = Buffer.from(credentials).toString('base64');
    this.#headers = username === '' ? {} : { authorization: `Basic ${basic}` };
    this.#refreshMs = refreshMs;
  }

  async lookup(signal: AbortSignal): Promise<Lookup> {
    const { data } = await requestRegistry(this.#url, this.#headers, TIMEOUT_MS, signal);
    const instances = (data as EurekaAnswer).application?.instance ?? [];
    // One instance alone may come without its list.
    const list = Array.isArray(instances) ? instances : [instances];
    const { found, unusable } = readEntries(list, readInstance);
    return { endpoints: found, unusable, refreshMs: this.#refreshMs };
  }
}

/** None of one that is not up, and undefined of one whose address is none. */
function readInstance(instance: EurekaInstance): readonly (Endpoint | undefined)[] {
  const { dataCenterInfo, hostName, ipAddr, metadata, port, securePort, status } = instance;
  if (status !== 'UP') return [];
  const url = isEnabled(port)
    ? urlAt(new URL('http://eureka/'), ipAddr, Number(port?.$))
    : urlAt(new URL('https://eureka/'), hostName, isEnabled(securePort) ? Number(securePort?.$) : undefined);
  const zone = metadata?.['zone'] ?? dataCenterInfo?.metadata?.['availability-zone'];
  return [url === undefined ? undefined : { url, zone }];
}

function isEnabled(port: EurekaPort | undefined): boolean {
  return String(port?.['@enabled']) === 'true';
}
