/** What can tell where endpoints are. */
export const sources = ['static', 'dns', 'srv', 'consul', 'eureka'] as const;
export type Source = (typeof sources)[number];

/** What connect-service.ts is rendered from. */
export interface ConnectView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  readonly sources: readonly ConnectedSource[];
}

/** A scheme of the URL, and what it makes. */
interface ConnectedSource {
  readonly name: Source;
  /** An example of such a URL, and what it means. */
  readonly does: string;
  /** Makes the source of `place`, which is the URL without its scheme. */
  readonly expression: string;
}

/** What the tests are rendered from; imports are specifiers as the test has to write them. */
export interface DiscoveryTestView {
  /** The client has its retry part. */
  readonly retry: boolean;
  readonly sourceImport: string;
  readonly balancedImport: string;
  readonly connectImport: string;
  readonly staticImport: string;
  readonly dnsImport: string;
  readonly srvImport: string;
  readonly consulImport: string;
  readonly eurekaImport: string;
  readonly clientImport: string;
}
