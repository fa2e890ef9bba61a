/** What a test is rendered from. */
export interface ServiceTokensTestView {
  /** Whole import statements. */
  readonly imports: readonly string[];
}

/** What the plugin of a service that calls others is rendered from. */
export interface ServiceIdentityView {
  /** Whole import statements. */
  readonly imports: readonly string[];
  /** Expressions. */
  readonly service: string;
  readonly privateKeys: string;
  readonly currentKeyId: string;
  /** What fastify-plugin calls it. */
  readonly pluginName: string;
  /** `, dependencies: ['config']`; empty for none. */
  readonly dependencies: string;
}
