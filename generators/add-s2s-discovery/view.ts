/** What can tell where endpoints are. */
export const sources = ['static', 'dns', 'srv', 'consul', 'eureka'] as const;
export type Source = (typeof sources)[number];

/** What all files are rendered from; imports are specifiers as the file has to write them. */
export interface DiscoveryView extends Readonly<Record<Source, boolean>> {
  /** The client has its retry part. */
  readonly retry: boolean;
  readonly sourceImport: string;
  readonly watchImport: string;
  readonly poolImport: string;
  readonly balancedImport: string;
  readonly connectImport: string;
  readonly staticImport: string;
  readonly addressesImport: string;
  readonly dnsImport: string;
  readonly srvImport: string;
  readonly registryImport: string;
  readonly consulImport: string;
  readonly eurekaImport: string;
  readonly breakerImport: string;
  readonly deadlineImport: string;
  readonly clientImport: string;
  readonly requestImport: string;
  readonly retryImport: string;
}
