/** What service-to-service.test.ts is rendered from; arguments and entries are TypeScript, ready to stand in it. */
export interface IntegrationView {
  readonly esm: boolean;
  /** False: a stand-in takes the part of the auth service. */
  readonly authInRepo: boolean;
  readonly authName: string;
  readonly consumerName: string;
  /** Expressions: absolute folders of the services. */
  readonly authDir: string;
  readonly consumerDir: string;
  /** Fixed ports; false where the environment sets them. */
  readonly authPort: string | false;
  readonly consumerPort: string | false;
  /** A free port is looked for: one of them is not fixed. */
  readonly picksPort: boolean;
  readonly authArgs: string;
  readonly consumerArgs: string;
  /** Lines of code that start an app which does not listen by itself; false for none. */
  readonly authScript: readonly string[] | false;
  readonly consumerScript: readonly string[] | false;
  readonly authEnv: readonly string[];
  readonly consumerEnv: readonly string[];
  readonly authLogs: boolean;
  readonly consumerLogs: boolean;
  /** Path of the verify route. */
  readonly path: string;
  /** Object entries of what the auth service signs. */
  readonly claims: string;
  readonly algorithm: string;
  /** Name of the hash for `createHmac`. */
  readonly digest: string;
  /** A logout route that revokes; false for none. */
  readonly logoutUrl: string | false;
  readonly logoutMethod: string;
  readonly guardedUrl: string;
  /** False for GET. */
  readonly guardedMethod: string | false;
}
